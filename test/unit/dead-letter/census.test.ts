import { expect, it } from 'vitest';
import { DeadLetterCensus, kindOf } from '../../../src/dead-letter/census.ts';
import { deadLetterFilter } from '../../../src/dead-letter/filter.ts';
import { sourceRecord } from '../support/fakes.ts';

const deadLetter = (offset: number, reason: string, message: string, time = '2026-11-22T08:00:00.000Z') => ({
  reason,
  message,
  time,
  truncated: false,
  record: sourceRecord({ offset }),
  at: { topic: 'app-logs-dlq', partition: 0, offset },
});
const field = (name: string, type: string, value: string) =>
  `[1:${value.length}] failed to parse field [${name}] of type [${type}] in document with id 'x${value}'. Preview of field's value: '${value}'`;

it('a reason with different fields has several kinds, whatever the values', () => {
  const census = new DeadLetterCensus();
  for (let n = 0; n < 21; n++)
    census.add(deadLetter(n, 'document_parsing_exception', field('level', 'long', `w${n}`)));
  for (let n = 21; n < 24; n++)
    census.add(deadLetter(n, 'document_parsing_exception', field('client', 'ip', `v${n}`)));
  census.add(deadLetter(24, 'invalid_json', 'no JSON'));
  expect([census.total, census.reasons]).toEqual([
    25,
    [
      {
        reason: 'document_parsing_exception',
        count: 24,
        kinds: [
          { kind: '[#:#] failed to parse field [level] of type [long]', count: 21 },
          { kind: '[#:#] failed to parse field [client] of type [ip]', count: 3 },
        ],
      },
      { reason: 'invalid_json', count: 1, kinds: [{ kind: 'no JSON', count: 1 }] },
    ],
  ]);
});

it('a record that was dead-lettered again counts once, with its newest reason', () => {
  const census = new DeadLetterCensus();
  expect([census.add(deadLetter(1, 'a', 'x')), census.add(deadLetter(1, 'b', 'y'))]).toEqual([true, false]);
  expect([census.total, census.reasons]).toEqual([
    1,
    [{ reason: 'b', count: 1, kinds: [{ kind: 'y', count: 1 }] }],
  ]);
});

it('further reasons and kinds share one entry', () => {
  const census = new DeadLetterCensus();
  const words = (n: number) => String(n).replaceAll(/\d/g, (digit) => 'abcdefghij'[Number(digit)] ?? '');
  for (let n = 0; n < 1000; n++) census.add(deadLetter(n, 'same', words(n)));
  for (let n = 1000; n < 2000; n++) census.add(deadLetter(n, words(n), 'm'));
  expect(census.reasons.length).toBeLessThan(102);
  expect(census.reasons.find(({ reason }) => reason === 'same')?.kinds).toHaveLength(101);
  expect(census.total).toBe(2000);
});

it('beyond its memory it counts dead letters, and is not exact', () => {
  const census = new DeadLetterCensus();
  for (let n = 0; n < 200_000; n++) census.add(deadLetter(n, 'r', ''));
  expect([census.isExact, census.add(deadLetter(5, 'r', '')), census.total]).toEqual([true, false, 200_000]);
  census.add(deadLetter(200_001, 'r', ''));
  expect([census.isExact, census.total]).toEqual([false, 200_001]);
});

it.each([
  [
    'object mapping for [app] tried to parse field [app] as object, but found a concrete value',
    'object mapping for [app] tried to parse field [app]',
  ],
  ['bad card 4111 1111 1111 1111 of user 17', 'bad card # # # # of user #'],
  [`Unexpected token 'x', "x 1" is not valid JSON`, 'Unexpected token …, … is not valid JSON'],
  ['Limit of total fields [1000] has been exceeded', 'Limit of total fields [#] has been exceeded'],
  ["it isn't", "it isn't"],
  ['', ''],
])('the kind of %j is %j', (message, kind) => {
  expect(kindOf(message)).toBe(kind);
});

const NOW = Date.UTC(2026, 10, 22, 12);
it.each([
  [{ reason: 'level' }, ['field level', 'level_x']],
  [{ reason: 'nothing' }, []],
  [{ since: '2026-11-22T10:00:00Z' }, ['client', 'level_x', 'timeless']],
  [{ since: '2h' }, ['client', 'level_x', 'timeless']],
  [{ since: 'PT2H', reason: 'level' }, ['level_x']],
])('%j selects %j', (options, selected) => {
  const filter = deadLetterFilter(options, NOW);
  const deadLetters = [
    deadLetter(0, 'parsing', 'field level', '2026-11-22T09:59:59.999Z'),
    deadLetter(1, 'parsing', 'client', '2026-11-22T10:00:00.000Z'),
    deadLetter(2, 'level', 'level_x', '2026-11-22T11:00:00.000Z'),
    deadLetter(3, 'parsing', 'timeless', ''),
  ];
  expect(deadLetters.filter(filter).map(({ message }) => message)).toEqual(selected);
});

it.each([
  [{ limit: 0 }, '--limit must be a number from 1'],
  [{ limit: Number.NaN }, '--limit must be'],
  [{ limit: 1_000_000 }, '--limit must be'],
  [{ since: 'yesterday' }, "--since: 'yesterday' is not a time like"],
  [{ since: '3x' }, "--since: '3x' is not a duration like"],
])('%j is rejected', (options, message) => {
  expect(() => deadLetterFilter(options, NOW)).toThrow(message);
});
