/**
 * The two floors: records are read, and nothing is done with them. Prints one JSON line when it has read `count` of them: how long it
 * took and what CPU it cost, from the first record on.
 *
 *     node bench/consume-only.ts client|reader <bootstrap servers> <topic> <count>
 *
 * `client` is the Kafka client's own `consume(n)`, `reader` Logweir's native reader.
 */
import { configSchema } from '../src/config/schema.ts';
import { consumerOptions } from '../src/kafka/client-config.ts';
import { NativeReader } from '../src/kafka/consumer/native-reader.ts';
import { type NativeConsumer, connect, consume, createConsumer } from '../src/kafka/native.ts';
import { POLL_TIMEOUT_MS } from '../src/kafka/consumer/record-reader.ts';
import { peakMemoryOf } from './measure.ts';

/** Of the client's `consume`: no other setting that was tried is faster; docs/benchmarks.md names them. */
const CLIENT_COUNT = 1000;
/** As many as a chunk has rows for. */
const READER_COUNT = 4096;

interface Read {
  readonly count: number;
  /** Of their values. */
  readonly bytes: number;
}

async function readWithClient(consumer: NativeConsumer): Promise<Read> {
  const records = await consume(consumer, CLIENT_COUNT);
  let bytes = 0;
  for (const { value } of records) bytes += value?.length ?? 0;
  return { count: records.length, bytes };
}

/** With the settings that Logweir has, and as many records at once as fit into its memory. */
function nativeRead(consumer: NativeConsumer): () => Promise<Read> {
  const reader = new NativeReader(consumer, POLL_TIMEOUT_MS);
  return async () => {
    const { batches } = await reader.poll(READER_COUNT, 0);
    let [count, bytes] = [0, 0];
    for (const { chunk, from, to } of batches) {
      count += to - from;
      // Values lie side by side.
      bytes += chunk.valueEnd(to - 1) - chunk.valueStart(from);
      chunk.release();
    }
    return { count, bytes };
  };
}

const [kind = '', servers = '', topic = '', wanted = '0'] = process.argv.slice(2);
if (kind !== 'client' && kind !== 'reader') throw new Error(`client or reader, not ${kind}`);
const { kafka } = configSchema.parse({
  kafka: {
    bootstrap_servers: servers,
    topics: topic,
    group_id: `consume-only-${process.pid}`,
    reader: kind === 'client' ? 'client' : 'native',
  },
});
const consumer = createConsumer(consumerOptions(kafka, null), { 'auto.offset.reset': 'earliest' });
consumer.on('event.error', () => {});
consumer.setDefaultConsumeTimeout(POLL_TIMEOUT_MS);
consumer.setDefaultIsTimeoutOnlyForFirstMessage(true);
await connect(consumer, 10_000);
consumer.subscribe([topic]);
const read = kind === 'client' ? () => readWithClient(consumer) : nativeRead(consumer);
let [count, bytes, start] = [0, 0, 0];
let cpu = process.cpuUsage();
while (count < Number(wanted)) {
  const found = await read();
  if (start === 0 && found.count > 0) {
    start = performance.now();
    cpu = process.cpuUsage();
  }
  count += found.count;
  bytes += found.bytes;
}
const { user, system } = process.cpuUsage(cpu);
const result = {
  events: count,
  bytes,
  ms: performance.now() - start,
  cpu: user + system,
  peakMb: peakMemoryOf([process.pid]),
  startedAt: performance.timeOrigin + start,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(0);
