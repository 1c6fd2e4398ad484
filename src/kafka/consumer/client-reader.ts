import { free } from '../../memory/arena.ts';
import { BatchWriter } from '../../memory/batch-writer.ts';
import { type KafkaError, type NativeConsumer, consume } from '../native.ts';
import type { Polled, RecordReader } from './record-reader.ts';

/**
 * The fallback where the native reader is not available: reads with the client's own `consume`, which makes
 * an object and buffers for every record.
 */
export class ClientReader implements RecordReader {
  readonly #consumer: NativeConsumer;
  readonly #writer = new BatchWriter();

  constructor(consumer: NativeConsumer) {
    this.#consumer = consumer;
  }

  async poll(count: number, room: number): Promise<Polled> {
    try {
      const records = await consume(this.#consumer, count);
      const batches = this.#writer.write(records, room);
      for (const { value } of records) if (value !== null) free(value);
      return { batches, error: null };
    } catch (error) {
      return { batches: [], error: error as KafkaError };
    }
  }

  /** The client's `consume` ends at its timeout. */
  wake(): void {}
}
