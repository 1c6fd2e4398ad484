import type { KafkaConsumer, TopicPartitionOffset } from '@confluentinc/kafka-javascript';
import { called, connectObserver, disconnectObserver, kafkaErrorCode } from './kafka-client.ts';
import { waitFor } from './wait.ts';

/** A broker that comes back may take this long until its partitions have leaders again. */
const TIMEOUT_MS = 30_000;

/** COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR: true for a moment after a broker's start. */
const COORDINATOR_COMES_UP = new Set([14, 15, 16]);

/**
 * The committed offsets of a group, for tests that ask again and again: a connection for each question costs the broker more
 * than all else that a test does.
 *
 * Through a consumer that never joins the group, since the admin client's `listConsumerGroupOffsets` dereferences null
 * where the broker answers with an error for the group, as a new broker does while its coordinator comes up.
 */
export class CommittedOffsets {
  readonly #bootstrapServers: string;
  readonly #group: string;
  #observer: Promise<KafkaConsumer> | undefined;

  constructor(bootstrapServers: string, group: string) {
    this.#bootstrapServers = bootstrapServers;
    this.#group = group;
  }

  /** Of partitions 0 to `partitions` - 1, -1 where the group has committed none. */
  async of(topic: string, partitions: number): Promise<number[]> {
    if (this.#observer !== undefined) {
      try {
        return await this.#ask(await this.#observer, topic, partitions);
      } catch {
        // The connection may be what is wrong.
        await this.close();
      }
    }
    this.#observer = connectObserver(this.#bootstrapServers, this.#group);
    return await this.#ask(await this.#observer, topic, partitions);
  }

  async close(): Promise<void> {
    const observer = this.#observer;
    this.#observer = undefined;
    const connected = await observer?.catch(() => undefined);
    if (connected !== undefined) await disconnectObserver(connected);
  }

  async #ask(observer: KafkaConsumer, topic: string, partitions: number): Promise<number[]> {
    const numbers = Array.from({ length: partitions }, (_, partition) => partition);
    const wanted = numbers.map((partition) => ({ topic, partition }));
    let found: TopicPartitionOffset[] = [];
    const answered = async () => {
      try {
        found = await called((callback) => observer.committed(wanted, TIMEOUT_MS, callback));
        return true;
      } catch (error) {
        if (COORDINATOR_COMES_UP.has(kafkaErrorCode(error))) return false;
        throw error;
      }
    };
    const what = `the coordinator of ${this.#group}`;
    await waitFor(answered, { timeoutMs: TIMEOUT_MS, what, everyMs: 20 });
    const offsets = new Map(found.map(({ partition, offset }) => [partition, offset]));
    // "None" is a missing entry, undefined or librdkafka's -1001.
    return numbers.map((partition) => Math.max(-1, offsets.get(partition) ?? -1));
  }
}

/** One look, as {@link CommittedOffsets}. */
export async function committedOffsets(
  bootstrapServers: string,
  group: string,
  topic: string,
  partitions: number,
): Promise<number[]> {
  const committed = new CommittedOffsets(bootstrapServers, group);
  try {
    return await committed.of(topic, partitions);
  } finally {
    await committed.close();
  }
}
