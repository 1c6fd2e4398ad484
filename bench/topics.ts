import kafka from '@confluentinc/kafka-javascript';
import { setImmediate as turn } from 'node:timers/promises';
import { parseObject } from '../src/codec/exact-json.ts';
import { connectProducer } from '../test/support/kafka-client.ts';
import { agentEvent } from '../test/support/events.ts';
import { createTopic } from '../test/support/topics.ts';

const QUEUE_FULL = -184;
/** Different events in a topic; they come again and again, in the order that they were made. */
const DISTINCT = 6000;

/** Events of Vector agents of all five kinds, as JSON, none shorter than `bytes`. */
export function payloads(bytes: number): Buffer[] {
  return Array.from({ length: DISTINCT }, (_, sequence) =>
    Buffer.from(
      JSON.stringify(bytes < 300 ? smallEvent(sequence, bytes) : padded(agentEvent(sequence), bytes)),
    ),
  );
}

/** Longer by its message; where that is JSON it stays JSON. */
function padded(event: Record<string, unknown>, bytes: number): object {
  const missing = bytes - Buffer.byteLength(JSON.stringify(event));
  const { message } = event;
  if (missing <= 0 || typeof message !== 'string') return event;
  const padding = 'x'.repeat(missing);
  const inner = parseObject(message);
  return {
    ...event,
    message: inner === undefined ? `${message} ${padding}` : JSON.stringify({ ...inner, padding }),
  };
}

function smallEvent(sequence: number, bytes: number): object {
  const event = { host: `web-${sequence % 5}`, seq: sequence, message: 'request served' };
  const missing = bytes - JSON.stringify(event).length;
  return missing > 0 ? { ...event, message: `${event.message}${'.'.repeat(missing)}` } : event;
}

/** Fills a new topic. @returns the bytes of all values */
export async function fillTopic(
  bootstrapServers: string,
  topic: string,
  partitions: number,
  count: number,
  values: readonly Buffer[],
): Promise<number> {
  await createTopic(bootstrapServers, topic, partitions);
  const producer = await connectProducer({
    'bootstrap.servers': bootstrapServers,
    'linger.ms': 50,
    'batch.num.messages': 10_000,
    'batch.size': 1_000_000,
    'queue.buffering.max.messages': 200_000,
    'queue.buffering.max.kbytes': 262_144,
    acks: 1,
  } as Parameters<typeof connectProducer>[0]);
  // Delivery reports that are not fetched would keep their slots in the queue.
  producer.setPollInterval(5);
  let bytes = 0;
  for (let sent = 0; sent < count; sent++) {
    const value = values[sent % values.length] as Buffer;
    // Runs of one partition make large batches, as a busy agent's producer does.
    const partition = Math.floor(sent / 500) % partitions;
    while (!produces(producer, topic, partition, value)) {
      producer.poll();
      await turn();
    }
    bytes += value.length;
  }
  await new Promise<void>((resolve, reject) => {
    producer.flush(120_000, (error: unknown) =>
      error ? reject(new Error('the topic was not filled', { cause: error })) : resolve(),
    );
  });
  await new Promise((resolve) => producer.disconnect(resolve));
  return bytes;
}

function produces(producer: kafka.Producer, topic: string, partition: number, value: Buffer): boolean {
  try {
    producer.produce(topic, partition, value, null, Date.now());
    return true;
  } catch (error) {
    if ((error as { code?: number }).code === QUEUE_FULL) return false;
    throw error;
  }
}
