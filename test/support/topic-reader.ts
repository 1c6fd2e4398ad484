import type { Message } from '@confluentinc/kafka-javascript';
import { called, withObserver } from './kafka-client.ts';
import { endOffsets, partitionCount } from './topics.ts';

/** A record as it lies in a topic, headers as text. */
export interface ReadRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, string>;
}

/** Reads a whole topic, as it is at the call, without joining a group. A topic that does not exist has no records. */
export async function readTopic(bootstrapServers: string, topic: string): Promise<ReadRecord[]> {
  const partitions = await partitionCount(bootstrapServers, topic);
  if (partitions === 0) return [];
  const ends = await endOffsets(bootstrapServers, topic, partitions);
  const wanted = ends.reduce((sum, end) => sum + end, 0);
  const records: ReadRecord[] = [];
  await withObserver(bootstrapServers, 'topic-reader', async (consumer) => {
    consumer.assign(ends.map((_end, partition) => ({ topic, partition, offset: 0 })));
    consumer.setDefaultConsumeTimeout(200);
    const deadline = Date.now() + 15_000;
    while (records.length < wanted && Date.now() < deadline) {
      const messages = await called<Message[]>((callback) => consumer.consume(500, callback));
      records.push(...messages.map(asRead));
    }
  });
  return records;
}

function asRead({ partition, offset, key, value, headers = [] }: Message): ReadRecord {
  // The client sets a header called __proto__ as the prototype of its object.
  const entries = headers.flatMap((header): [string, Buffer | string][] => {
    const prototype: unknown = Object.getPrototypeOf(header);
    return Buffer.isBuffer(prototype) ? [['__proto__', prototype]] : Object.entries(header);
  });
  const texts = entries.map(([name, text]) => [name, text.toString()] as const);
  return { partition, offset, key: key?.toString() ?? null, value, headers: Object.fromEntries(texts) };
}
