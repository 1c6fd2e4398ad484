/**
 * The floor: the same client with the same settings, `consume(n)` and nothing else. Prints one JSON line when it has read
 * `count` records: how long it took and what CPU it cost, from the first record on.
 *
 *     node bench/consume-only.ts <bootstrap servers> <topic> <count>
 */
import { configSchema } from '../src/config/schema.ts';
import { consumerOptions } from '../src/kafka/client-config.ts';
import { peakMemoryOf } from './measure.ts';
import { consume, connect, createConsumer } from '../src/kafka/native.ts';

const [servers = '', topic = '', wanted = '0'] = process.argv.slice(2);
const { kafka } = configSchema.parse({
  kafka: { bootstrap_servers: servers, topics: topic, group_id: `consume-only-${process.pid}` },
});
const consumer = createConsumer(consumerOptions(kafka, null), { 'auto.offset.reset': 'earliest' });
consumer.on('event.error', () => {});
consumer.setDefaultConsumeTimeout(50);
consumer.setDefaultIsTimeoutOnlyForFirstMessage(true);
await connect(consumer, 10_000);
consumer.subscribe([topic]);
let count = 0;
let bytes = 0;
let start = 0;
let cpu = process.cpuUsage();
while (count < Number(wanted)) {
  const records = await consume(consumer, 1000);
  if (start === 0 && records.length > 0) {
    start = performance.now();
    cpu = process.cpuUsage();
  }
  count += records.length;
  for (const { value } of records) bytes += value?.length ?? 0;
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
