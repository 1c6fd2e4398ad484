import type { Config } from '../../config/schema.ts';
import { type TopicPartition, partitionName } from '../../record.ts';
import { readerOptions } from '../client-config.ts';
import { type EpochAt, endOfEpoch } from './leader-epochs.ts';
import { type NativeConsumer, connect, consume, createConsumer, disconnect, onError } from '../native.ts';

const TIMEOUT_MS = 5000;
const POLL_TIMEOUT_MS = 100;
/** The consumer stays open this long for the next query. */
const IDLE_MS = 10_000;

/**
 * Finds the offset at which a partition was truncated. Its consumer is in no group and reads single records;
 * it is created at the first query, because few processes ever need it.
 */
export class EpochReader {
  readonly #config: Config['kafka'];
  #consumer: Promise<NativeConsumer> | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  constructor(config: Config['kafka']) {
    this.#config = config;
  }

  /** See {@link endOfEpoch}. @throws Error if no broker answers */
  async truncationOf(where: TopicPartition, low: number, end: number, epoch: number): Promise<number> {
    clearTimeout(this.#idle);
    const asked = this.#queue.then(async () => {
      const consumer = await this.#connected();
      return endOfEpoch((from, to) => recordAt(consumer, where, from, to), low, end, epoch);
    });
    // Queries run one after the other: the consumer has one assignment.
    this.#queue = asked.catch(() => {});
    try {
      return await asked;
    } finally {
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref();
    }
  }

  /** The next query opens it again. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const consumer = await this.#consumer?.catch(() => null);
    this.#consumer = null;
    if (consumer) await disconnect(consumer, TIMEOUT_MS);
  }

  #connected(): Promise<NativeConsumer> {
    const connecting = (this.#consumer ??= open(this.#config));
    return connecting.catch((error: unknown) => {
      if (this.#consumer === connecting) this.#consumer = null;
      throw error;
    });
  }
}

async function open(config: Config['kafka']): Promise<NativeConsumer> {
  // Records of an open transaction have an epoch too.
  const consumer = createConsumer({ ...readerOptions(config), 'isolation.level': 'read_uncommitted' });
  onError(consumer, () => {});
  try {
    await connect(consumer, TIMEOUT_MS);
  } catch (error) {
    await disconnect(consumer, TIMEOUT_MS);
    throw error;
  }
  consumer.setDefaultConsumeTimeout(POLL_TIMEOUT_MS);
  return consumer;
}

/** @throws Error if the broker delivers nothing within {@link TIMEOUT_MS} */
async function recordAt(
  consumer: NativeConsumer,
  { topic, partition }: TopicPartition,
  from: number,
  to: number,
): Promise<EpochAt | null> {
  consumer.assign([{ topic, partition, offset: from }]);
  const deadline = performance.now() + TIMEOUT_MS;
  while (performance.now() < deadline) {
    const [record] = await consume(consumer, 1);
    if (record !== undefined && record.offset >= to) return null;
    if (record !== undefined) return { offset: record.offset, epoch: record.leaderEpoch ?? -1 };
    // Control records are never delivered.
    const [at] = consumer.position();
    if ((at?.offset ?? -1) >= to) return null;
  }
  throw new Error(`${partitionName({ topic, partition })} gives no record at offset ${from}`);
}
