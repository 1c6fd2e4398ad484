import { setImmediate as nextTurn } from 'node:timers/promises';
import type kafka from '@confluentinc/kafka-javascript';
import type { DeliveryReport, LibrdKafkaError } from '@confluentinc/kafka-javascript';
import { called, connectProducer } from './kafka-client.ts';
import { waitFor } from './wait.ts';

const QUEUE_FULL = -184;

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export interface OutgoingRecord {
  readonly topic: string;
  readonly partition: number | null;
  readonly key: string | Buffer | null;
  readonly value: Buffer | null;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly headers: readonly Record<string, string | Buffer>[];
}

/** Tells where a record has landed, or why that is not known. Called once per record. */
export type Delivered = (where: DeliveryReport | undefined, error: LibrdKafkaError | undefined) => void;

/** An idempotent producer that reports each record's fate. */
export class LedgerProducer {
  readonly #producer: kafka.Producer;

  private constructor(producer: kafka.Producer) {
    this.#producer = producer;
    producer.setPollInterval(5);
    producer.on('delivery-report', (error, report) => {
      const failed = error as LibrdKafkaError | null | undefined;
      (report.opaque as Delivered)(failed ? undefined : report, failed ?? undefined);
    });
  }

  /** @param transactionalId makes the producer a transactional one. */
  static async connect(
    bootstrapServers: string,
    compression: Compression,
    transactionalId?: string,
  ): Promise<LedgerProducer> {
    const producer = await connectProducer({
      'bootstrap.servers': bootstrapServers,
      // Implies acknowledgement by all replicas, and that a retry is never stored twice.
      'enable.idempotence': true,
      'compression.type': compression,
      'linger.ms': 5,
      'queue.buffering.max.messages': 50_000,
      'queue.buffering.max.kbytes': 131_072,
      'message.max.bytes': 10_000_000,
      dr_cb: true,
      ...(transactionalId === undefined ? {} : { 'transactional.id': transactionalId }),
    });
    const connected = new LedgerProducer(producer);
    if (transactionalId !== undefined) {
      await called((callback) => producer.initTransactions(30_000, (error) => callback(error, undefined)));
    }
    return connected;
  }

  /** Resolves when the fate of every record is known. */
  async send(records: Iterable<readonly [OutgoingRecord, Delivered]>): Promise<void> {
    let outstanding = 0;
    for (const [{ topic, partition, key, value, timestamp, headers }, delivered] of records) {
      const opaque: Delivered = (where, error) => {
        outstanding--;
        delivered(where, error);
      };
      const produce = (): unknown =>
        this.#producer.produce(topic, partition, value, key, timestamp, opaque, [...headers]);
      while (!this.#accepts(produce)) {
        this.#producer.poll();
        await nextTurn();
      }
      outstanding++;
    }
    // librdkafka gives up on a record by itself (message.timeout.ms, 5 minutes) and reports that too.
    await waitFor(() => outstanding === 0, { timeoutMs: 330_000, what: 'delivery reports', everyMs: 2 });
  }

  async transaction(abort: boolean, work: () => Promise<void>): Promise<void> {
    const producer = this.#producer;
    await called((callback) => producer.beginTransaction((error) => callback(error, undefined)));
    await work();
    await called((callback) => {
      const done = (error: LibrdKafkaError) => callback(error, undefined);
      if (abort) producer.abortTransaction(30_000, done);
      else producer.commitTransaction(30_000, done);
    });
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#producer.disconnect(resolve));
  }

  /** False where the local queue is full. */
  #accepts(produce: () => unknown): boolean {
    try {
      produce();
      return true;
    } catch (error) {
      if ((error as LibrdKafkaError).code === QUEUE_FULL) return false;
      throw error;
    }
  }
}
