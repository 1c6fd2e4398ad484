import { expect, it } from 'vitest';
import { backlogSeconds } from '../../../../src/kafka/consumer/backlog.ts';

const NOW = 1_000_000_000_000;
const ago = (seconds: number): number => NOW - seconds * 1000;

const partition = (
  over: Partial<Parameters<typeof backlogSeconds>[0][number]> = {},
): Parameters<typeof backlogSeconds>[0][number] => ({
  oldest: undefined,
  lag: 0,
  caughtUpAt: -1,
  newestSettled: -1,
  ...over,
});
const oldest = (timestamp: number) => ({ record: { timestamp } });

it.each([
  ['nothing waits', [partition()], 0],
  ['a record is received and not settled', [partition({ oldest: oldest(ago(60)), lag: 5 })], 60],
  ['it is received, and the lag is unknown', [partition({ oldest: oldest(ago(60)), lag: undefined })], 60],
  [
    'records are not read: since the last one that was',
    [partition({ lag: 5, newestSettled: ago(40), caughtUpAt: ago(90) })],
    40,
  ],
  [
    'records are not read: since the partition was read to its end',
    [partition({ lag: 5, newestSettled: ago(3600), caughtUpAt: ago(8) })],
    8,
  ],
  ['records wait since before the start', [partition({ lag: 5 })], null],
  ['the brokers do not answer', [partition({ lag: undefined, newestSettled: ago(9) })], null],
  ['there are no partitions', [], null],
  [
    'the oldest of all counts',
    [partition(), partition({ oldest: oldest(ago(7)) }), partition({ lag: 1 })],
    7,
  ],
  ['a producer has a clock ahead', [partition({ oldest: oldest(NOW + 5000) })], 0],
  ['a record has no timestamp', [partition({ oldest: oldest(-1), lag: 3, newestSettled: ago(2) })], 2],
])('the age of the backlog: %s', (_name, partitions, seconds) => {
  expect(backlogSeconds(partitions, NOW)).toBe(seconds);
});
