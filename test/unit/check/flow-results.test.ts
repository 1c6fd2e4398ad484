import { expect, it } from 'vitest';
import { type LagFact, flowResults } from '../../../src/check/flow-results.ts';

const told = (over: Partial<LagFact>): string => {
  const lag = { before: 5000, after: 5000, settled: 0, seconds: 4, ...over };
  const [first] = flowResults({ lag, deadLetters: null, reason: '' }, 'weir');
  return `${first?.result} ${first?.message}`;
};

it.each<[string, Partial<LagFact>, string]>([
  [
    'grows',
    { after: 9000, settled: 400 },
    'warning group weir is 9000 records behind, and settles 100/s: the lag has grown by 4000 records in 4 s',
  ],
  [
    'stands still',
    { after: 9000 },
    'warning group weir is 9000 records behind, and settles 0/s: nothing was settled in 4 s',
  ],
  ['falls', { after: 4000, settled: 1000 }, 'ok group weir is 4000 records behind, and settles 250/s'],
  [
    'grows, but is settled in less than ten seconds',
    { after: 9000, settled: 4000 },
    'ok group weir is 9000 records behind, and settles 1000/s',
  ],
  ['is small', { before: 0, after: 999 }, 'ok group weir is 999 records behind, and settles 0/s'],
])('a lag that %s', (_, fact, expected) => expect(told(fact)).toBe(expected));

it('dead letters of the last hour warn, by topic', () => {
  const deadLetters = [
    { topic: 'a-dlq', count: 3 },
    { topic: 'b-dlq', count: 0 },
  ];
  expect(flowResults({ lag: null, deadLetters, reason: 'no answer' }, 'weir')).toMatchObject([
    { check: 'kafka.lag', result: 'warning', message: 'not checkable: no answer' },
    {
      check: 'dead_letter.recent',
      result: 'warning',
      message: '3 dead letters came to a-dlq in the last hour',
    },
    { check: 'dead_letter.recent', result: 'ok', message: 'no dead letter came to b-dlq in the last hour' },
  ]);
});
