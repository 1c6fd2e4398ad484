import type { Message } from '@confluentinc/kafka-javascript';
import { called, withObserver } from './kafka-client.ts';
import { endOffsets, partitionCount } from './topics.ts';

const TOPIC = '__consumer_offsets';
const READ_TIMEOUT_MS = 15_000;

/** One offset that the broker has committed for a group. */
export interface Commit {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** When the broker wrote it, in ms since the epoch. */
  readonly time: number;
}

/**
 * The broker's own journal of commits, from the call on: unlike samples of the committed offsets it misses no instant.
 *
 * @returns reads the commits of a group so far, in the order of writing
 */
export async function followCommits(bootstrapServers: string): Promise<(group: string) => Promise<Commit[]>> {
  const partitions = await partitionCount(bootstrapServers, TOPIC);
  const starts = partitions === 0 ? [] : await endOffsets(bootstrapServers, TOPIC, partitions);
  return async (group) => {
    const count = await partitionCount(bootstrapServers, TOPIC);
    if (count === 0) return [];
    const ends = await endOffsets(bootstrapServers, TOPIC, count);
    const commits: Commit[] = [];
    await withObserver(bootstrapServers, 'commit-log-reader', async (consumer) => {
      consumer.setDefaultConsumeTimeout(200);
      for (const [partition, end] of ends.entries()) {
        let next = starts[partition] ?? 0;
        consumer.assign([{ topic: TOPIC, partition, offset: next }]);
        const deadline = Date.now() + READ_TIMEOUT_MS;
        while (next < end) {
          if (Date.now() > deadline)
            throw new Error(`${TOPIC}[${partition}] ends at ${end}, read to ${next}`);
          const messages = await called<Message[]>((callback) => consumer.consume(1000, callback));
          for (const message of messages) {
            next = message.offset + 1;
            const commit = commitOf(message);
            if (commit?.group === group) commits.push(commit);
          }
        }
      }
    });
    return commits;
  };
}

/** Kafka's OffsetCommitKey and OffsetCommitValue; undefined for records of another kind, and for offsets that are removed. */
function commitOf({ key, value, timestamp }: Message): Commit | undefined {
  if (!Buffer.isBuffer(key) || value === null || key.readInt16BE(0) > 1) return undefined;
  let at = 2;
  const text = (): string => {
    const length = key.readInt16BE(at);
    const found = key.toString('utf8', at + 2, at + 2 + length);
    at += 2 + length;
    return found;
  };
  const group = text();
  const topic = text();
  return {
    group,
    topic,
    partition: key.readInt32BE(at),
    offset: Number(value.readBigInt64BE(2)),
    time: timestamp ?? 0,
  };
}
