import { describe, expect, it } from 'vitest';
import { differencesOf, sortedCopy } from '../../../src/comparison/differences.ts';
import { type Output, outputDifferences, pairOutputs } from '../../../src/comparison/pairs.ts';
import { parseObject } from '../../../src/codec/exact-json.ts';

function output(index: string, source: string, id?: string): Output {
  return { index, id, document: parseObject(source) ?? {} };
}

describe('two documents', () => {
  it('are equal whatever the order of their keys and the notation of their numbers', () => {
    const one = output('a', '{"b":[{"z":1,"a":2.50}],"n":1.0,"o":{"x":1,"y":2}}');
    const other = output('a', '{"o":{"y":2,"x":1.0},"n":1,"b":[{"a":2.5,"z":1}]}');
    expect(outputDifferences(one, other, [])).toEqual([]);
  });

  it('differ in integers that are the same double', () => {
    const one = output('a', '{"n":9007199254740993}');
    const other = output('a', '{"n":9007199254740992}');
    expect(outputDifferences(one, other, [])).toEqual([
      { path: 'n', was: '9007199254740993', is: '9007199254740992' },
    ]);
  });

  it('differ in their index, and in ids that both have', () => {
    const [one, other] = [output('a', '{}', '1'), output('b', '{}', '2')];
    expect(outputDifferences(one, other, []).map(({ path }) => path)).toEqual(['_index', '_id']);
    expect(outputDifferences(output('a', '{}'), output('a', '{}', '2'), [])).toEqual([]);
  });

  it('are not compared in the ignored fields and what is below them', () => {
    const [one, other] = [output('a', '{"k":{"x":1},"kx":1}'), output('a', '{"k":{"x":2},"kx":2}')];
    expect(outputDifferences(one, other, ['k']).map(({ path }) => path)).toEqual(['kx']);
  });

  it('keep a key that is a name of JavaScript', () => {
    expect(differencesOf(sortedCopy(parseObject('{"__proto__":{"a":1}}') ?? {}), {})).toEqual([
      { path: '__proto__.a', was: '1', is: undefined },
    ]);
  });
});

describe('the documents of a record', () => {
  const [a1, a2, b1] = [output('a', '{"n":1}'), output('a', '{"n":2}'), output('b', '{"n":1}')];

  it('are paired by equality before their order', () => {
    const { pairs, onlyBefore, onlyAfter } = pairOutputs([a1, a2], [a2, a1], []);
    expect(pairs.map(({ differences }) => differences)).toEqual([[], []]);
    expect([onlyBefore, onlyAfter]).toEqual([[], []]);
  });

  it('are paired by their index before the others', () => {
    const { pairs } = pairOutputs([output('b', '{"n":9}'), a1], [a2, b1], []);
    expect(pairs.map(({ before, after }) => [before.index, after.index])).toEqual([
      ['b', 'b'],
      ['a', 'a'],
    ]);
  });

  it('that are left are named on their side, the same document twice', () => {
    expect(pairOutputs([a1, a1], [a1], []).onlyBefore).toEqual([a1]);
    expect(pairOutputs([], [a1, b1], []).onlyAfter).toEqual([a1, b1]);
  });
});
