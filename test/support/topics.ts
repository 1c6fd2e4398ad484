import { randomBytes } from 'node:crypto';
import kafka from '@confluentinc/kafka-javascript';
import type { ListOffsetsResult, Metadata, WatermarkOffsets } from '@confluentinc/kafka-javascript';
import { called, kafkaErrorCode, withAdmin, withObserver } from './kafka-client.ts';
import { waitFor } from './wait.ts';

export { waitFor, type WaitOptions } from './wait.ts';

/** A broker that comes back may take this long until its partitions have leaders again. */
const TIMEOUT_MS = 30_000;
/** librdkafka's answer where the metadata of a new topic is not complete. */
const NO_ENTRY = -156;

/** A name that no other test uses, fit for topics, groups and indices. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`;
}

export async function createTopic(
  bootstrapServers: string,
  topic: string,
  partitions: number,
  config: Readonly<Record<string, string>> = {},
  replicas = 1,
): Promise<void> {
  await withAdmin(bootstrapServers, (admin) =>
    called((callback) =>
      admin.createTopic(
        { topic, num_partitions: partitions, replication_factor: replicas, config },
        TIMEOUT_MS,
        (error) => callback(error, undefined),
      ),
    ),
  );
  await endOffsets(bootstrapServers, topic, partitions);
}

export async function deleteTopic(bootstrapServers: string, topic: string): Promise<void> {
  await withAdmin(bootstrapServers, (admin) =>
    called((callback) => admin.deleteTopic(topic, TIMEOUT_MS, (error) => callback(error, undefined))),
  );
}

/** The offsets that the next records will get, of partitions 0 to `partitions` - 1. */
export async function endOffsets(
  bootstrapServers: string,
  topic: string,
  partitions: number,
): Promise<number[]> {
  const wanted = numbers(partitions).map((partition) => ({
    topic,
    partition,
    offset: kafka.OffsetSpec.LATEST,
  }));
  let results: ListOffsetsResult[] = [];
  // A partition of a new topic, or of a broker that has just started, has no leader for a moment. Each look by a client of its own:
  // librdkafka continues asking the leader that it once knew, though it has been told that this is none any more.
  const answered = async (): Promise<boolean> => {
    try {
      results = await withAdmin(bootstrapServers, (admin) =>
        called((callback) => admin.listOffsets(wanted, { timeout: TIMEOUT_MS }, callback)),
      );
    } catch (error) {
      if (kafkaErrorCode(error) === NO_ENTRY) return false;
      throw error;
    }
    return results.every(({ error }) => error === undefined);
  };
  await waitFor(answered, { timeoutMs: TIMEOUT_MS, what: `leaders of ${topic}`, everyMs: 20 });
  const offsets = new Map(results.map(({ partition, offset }) => [partition, offset]));
  return numbers(partitions).map((partition) => offsets.get(partition) ?? -1);
}

/** The lowest offset that partition 0 of a topic still has. */
export async function lowestOffset(bootstrapServers: string, topic: string): Promise<number> {
  return await withObserver(bootstrapServers, 'offset-reader', async (consumer) => {
    const { lowOffset } = await called<WatermarkOffsets>((callback) =>
      consumer.queryWatermarkOffsets(topic, 0, TIMEOUT_MS, callback),
    );
    return lowOffset;
  });
}

/** How many partitions a topic has; 0 where there is none of that name. */
export async function partitionCount(bootstrapServers: string, topic: string): Promise<number> {
  return await withObserver(bootstrapServers, 'partition-counter', async (consumer) => {
    const metadata = await called<Metadata>((callback) =>
      consumer.getMetadata({ timeout: TIMEOUT_MS }, callback),
    );
    return metadata.topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
  });
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
