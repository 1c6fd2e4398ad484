import * as fc from 'fast-check';
import { parse as parseFile } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/transform/api/api.ts';
import { testTransform } from 'logweir/testing';
import parseCsv from '../../transforms/parse-csv.ts';

async function parse(message: string, options: object = {}): Promise<unknown> {
  const run = await testTransform(parseCsv, { target: 'x', ...options });
  const [event] = await run({ message });
  return event?.['x'];
}

/** Values by position. */
const row = (...values: string[]): Event =>
  Object.fromEntries(values.map((value, at) => [`column${at + 1}`, value]));

it.each<[string, Event]>([
  ['a,b,c', row('a', 'b', 'c')],
  ['a', row('a')],
  ['a,,c', row('a', '', 'c')],
  [',', row('', '')],
  ['"a,b",c', row('a,b', 'c')],
  ['a,"say ""hi"", you"', row('a', 'say "hi", you')],
  ['"",""', row('', '')],
  ['a b , c', row('a b ', ' c')],
  ['"one\ntwo",3', row('one\ntwo', '3')],
  ['a,b\r\n', row('a', 'b')],
  ['\n\na,b', row('a', 'b')],
  ['it"s,5" wide', row('it"s', '5" wide')],
  [String.raw`C:\x,\"`, row(String.raw`C:\x`, String.raw`\"`)],
  ['"a"b,c', row('"a"b', 'c')],
  ['"a,b"c,d', row('"a,b"c', 'd')],
  ['"a"b"c",d', row('"a"b"c"', 'd')],
  ['"a""",""""', row('a"', '"')],
  ['" a ",b', row(' a ', 'b')],
  ['a\rb', row('a')],
  ['__proto__,constructor', row('__proto__', 'constructor')],
  ['\uFEFFa,b', row('a', 'b')],
  ['ä,日本,🚀', row('ä', '日本', '🚀')],
])('%j is a row', async (text, expected) => {
  expect(await parse(text)).toEqual(expected);
});

it.each<[string, string, Event]>([
  [';', 'a;b,c;d', row('a', 'b,c', 'd')],
  ['\t', 'a\tb c', row('a', 'b c')],
  ['|', 'a|"b|c"', row('a', 'b|c')],
  [' ', 'a "b c"', row('a', 'b c')],
])('%j separates the values of %j', async (delimiter, text, expected) => {
  expect(await parse(text, { delimiter })).toEqual(expected);
});

it('rows are read like by a library for files', async () => {
  const value = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é') }));
  const run = await testTransform(parseCsv, { target: 'x' });
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1 }), async (values) => {
      const text = values.map((one) => `"${one.replaceAll('"', '""')}"`).join(',');
      const [read = []] = parseFile(text);
      const [event] = await run({ message: text });
      expect(Object.values(event?.['x'] as Event)).toEqual(read);
      expect(read).toEqual(values);
    }),
  );
});

describe('columns', () => {
  it.each<[string, Event]>([
    ['1,2', { a: '1', b: '2' }],
    ['1', { a: '1' }],
    ['1,2,3,4', { a: '1', b: '2', column3: '3', column4: '4' }],
  ])('name the values of %s', async (text, expected) => {
    expect(await parse(text, { columns: ['a', 'b'] })).toEqual(expected);
  });

  it('may not have the default name of an unnamed value', async () => {
    await expect(testTransform(parseCsv, { columns: ['column2'] })).rejects.toThrow('column2');
    await expect(testTransform(parseCsv, { columns: ['a', 'column10'] })).rejects.toThrow('column10');
    expect(await parse('1,2,3', { columns: ['column2', 'column1'] })).toEqual(row('2', '1', '3'));
    expect(await parse('1,2', { columns: ['column0'] })).toEqual({ column0: '1', column2: '2' });
  });

  it('may have any name, but not twice the same', async () => {
    const columns = ['__proto__', 'toString'];
    const parsed = (await parse('1,2', { columns })) as Event;
    expect(Object.entries(parsed)).toEqual([
      ['__proto__', '1'],
      ['toString', '2'],
    ]);
    await expect(testTransform(parseCsv, { columns: ['a', 'b', 'a'] })).rejects.toThrow('twice');
  });
});

it('white space around values is removed with trim', async () => {
  expect(await parse(' a , "b, c" ,d ', { trim: true })).toEqual(row('a', 'b, c', 'd'));
});

it('only the first of several rows is parsed, and the text is kept', async () => {
  const run = await testTransform(parseCsv, { remove: true });
  expect(await run({ message: '1,2\n3,4' })).toEqual([{ message: '1,2\n3,4', ...row('1', '2') }]);
  expect(await run({ message: '1,2\n' })).toEqual([row('1', '2')]);
});

it.each(['', '\n\r\n', '"a,b', 'a,"b\nc', 'a,"b""', ','.repeat(10_000)])(
  '%j is left unchanged',
  async (message) => {
    const run = await testTransform(parseCsv, { remove: true });
    expect(await run({ message })).toEqual([{ message }]);
  },
);

it.each(['', ',,', '"', '\n', '\r'])('the delimiter %j is rejected', async (delimiter) => {
  await expect(testTransform(parseCsv, { delimiter })).rejects.toThrow('delimiter');
});

it.each<[string, (n: number) => string]>([
  ['quotes', (n) => '"'.repeat(n)],
  ['delimiters', (n) => ','.repeat(n)],
  ['quotes in a value', (n) => `a${'"'.repeat(n)}`],
  ['pairs of quotes', (n) => `"${'""'.repeat(n / 2)}`],
  ['rows', (n) => 'a\n'.repeat(n / 2)],
  ['ends of lines', (n) => '\r\n'.repeat(n / 2)],
  ['spaces', (n) => `a,${' '.repeat(n)}`],
  ['one value', (n) => 'x'.repeat(n)],
])('one megabyte of %s is parsed in linear time', async (_what, hostile) => {
  const run = await testTransform(parseCsv, { trim: true });
  const started = process.cpuUsage().user;
  await run({ message: hostile(1_000_000) });
  expect(process.cpuUsage().user - started).toBeLessThan(4_000_000);
});
