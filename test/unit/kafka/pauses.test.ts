import { expect, it } from 'vitest';
import { OwnedPartition } from '../../../src/kafka/assignment.ts';
import type { NativeConsumer } from '../../../src/kafka/native.ts';
import { Pauses } from '../../../src/kafka/pauses.ts';

function open() {
  const calls: string[] = [];
  const call =
    (name: string) =>
    (partitions: readonly { partition: number }[]): void => {
      calls.push(`${name} ${partitions.map(({ partition }) => partition).join(' ')}`);
    };
  const native = { pause: call('pause'), resume: call('resume') } as unknown as NativeConsumer;
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
  all[0].yielding = false;
  all[1].draining = true;
  expect(apply()).toEqual(['pause 1', 'resume 0']);
  expect(all.map(({ paused }) => paused)).toEqual([false, true]);
});
