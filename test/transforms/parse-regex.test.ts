import { describe, expect, it } from 'vitest';
import { testTransform } from 'logweir/testing';
import parseRegex from '../../transforms/parse-regex.ts';

const PAIRS = String.raw`(?P<fruit>[\w.]+) and (?P<veg>\w+)`;
const MESSAGE = 'apples and carrots, peaches and peas';
const LIST = [
  { fruit: 'apples', veg: 'carrots' },
  { fruit: 'peaches', veg: 'peas' },
];

describe('all matches', () => {
  it.each([
    [PAIRS, MESSAGE, LIST],
    ['(?<a>x)|(?<b>y)', 'xyx', [{ a: 'x' }, { b: 'y' }, { a: 'x' }]],
    ['(?<a>ä+|🚀)', 'ää 🚀ä', [{ a: 'ää' }, { a: '🚀' }, { a: 'ä' }]],
    ['(?<a>b*)c', 'c bc', [{ a: '' }, { a: 'b' }]],
    ['(?m)^(?<a>\\w+)$', 'one\ntwo', [{ a: 'one' }, { a: 'two' }]],
  ])('of %s in %s', async (pattern, message, list) => {
    const run = await testTransform(parseRegex, { pattern, all: true, target: 'x' });
    expect(await run({ message })).toEqual([{ message, x: list }]);
  });

  it('may replace the text, or have a nested target', async () => {
    const instead = await testTransform(parseRegex, { pattern: PAIRS, all: true, target: 'message' });
    expect(await instead({ message: MESSAGE })).toEqual([{ message: LIST }]);
    const deep = await testTransform(parseRegex, { pattern: PAIRS, all: true, target: 'a.b.c' });
    expect(await deep({ message: MESSAGE, a: { d: 1 } })).toEqual([
      { message: MESSAGE, a: { d: 1, b: { c: LIST } } },
    ]);
  });

  it('do not replace existing fields by default', async () => {
    const options = { pattern: PAIRS, all: true, target: 'x' };
    const beside = await testTransform(parseRegex, options);
    expect(await beside({ message: MESSAGE, x: 1 })).toEqual([
      { message: MESSAGE, x: 1, parsed: { x: LIST } },
    ]);
    const over = await testTransform(parseRegex, { ...options, overwrite: true });
    expect(await over({ message: MESSAGE, x: 1 })).toEqual([{ message: MESSAGE, x: LIST }]);
  });

  it('leave the event unchanged if there is none', async () => {
    const run = await testTransform(parseRegex, { pattern: PAIRS, all: true, target: 'message' });
    expect(await run({ message: 'nothing' })).toEqual([{ message: 'nothing' }]);
  });

  it('are a thousand at most, also for a pattern that matches everywhere', async () => {
    const run = await testTransform(parseRegex, { pattern: '(?<a>x?)', all: true, target: 'x' });
    const [event] = await run({ message: 'x'.repeat(5000) });
    expect(event?.['x']).toHaveLength(1000);
  });

  it('require a target for their list', async () => {
    await expect(testTransform(parseRegex, { pattern: PAIRS, all: true })).rejects.toThrow(
      'required for the list',
    );
  });
});

it('by default only the first match is used', async () => {
  const run = await testTransform(parseRegex, { pattern: PAIRS });
  expect(await run({ message: MESSAGE })).toEqual([{ message: MESSAGE, ...LIST[0] }]);
});
