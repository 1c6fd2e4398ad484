import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/transform/api/api.ts';
import { testTransform } from 'logweir/testing';
import parseCef from '../../transforms/parse-cef.ts';

async function parse(message: string, options: object = {}): Promise<unknown> {
  const run = await testTransform(parseCef, { target: 'x', ...options });
  const [event] = await run({ message });
  return event?.['x'];
}

const HEAD = 'CEF:0|Acme|Wall|1.2|100|Port scan|7|';
const head = {
  cefVersion: '0',
  deviceVendor: 'Acme',
  deviceProduct: 'Wall',
  deviceVersion: '1.2',
  deviceEventClassId: '100',
  name: 'Port scan',
  severity: '7',
};

describe('the header', () => {
  it.each<[string, Event]>([
    [HEAD, {}],
    [HEAD.slice(0, -1), {}],
    ['Nov 29 07:15:02 fw-1 ' + HEAD, {}],
    ['<134>1 2026-11-29T07:15:02Z fw-1 app - - - ' + HEAD, {}],
    [HEAD.replace('CEF:0', 'CEF: 0'), {}],
    [HEAD.replace('CEF:0', 'CEF:1'), { cefVersion: '1' }],
    [HEAD.replace('CEF:0', 'CEF:0.1'), { cefVersion: '0.1' }],
    [HEAD.replace('Port scan', String.raw`Port \| scan \\ x`), { name: String.raw`Port | scan \ x` }],
    [HEAD.replace('Port scan', String.raw`C:\new=1`), { name: String.raw`C:\new=1` }],
    [HEAD.replace('Port scan', ' "Port scan" '), {}],
    [HEAD.replace('1.2', '').replace('7', ''), { deviceVersion: '', severity: '' }],
    ['see CEF:none, ' + HEAD, {}],
  ])('%s', async (text, expected) => {
    expect(await parse(text)).toEqual({ ...head, ...expected });
  });
});

describe('the extension', () => {
  it.each<[string, Event]>([
    ['src=10.0.0.1 dst=2.1.2.2 spt=1232', { src: '10.0.0.1', dst: '2.1.2.2', spt: '1232' }],
    [' src=10.0.0.1', { src: '10.0.0.1' }],
    ['src= dst=2.1.2.2', { src: '', dst: '2.1.2.2' }],
    ['msg=a threat, of three words   spt=1', { msg: 'a threat, of three words', spt: '1' }],
    ['msg=the last one   ', { msg: 'the last one' }],
    [String.raw`msg=a\=b act=x`, { msg: 'a=b', act: 'x' }],
    [String.raw`msg=a \= b act=x`, { msg: 'a = b', act: 'x' }],
    [String.raw`msg=one\ntwo\rthree`, { msg: 'one\ntwo\nthree' }],
    [String.raw`path=\\home\\ spt=1`, { path: String.raw`\home` + '\\', spt: '1' }],
    [String.raw`path=C:\dir\x|y`, { path: String.raw`C:\dir\x|y` }],
    ['request=https://a.example/?id=b&c=d dst=2', { request: 'https://a.example/?id=b&c=d', dst: '2' }],
    ['msg=x < y>=1 act=z', { msg: 'x < y>=1', act: 'z' }],
    ['src="10.0.0.1" msg="a b"', { src: '10.0.0.1', msg: 'a b' }],
    ['ad.field_1=a list[0]=b grün=c', { 'ad.field_1': 'a', 'list[0]': 'b', grün: 'c' }],
    ['a=1 b=2 a=3 a=4', { a: ['1', '3', '4'], b: '2' }],
    ['severity=high', { severity: ['7', 'high'] }],
    ['constructor=a toString=b', { constructor: 'a', toString: 'b' }],
    ['nothing here', {}],
  ])('%s', async (text, expected) => {
    expect(await parse(HEAD + text)).toEqual({ ...head, ...expected });
  });
});

describe('custom fields named by their labels', () => {
  it.each<[string, Event]>([
    ['cs1Label=Rule cs1=deny cn2=7 cn2Label=Hits', { Rule: 'deny', Hits: '7' }],
    ['c6a1=2001:db8::7 c6a1Label=Device IPv6 Address', { 'Device IPv6 Address': '2001:db8::7' }],
    [
      'deviceCustomDate1Label=When deviceCustomDate1=1 flexString2Label=F flexString2=2',
      { When: '1', F: '2' },
    ],
    ['cs1Label=Rule', { cs1Label: 'Rule' }],
    ['cs1=deny', { cs1: 'deny' }],
    ['cs1Label= cs1=deny', { cs1Label: '', cs1: 'deny' }],
    ['cs1Label=name cs1=deny', { cs1Label: 'name', cs1: 'deny' }],
    ['cs1Label=Rule cs1=a cs2Label=Rule cs2=b', { Rule: 'a', cs2Label: 'Rule', cs2: 'b' }],
    ['cs1Label=__proto__ cs1=a', JSON.parse('{"__proto__":"a"}') as Event],
    ['cs9Label=Rule cs9=a myLabel=b my=c', { cs9Label: 'Rule', cs9: 'a', myLabel: 'b', my: 'c' }],
  ])('%s', async (text, expected) => {
    const parsed = (await parse(HEAD + text, { labels: true })) as Event;
    expect(Object.entries({ ...parsed }).length).toBe(7 + Object.keys(expected).length);
    for (const [key, value] of Object.entries({ ...head, ...expected }))
      expect([key, parsed[key]]).toEqual([key, value]);
  });
});

it.each([
  '',
  'CEF',
  'CEF:0',
  'CEF:0|a|b|c|d|e',
  'CEF:0|a|b|c|d|e|',
  'CEF:x|a|b|c|d|e|f|',
  'aCEF:0|a|b|c|d|e|f|',
  'a=b',
])('%j is left unchanged', async (text) => {
  const run = await testTransform(parseCef, { remove: true });
  expect(await run({ message: text })).toEqual([{ message: text }]);
});

it.each<[string, (n: number) => string]>([
  ['heads', (n) => 'CEF:0|'.repeat(n / 6)],
  ['starts of heads', (n) => 'CEF:'.repeat(n / 4)],
  ['escapes in the head', (n) => `CEF:0|${String.raw`\|`.repeat(n / 2)}`],
  ['keys', (n) => HEAD + 'a=1 '.repeat(n / 4)],
  ['a key that does not end', (n) => HEAD + 'a'.repeat(n)],
  ['words', (n) => `${HEAD}a=${'b '.repeat(n / 2)}`],
  ['dots', (n) => HEAD + 'a.'.repeat(n / 2)],
  ['escapes', (n) => `${HEAD}a=${'\\'.repeat(n)}`],
  ['spaces', (n) => `${HEAD}a=${' '.repeat(n)}b`],
  ['brackets', (n) => HEAD + 'a[0]'.repeat(n / 4)],
])('one megabyte of %s is parsed in linear time', async (_what, hostile) => {
  const run = await testTransform(parseCef, { labels: true, target: 'x' });
  const started = process.cpuUsage().user;
  await run({ message: hostile(1_000_000) });
  expect(process.cpuUsage().user - started).toBeLessThan(2_000_000);
});
