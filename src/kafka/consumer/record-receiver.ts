import type { BufferBudget } from '../../memory/buffer-budget.ts';
import type { RecordBatch } from '../../memory/record-chunk.ts';
import type { OwnedPartition } from './assignment.ts';

/** The pipeline, as the consumer uses it. */
export interface RecordReceiver {
  /** Receives records; the caller then releases their chunk. Sync, never throws: failing records block. */
  onRecords(batch: RecordBatch): void;
  /** Bytes to leave free before the value of each record. */
  readonly room: number;
  readonly budget: BufferBudget;
  /** Bytes of the budget that blocked records use, and records that wait for more. */
  readonly stuckBytes: number;
  /** Whether only more records can settle the received ones. */
  readonly needsMore: boolean;
  /** Resolves when no record of these partitions is in flight, or after the timeout. */
  drained(partitions: readonly OwnedPartition[], timeoutMs: number): Promise<void>;
  /** Abandons the unsettled records of these partitions. */
  abandon(partitions: readonly OwnedPartition[]): void;
}
