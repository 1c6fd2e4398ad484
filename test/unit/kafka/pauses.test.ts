import { expect, it } from 'vitest';
import { OwnedPartition } from '../../../src/kafka/assignment.ts';
import type { Settlement } from '../../../src/settlement.ts';
import { Pauses, pauseReason } from '../../../src/kafka/pauses.ts';
import { notingConsumer } from '../support/fakes.ts';

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

it('pauses everything while there is a reason, and tells the client once', () => {
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

it('pauses one partition that yields to others, and one that is given up', () => {
  const { all, apply } = open();
  all[0].yielding = true;
  expect(apply()).toEqual(['pause 0']);
  expect(all.map(pauseReason)).toEqual(['waiting for its turn', null]);
  all[0].yielding = false;
  all[1].draining = true;
  expect(apply()).toEqual(['pause 1', 'resume 0']);
  expect(all.map(({ paused }) => paused)).toEqual([false, true]);
  expect(all.map(pauseReason)).toEqual([null, 'draining']);
});

it('pauses one partition with a held record, and one with too much behind an unsettled record until half of it is gone', () => {
  const { all, apply } = open();
  all[0].held = 1;
  expect(all.map(pauseReason)).toEqual(['records held', null]);
  const records = Array.from({ length: 100_001 }, (_, offset) => ({ offset, settled: false }));
  for (const record of records) all[1].receive(record as unknown as Settlement);
  expect(pauseReason(all[1])).toBe('too much behind an unsettled record');
  expect(apply()).toEqual(['pause 0 1']);
  for (const record of records.slice(0, 50_000)) settle(all[1], record);
  expect(pauseReason(all[1])).toBe('too much behind an unsettled record');
  settle(all[1], records[50_000] as (typeof records)[0]);
  expect(pauseReason(all[1])).toBeNull();
});

function settle(owned: OwnedPartition, record: { settled: boolean }): void {
  record.settled = true;
  owned.settle();
}
