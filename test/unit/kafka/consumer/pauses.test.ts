import { expect, it } from 'vitest';
import { OwnedPartition } from '../../../../src/kafka/consumer/assignment.ts';
import type { Settlement } from '../../../../src/pipeline/settlement.ts';
import { Pauses, pauseReason } from '../../../../src/kafka/consumer/pauses.ts';
import { notingConsumer } from '../../support/fakes.ts';

function open() {
  const calls: string[] = [];
  const native = notingConsumer(calls, ['pause', 'resume']);
  const all = [0, 1].map((partition) => new OwnedPartition('logs', partition, 0, -1));
  const pauses = new Pauses();
  const apply = (): string[] => {
    pauses.apply(native, all);
    return calls.splice(0);
  };
  return { pauses, all: all as [OwnedPartition, OwnedPartition], apply };
}

it('pauses all partitions while there is a reason, and tells the client once', () => {
  const { pauses, apply } = open();
  expect(apply()).toEqual([]);
  pauses.set('elasticsearch', true);
  pauses.set('buffer full', true);
  expect(apply()).toEqual(['pause 0 1']);
  expect(apply()).toEqual([]);
  pauses.set('elasticsearch', false);
  expect(pauses.reasons).toEqual(['buffer full']);
  expect(apply()).toEqual([]);
  pauses.set('buffer full', false);
  expect(apply()).toEqual(['resume 0 1']);
});

it('pauses a deprioritised partition, and a draining one', () => {
  const { all, apply } = open();
  all[0].deprioritised = true;
  expect(apply()).toEqual(['pause 0']);
  expect(all.map(pauseReason)).toEqual(['deprioritised', null]);
  all[0].deprioritised = false;
  all[1].draining = true;
  expect(apply()).toEqual(['pause 1', 'resume 0']);
  expect(all.map(({ paused }) => paused)).toEqual([false, true]);
  expect(all.map(pauseReason)).toEqual([null, 'draining']);
});

it('pauses a partition with a blocked record, and one with too many tracked records until half of them are gone', () => {
  const { all, apply } = open();
  all[0].blocked = 1;
  expect(all.map(pauseReason)).toEqual(['blocked records', null]);
  const records = Array.from({ length: 100_001 }, (_, offset) => ({
    offset,
    last: offset,
    count: 1,
    settled: false,
  }));
  for (const record of records) all[1].receive(record as unknown as Settlement);
  expect(pauseReason(all[1])).toBe('too many records after an unsettled one');
  expect(apply()).toEqual(['pause 0 1']);
  for (const record of records.slice(0, 50_000)) settle(all[1], record);
  expect(pauseReason(all[1])).toBe('too many records after an unsettled one');
  settle(all[1], records[50_000] as (typeof records)[0]);
  expect(pauseReason(all[1])).toBeNull();
});

function settle(owned: OwnedPartition, record: { settled: boolean }): void {
  record.settled = true;
  owned.settle();
}
