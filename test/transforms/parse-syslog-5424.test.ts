import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/transform/api/api.ts';
import { testTransform } from 'logweir/testing';
import parseSyslog from '../../transforms/parse-syslog.ts';

async function parse(message: string): Promise<unknown> {
  const run = await testTransform(parseSyslog, { target: 'x' });
  const [event] = await run({ message });
  return event?.['x'];
}

describe('RFC 5424', () => {
  const HEAD = '<165>1 2026-06-01T11:59:58Z h a 1 -';
  const parsedHead = {
    facility: 'local4',
    severity: 'notice',
    version: 1,
    timestamp: '2026-06-01T11:59:58Z',
    hostname: 'h',
    appname: 'a',
    procid: '1',
  };

  it.each<[string, string, Event]>([
    ['nothing known', '<0>1 - - - - - -', { facility: 'kern', severity: 'emerg', version: 1, message: '' }],
    ['no structured data', `${HEAD} - hi`, { ...parsedHead, message: 'hi' }],
    [
      'a parameter twice',
      `${HEAD} [o ip="10.0.0.1" ip="10.0.0.2"] hi`,
      { ...parsedHead, structured_data: { o: { ip: ['10.0.0.1', '10.0.0.2'] } }, message: 'hi' },
    ],
    [
      'a parameter three times, once empty',
      `${HEAD} [o ip="a" ip="" ip="a"] hi`,
      { ...parsedHead, structured_data: { o: { ip: ['a', '', 'a'] } }, message: 'hi' },
    ],
    [
      'an element twice',
      `${HEAD} [o a="1" b="2"][o a="3"] hi`,
      { ...parsedHead, structured_data: { o: { a: ['1', '3'], b: '2' } }, message: 'hi' },
    ],
    [
      'a space before the value',
      `${HEAD} [x@1 k= "v" l="w"] hi`,
      { ...parsedHead, structured_data: { 'x@1': { k: 'v', l: 'w' } }, message: 'hi' },
    ],
    [
      'a space before the bracket',
      `${HEAD} [x@1 k="v" ] hi`,
      { ...parsedHead, structured_data: { 'x@1': { k: 'v' } }, message: 'hi' },
    ],
    [
      'escapes',
      String.raw`${HEAD} [x@1 k="a\"b\]c\\d\n"] hi`,
      { ...parsedHead, structured_data: { 'x@1': { k: String.raw`a"b]c\d\n` } }, message: 'hi' },
    ],
    [
      'an unescaped bracket',
      `${HEAD} [x@1 k="a]b"] hi`,
      { ...parsedHead, structured_data: { 'x@1': { k: 'a]b' } }, message: 'hi' },
    ],
    [
      'elements without parameters',
      `${HEAD} [x][y a=""] hi`,
      { ...parsedHead, structured_data: { x: {}, y: { a: '' } }, message: 'hi' },
    ],
    ['no message', `${HEAD} [x]`, { ...parsedHead, structured_data: { x: {} }, message: '' }],
    ['a byte order mark', `${HEAD} - \uFEFFhi`, { ...parsedHead, message: 'hi' }],
    [
      'a version of three digits',
      `<165>999 2026-06-01T11:59:58Z h a 1 - - hi`,
      { ...parsedHead, version: 999, message: 'hi' },
    ],
    [
      'a name of sixty letters',
      `<165>1 2026-06-01T11:59:58Z h ${'n'.repeat(60)} 1 - - hi`,
      { ...parsedHead, appname: 'n'.repeat(60), message: 'hi' },
    ],
    [
      'lower case',
      '<165>1 2026-06-01t11:59:58z h a 1 - - hi',
      { ...parsedHead, timestamp: '2026-06-01T11:59:58.000Z', message: 'hi' },
    ],
    [
      'an offset, which is kept',
      '<165>1 2026-06-01T13:59:58.000001+02:00 h a 1 - - hi',
      { ...parsedHead, timestamp: '2026-06-01T13:59:58.000001+02:00', message: 'hi' },
    ],
    [
      'a leap second, which Elasticsearch does not support',
      '<165>1 2015-06-30T23:59:60Z h a 1 - - hi',
      { ...parsedHead, timestamp: '2015-07-01T00:00:00.000Z', message: 'hi' },
    ],
    [
      'a name that is a prototype',
      `${HEAD} [__proto__ constructor="1" __proto__="2"] hi`,
      {
        ...parsedHead,
        structured_data: JSON.parse('{"__proto__":{"constructor":"1","__proto__":"2"}}') as Event,
        message: 'hi',
      },
    ],
  ])('%s', async (_what, text, expected) => {
    expect(await parse(text)).toEqual(expected);
  });

  it.each([
    '<30>1 soon h a - - - m',
    '<30>1 2026-02-30T00:00:00Z h a - - - m',
    '<30>1 2026-06-01T11:59:58Z+07:00 h a - - - m',
    '<30>1 12 h a - - - m',
    `${HEAD} [x k="v] hi`,
    `${HEAD} [x k=v] hi`,
    `${HEAD} [ x] hi`,
    `${HEAD} [x`,
    '<30>0 - h a - - - m',
    '<30>1000 - h a - - - m',
  ])('%s is left unchanged', async (text) => {
    expect(await parse(text)).toBeUndefined();
  });

  it('returns the values of any parameters', async () => {
    const run = await testTransform(parseSyslog);
    const name = fc.constantFrom('a', 'b', 'c@1', 'constructor');
    const value = fc.string({
      unit: fc.constantFrom('a', '"', '\\', ']', '=', ' ', '[', 'é', '\n'),
      maxLength: 10,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 6 }), async (pairs) => {
        const data = pairs.map(([key, text]) => ` ${key}="${text.replaceAll(/["\\\]]/g, String.raw`\$&`)}"`);
        const [event = {}] = await run({ message: `${HEAD} [x${data.join('')}] hi` });
        const { x = {} } = event['structured_data'] as Record<string, Event>;
        const found = Object.entries(x).flatMap(([key, texts]) => [texts].flat().map((text) => [key, text]));
        const byName = (one: unknown[], other: unknown[]): number =>
          String(one[0]).localeCompare(String(other[0]));
        expect(found.sort(byName)).toEqual([...pairs].sort(byName));
      }),
    );
  });
});

it.each([
  ['a value that does not end', (n: number) => `<86>1 - h a - - [x k="${'a'.repeat(n)}`],
  ['escapes', (n: number) => `<86>1 - h a - - [x k="${'\\"'.repeat(n / 2)}`],
  ['elements', (n: number) => `<86>1 - h a - - ${'[x]'.repeat(n / 3)}`],
  ['parameters', (n: number) => `<86>1 - h a - - [x${' k="v"'.repeat(n / 6)}`],
  ['spaces in structured data', (n: number) => `<86>1 - h a - - [x${' '.repeat(n)}`],
  ['a header that does not end', (n: number) => `<86>1 ${'- '.repeat(n / 2)}`],
])('one megabyte of %s is parsed in linear time', async (_what, hostile) => {
  const run = await testTransform(parseSyslog);
  const started = process.cpuUsage().user;
  await run({ message: hostile(1_000_000) });
  expect(process.cpuUsage().user - started).toBeLessThan(2_000_000);
});
