import { setImmediate as turn } from 'node:timers/promises';
import { Chunk } from '../../../src/memory/arena.ts';
import { Document } from '../../../src/elasticsearch/document.ts';
import { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import type { NativeConsumer } from '../../../src/kafka/native.ts';
import { RecordChunk } from '../../../src/memory/record-chunk.ts';
import type { SourceRecord } from '../../../src/record.ts';
import type { Outcome } from '../../../src/pipeline/outcome.ts';
import { Settlement } from '../../../src/pipeline/settlement.ts';

/** 2026-01-02T03:04:05.678Z */
export const RECORD_TIME = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

export function sourceRecord(partial: Partial<SourceRecord> = {}): SourceRecord {
  return {
    topic: 'app-logs',
    partition: 0,
    offset: 0,
    timestamp: RECORD_TIME,
    key: null,
    value: Buffer.from('{"message":"hello"}'),
    headers: undefined,
    ...partial,
  };
}

/** A record that a partition has received, and the outcomes that its settlement reported. */
export function received(
  partial: Partial<SourceRecord> = {},
  owned = new OwnedPartition('app-logs', 0, partial.offset ?? 0, -1),
): { settlement: Settlement; owned: OwnedPartition; outcomes: Outcome[] } {
  const outcomes: Outcome[] = [];
  const run = { chunk: RecordChunk.of(sourceRecord(partial)), row: 0, count: 1 };
  const settlement = new Settlement(run, 100, owned, {
    settled: (_settlement, outcome) => void outcomes.push(outcome),
  });
  owned.receive(settlement);
  return { settlement, owned, outcomes };
}

/** A document with an id of the test's choice, in a chunk of its own. */
export function makeDocument(
  settlement: Settlement,
  operation: 'index' | 'create',
  index: string,
  id: string,
  source: Buffer | string,
): Document {
  const action = `{"${operation}":{"_index":"${index}","_id":"${id}"}}\n`;
  const chunk = Buffer.concat([Buffer.from(action), Buffer.from(source), Buffer.from('\n')]);
  return new Document(settlement, index, new Chunk(chunk), 0, chunk.length);
}

/** Documents of as many records of one partition, with the ids `0`, `1`, …. */
export function documents(count: number, sourceBytes = 20): Document[] {
  const owned = new OwnedPartition('app-logs', 0, 0, -1);
  return Array.from({ length: count }, (_, offset) => {
    const { settlement } = received({ offset }, owned);
    const source = Buffer.from(`{"n":"${String(offset).padEnd(sourceBytes - 8, '.')}"}`);
    return makeDocument(settlement, 'index', 'logs', String(offset), source);
  });
}

/** Runs all that waits only for promises. */
export async function settleDown(): Promise<void> {
  for (let left = 5; left > 0; left--) await turn();
}

/** A promise to be resolved by the test. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

export function deferred<T = void>(): Deferred<T> {
  return Promise.withResolvers<T>();
}

/**
 * A client whose calls over partitions are only noted, as `pause 0 1`.
 *
 * @param before called first, with the name of the call; what it throws the client throws
 */
export function notingConsumer(
  calls: string[],
  names: readonly string[],
  before: (name: string) => void = () => {},
): NativeConsumer {
  const noting = (name: string) => [
    name,
    (partitions: readonly { partition: number }[]): void => {
      before(name);
      calls.push(`${name} ${partitions.map(({ partition }) => partition).join(' ')}`);
    },
  ];
  const consumer: unknown = Object.fromEntries(names.map(noting));
  return consumer as NativeConsumer;
}
