import { expect, it } from 'vitest';
import { Tally } from '../../../src/comparison/tally.ts';

it('what differs is counted by field, with the first name', () => {
  const tally = new Tally();
  for (const [field, name] of [
    ['z', 'line 1'],
    ['a.b', 'line 2'],
    ['z', 'line 3'],
  ] as const)
    tally.add(field, name);
  expect(tally.lines('documents')).toEqual([
    'field  documents  for example',
    'a.b            1  line 2',
    'z              2  line 1',
  ]);
});

it('fields without a limit are counted together', () => {
  const tally = new Tally();
  for (let number = 0; number < 5000; number++) tally.add(`field ${number}`, 'x');
  expect(tally.lines('documents')).toHaveLength(1 + 1001);
  expect(tally.countOf('(other fields)')).toBe(4000);
});

it('nothing has no table', () => {
  expect(new Tally().lines('documents')).toEqual([]);
});
