import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Assignment, OwnedPartition } from '../../../../src/kafka/consumer/assignment.ts';
import { Committer } from '../../../../src/kafka/consumer/committer.ts';
import type { KafkaError, NativeConsumer } from '../../../../src/kafka/native.ts';
import { received } from '../../support/fakes.ts';
import { type LogLine, memoryLog } from '../../support/memory-log.ts';

const offsets = [{ topic: 't', partition: 0, offset: 1 }];
let committer: Committer;
let lines: LogLine[];

beforeEach(() => {
  vi.useFakeTimers();
  const assignment = new Assignment();
  const owned = new OwnedPartition('t', 0, 0, 0);
  assignment.add(owned);
  received({ topic: 't', offset: 0 }, owned).settlement.settle('indexed');
  const memory = memoryLog();
  lines = memory.lines;
  const client = { commit: () => {} } as unknown as NativeConsumer;
  committer = new Committer(client, assignment, 1_000_000, memory.log);
});
afterEach(() => {
  committer.close();
  vi.useRealTimers();
});

function rejected(error: KafkaError): void {
  committer.commit();
  committer.answered(error, offsets);
}

it('a commit that a rebalance rejects is no fault, unless the rebalance lasts for a minute', () => {
  for (let round = 0; round < 6; round++) {
    rejected({ code: 27, message: 'Broker: Group rebalance in progress' });
    vi.advanceTimersByTime(9000);
  }
  expect(lines).toEqual([]);
  vi.advanceTimersByTime(9000);
  rejected({ code: -1, message: 'Broker: Specified group generation id is not valid' });
  expect(lines).toMatchObject([{ code: 'commit_rejected' }]);
});

it('an accepted commit ends it: the next rebalance has a minute of its own', () => {
  rejected({ code: 27, message: 'Broker: Group rebalance in progress' });
  vi.advanceTimersByTime(50_000);
  committer.commit();
  committer.answered(undefined, offsets);
  vi.advanceTimersByTime(50_000);
  rejected({ code: 25, message: 'Broker: Unknown member' });
  expect(lines).toEqual([]);
});

it('another error is told at once', () => {
  rejected({ code: 7, message: 'Broker: Request timed out' });
  expect(lines).toMatchObject([{ code: 'commit_rejected', reason: 'Broker: Request timed out' }]);
});
