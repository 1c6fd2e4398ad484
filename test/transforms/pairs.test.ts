import { describe, expect, it } from 'vitest';
import { parsePairs } from '../../transforms/lib/pairs.ts';
import { testTransform } from '../../src/transform/api/testing.ts';
import parseKeyValue from '../../transforms/parse-key-value.ts';
import parseLogfmt from '../../transforms/parse-logfmt.ts';

type Pairs = Record<string, unknown>;

async function parsed(
  use: typeof parseKeyValue | typeof parseLogfmt,
  message: string,
  options: Pairs = {},
): Promise<unknown> {
  const [event] = await (await testTransform(use, { target: 'x', ...options }))({ message });
  return event?.['x'];
}

describe('parse-logfmt reads', () => {
  it.each<[string, Pairs | undefined]>([
    ['level=info msg=ready', { level: 'info', msg: 'ready' }],
    ['level=info\tmsg=ready', { level: 'info', msg: 'ready' }],
    ['level=info msg=ready\r', { level: 'info', msg: 'ready' }],
    ['level=info\r\nmsg=ready\n', { level: 'info', msg: 'ready' }],
    ['  level=info \t  msg=ready  ', { level: 'info', msg: 'ready' }],
    ['a= b=2', { a: '', b: '2' }],
    ['a= retry b=2', { a: '', b: '2' }],
    ['a=""', { a: '' }],
    ["a='' b=1", { a: '', b: '1' }],
    ['a="x y" b=1', { a: 'x y', b: '1' }],
    ["a='x y' b=1", { a: 'x y', b: '1' }],
    [`a='say "hi"' b="it's"`, { a: 'say "hi"', b: "it's" }],
    [String.raw`a='it\'s'`, { a: "it's" }],
    ['a="x\ty"', { a: 'x\ty' }],
    ['"my key"=v b=2', { 'my key': 'v', b: '2' }],
    ["'my key'=v b=2", { 'my key': 'v', b: '2' }],
    ['"a=b"=c', { 'a=b': 'c' }],
    [String.raw`"a \"b\""=c`, { 'a "b"': 'c' }],
    ['"a word" b=2', { b: '2' }],
    ['"a word"', undefined],
    ['one two', undefined],
    ['one two b=2 three', { b: '2' }],
    ['=x b=2', { b: '2' }],
    ['=', undefined],
    ['', undefined],
    ['a=b=c', { a: 'b=c' }],
    ['q=a?b=c&d=e n=1', { q: 'a?b=c&d=e', n: '1' }],
    ['tag=a n=1 tag=b', { tag: ['a', 'b'], n: '1' }],
    ['tag=a tag=b tag=c', { tag: ['a', 'b', 'c'] }],
    ['tag=a tag=a', { tag: ['a', 'a'] }],
    ['tag tag=a', { tag: 'a' }],
    ['constructor=a toString=b constructor=c', { constructor: ['a', 'c'], toString: 'b' }],
    [String.raw`msg="caf\u00e9"`, { msg: 'café' }],
    [String.raw`msg="\ud83d\ude00"`, { msg: '😀' }],
    [String.raw`msg="\ud83d"`, { msg: '\uFFFD' }],
    [String.raw`msg="\U0001f600"`, { msg: '😀' }],
    [String.raw`msg="\Uffffffff"`, { msg: String.raw`\Uffffffff` }],
    [String.raw`msg="\x1b[0m"`, { msg: '\u001B[0m' }],
    [String.raw`dir="C:\x64"`, { dir: String.raw`C:\x64` }],
    [String.raw`msg="\xff"`, { msg: String.raw`\xff` }],
    [String.raw`msg="a\nb\r\n\tc"`, { msg: 'a\nb\r\n\tc' }],
    [String.raw`msg="\b\f\/"`, { msg: '\b\f/' }],
    [String.raw`dir="C:\app\var"`, { dir: String.raw`C:\app\var` }],
    [String.raw`msg="\\n"`, { msg: String.raw`\n` }],
    [String.raw`msg="\\u00e9"`, { msg: String.raw`\u00e9` }],
    [String.raw`msg="\u00g9 \q"`, { msg: String.raw`\u00g9 \q` }],
    [String.raw`path=C:\new`, { path: String.raw`C:\new` }],
    ['a="b c=d', { a: '"b', c: 'd' }],
    ["a='b c=d", { a: "'b", c: 'd' }],
    ['a="x y"z b=2', { a: '"x y"z', b: '2' }],
    ['a="x y", b=2', { a: 'x y', b: '2' }],
    ['a="x y"; b=2', { a: 'x y', b: '2' }],
    ['a="no quote here ""', { a: '"no quote here ""' }],
    ["msg=don't b=won't", { msg: "don't", b: "won't" }],
    [String.raw`\="oh boy"`, { '\\': 'oh boy' }],
  ])('%j', async (text, want) => {
    expect(await parsed(parseLogfmt, text)).toEqual(want);
  });
});

describe('parse-key-value reads', () => {
  const colons = { between: ',', assign: ':' };
  const words = { between: ' ', assign: ':' };
  it.each<[string, Pairs, Pairs | undefined]>([
    ['host: a, size: "1, 2", n:3', colons, { host: 'a', size: '1, 2', n: '3' }],
    ['a: 1', colons, { a: '1' }],
    ['a : 1 , b :2 ', colons, { a: '1', b: '2' }],
    ['a:\t1,\tb:\t"x, y"\t', colons, { a: '1', b: 'x, y' }],
    ['"a, b" : "c, d"  ,  e : f', colons, { 'a, b': 'c, d', e: 'f' }],
    ['a:, b: , c:1', colons, { a: '', b: '', c: '1' }],
    ['env:prod,beta,n:1', colons, { env: 'prod', n: '1' }],
    ['a: b, c: "d" e: f', colons, { a: 'b', c: '"d" e: f' }],
    ['a: b, c: d e: f', colons, { a: 'b', c: 'd e: f' }],
    ['url: http://x/y, at: 10:15', colons, { url: 'http://x/y', at: '10:15' }],
    ["a='x;y';b=2", { between: ';', assign: '=' }, { a: 'x;y', b: '2' }],
    ['tag=a|n=1|tag=b', { between: '|', assign: '=' }, { tag: ['a', 'b'], n: '1' }],
    ['a="x|y"|b=2', { between: '|', assign: '=' }, { a: 'x|y', b: '2' }],
    ['To: tom\ntest: "tom" test', { between: '\n', assign: ':' }, { To: 'tom', test: '"tom" test' }],
    ['a:\nb: 2', { between: '\n', assign: ':' }, { a: '', b: '2' }],
    ['a= x y\tb=', { between: '\t', assign: '=' }, { a: 'x y', b: '' }],
    ['a: 1 b: 2', words, { a: '1', b: '2' }],
    ['a : "x : y"    b   : z', words, { a: 'x : y', b: 'z' }],
    ['host: size: 1', words, { host: '', size: '1' }],
    ['host: size : 1', words, { host: '', size: '1' }],
    ['url: http://x at: 10:15:02 end: 1', words, { url: 'http://x', at: '10:15:02', end: '1' }],
    ['Cc:"tom" Cc:"bob"', words, { Cc: ['tom', 'bob'] }],
    ['a = 1 b =2 c= 3', {}, { a: '1', b: '2', c: '3' }],
    ['app=my-app user= msg=hello', {}, { app: 'my-app', user: '', msg: 'hello' }],
    ['user= "x y" msg= \'z\'', {}, { user: 'x y', msg: 'z' }],
    ['level=info =(key)', {}, { level: 'info' }],
    ['argh=no =', {}, { argh: 'no' }],
    ['a=x\ty b=2', {}, { a: 'x\ty', b: '2' }],
    ['nothing here', {}, undefined],
  ])('%j with %j', async (text, options, want) => {
    expect(await parsed(parseKeyValue, text, options)).toEqual(want);
  });
});

it('a key named __proto__ is data, also if it is repeated', () => {
  const found = parsePairs('__proto__=a __proto__=b', { between: ' ', assign: '=' });
  expect(Object.entries(found ?? {})).toEqual([['__proto__', ['a', 'b']]]);
});

it.each([
  ['quotes that are never closed', `a="b `, `a='b\\' `],
  ['words in quotes of two kinds', `"a 'b `, `"x" `],
  ['escaped quotes', String.raw`a="\" `, String.raw`b='\' `],
  ['spaces after words', 'word    ', 'a=    '],
  ['assignments', 'a= ', 'a==='],
  ['one key', 'a=b ', 'a="b" '],
])('a long text of %s is read in linear time', (_, ...parts) => {
  for (const part of parts) {
    for (const spaced of [false, true]) {
      const began = performance.now();
      for (const tail of ['', '"', "'"])
        parsePairs(part.repeat(20_000) + tail, { between: ' \t', assign: '=', spaced });
      expect(performance.now() - began).toBeLessThan(4000);
    }
  }
});

it('unclosed quotes between backslashes are searched once', () => {
  const began = performance.now();
  expect(parsePairs('"x\\'.repeat(100_000), { between: '\\', assign: '=' })).toBeUndefined();
  expect(performance.now() - began).toBeLessThan(4000);
});
