import type { Message } from '@confluentinc/kafka-javascript';
import { called, withObserver } from './kafka-client.ts';
import { endOffsets, partitionCount } from './topics.ts';

const TOPIC = '__consumer_offsets';
const READ_TIMEOUT_MS = 15_000;
/** Version of a key of group metadata; lower ones are offsets. */
const GROUP_METADATA = 2;

/** A generation of a group: each rebalance begins one. */
export interface Generation {
  readonly number: number;
  /** When the broker first wrote it, in ms since the epoch. */
  readonly time: number;
}

/** The generations of a group that the broker has written, in their order. */
export async function generationsOf(bootstrapServers: string, group: string): Promise<Generation[]> {
  const found = new Map<number, number>();
  const ends = await endOffsets(bootstrapServers, TOPIC, await partitionCount(bootstrapServers, TOPIC));
  await withObserver(bootstrapServers, 'group-log-reader', async (consumer) => {
    consumer.setDefaultConsumeTimeout(200);
    for (const [partition, end] of ends.entries()) {
      let next = 0;
      consumer.assign([{ topic: TOPIC, partition, offset: next }]);
      const deadline = Date.now() + READ_TIMEOUT_MS;
      while (next < end) {
        if (Date.now() > deadline) throw new Error(`${TOPIC}[${partition}] ends at ${end}, read to ${next}`);
        const messages = await called<Message[]>((callback) => consumer.consume(1000, callback));
        for (const message of messages) {
          next = message.offset + 1;
          const number = generationIn(message, group);
          if (number !== undefined && !found.has(number)) found.set(number, message.timestamp ?? 0);
        }
      }
    }
  });
  return [...found].map(([number, time]) => ({ number, time })).sort((a, b) => a.number - b.number);
}

/** Kafka's GroupMetadataKey and GroupMetadataValue; undefined for records of another kind or group. */
function generationIn({ key, value }: Message, group: string): number | undefined {
  if (!Buffer.isBuffer(key) || value === null || key.readInt16BE(0) !== GROUP_METADATA) return undefined;
  if (key.toString('utf8', 4, 4 + key.readInt16BE(2)) !== group) return undefined;
  // Behind the version stands the type of protocol: its length, and its text.
  return value.readInt32BE(4 + value.readInt16BE(2));
}
