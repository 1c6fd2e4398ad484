import type { RecordBatch } from '../../memory/record-chunk.ts';
import type { KafkaError } from '../native.ts';

/** A poll without records occupies one of the four libuv threads for this time. */
export const POLL_TIMEOUT_MS = 50;

/** The result of one poll. */
export interface Polled {
  /** In the order of reading. The receiver releases each chunk. */
  readonly batches: readonly RecordBatch[];
  /** An error of the client, with or without records. */
  readonly error: KafkaError | null;
}

/**
 * Reads a consumer's records in batches, one poll at a time. An assign, pause or seek is called while no poll
 * is in flight, and after the records of the last one were received: then no record from before the call
 * arrives after it.
 */
export interface RecordReader {
  /**
   * Waits up to {@link POLL_TIMEOUT_MS} for the first record, and returns it with all others that are
   * available. Never rejects.
   *
   * @param count maximum number of records
   * @param room bytes to leave free before each value, as in `Passthrough.room`
   */
  poll(count: number, room: number): Promise<Polled>;
  /** Ends a waiting poll at once, if the reader can. */
  wake(): void;
}
