/**
 * A long run at a steady rate into the counting sink, with a fault every few minutes; what it finds goes to docs/soak.json.
 *
 *     node bench/soak.ts [--minutes 60] [--rate 15000] [--fault-every 300]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectProducer } from '../test/support/kafka-client.ts';
import { startKafka } from '../test/support/kafka-server.ts';
import { root } from '../test/support/paths.ts';
import { logTail } from '../test/support/process.ts';
import { createTopic } from '../test/support/topics.ts';
import { startLogweir } from './contenders.ts';
import { CountingSink } from './drain.ts';
import { quantile, spreadOf } from './measure.ts';
import { buildPackage } from './package.ts';
import type { Fault } from './sink.ts';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    rate: { type: 'string', default: '15000' },
    'fault-every': { type: 'string', default: '300' },
  },
});
const minutes = Number(options.minutes);
const rate = Number(options.rate);
const faultEverySeconds = Number(options['fault-every']);
const PARTITIONS = 6;
const SAMPLE_MS = 10_000;
const FAULT_S = 20;
const faults: readonly Fault[] = ['503', 'items', '401'];
/** At the beginning the process still compiles and fills its buffers. */
const WARM_UP_S = 120;
/** For so long after a fault what it has held up is still being caught up with. */
const CATCH_UP_S = 75;
/** The run is told in so many parts, so that what rises is seen to rise. */
const PARTS = 6;

interface Sample {
  readonly second: number;
  readonly fault: Fault;
  readonly rssMb: number;
  readonly heapMb: number;
  readonly fds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

buildPackage();
const directory = mkdtempSync(join(tmpdir(), 'logweir-soak-'));
const kafka = await startKafka({
  runDirectory: join(directory, 'kafka'),
  // An hour of records need not be kept.
  properties: {
    'log.retention.bytes': 400_000_000,
    'log.segment.bytes': 100_000_000,
    'log.retention.check.interval.ms': 30_000,
  },
});
const sink = await CountingSink.start(directory, true);
const topic = 'soak';
await createTopic(kafka.bootstrapServers, topic, PARTITIONS);
const tested = startLogweir(
  directory,
  sink.url,
  { bootstrapServers: kafka.bootstrapServers, topic },
  'one field set',
);
const producer = await connectProducer({
  'bootstrap.servers': kafka.bootstrapServers,
  'linger.ms': 5,
  acks: 1,
} as Parameters<typeof connectProducer>[0]);
producer.setPollInterval(50);

let sent = 0;
let acknowledged = 0;
let fault: Fault = 'none';
const samples: Sample[] = [];
const started = performance.now();
const second = (): number => (performance.now() - started) / 1000;
const padding = 'x'.repeat(340);

async function sample(admin: string): Promise<void> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  const read = (name: string): number => Number(new RegExp(`^logweir_${name} (\\S+)$`, 'm').exec(text)?.[1]);
  const { latencies, documents } = await sink.reset();
  acknowledged += documents;
  const sorted = latencies.toSorted((a, b) => a - b);
  samples.push({
    second: Math.round(second()),
    fault,
    rssMb: read('process_resident_memory_bytes') / 1e6,
    heapMb: read('nodejs_heap_size_used_bytes') / 1e6,
    fds: read('process_open_fds'),
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  });
}

function faultAt(now: number): Fault {
  const round = Math.floor(now / faultEverySeconds);
  return round > 0 && now % faultEverySeconds < FAULT_S
    ? (faults[(round - 1) % faults.length] ?? 'none')
    : 'none';
}

/** Neither warming up, nor with a fault, nor catching up after one. */
function isCalm({ second: at, fault: present }: Sample): boolean {
  return (
    at > WARM_UP_S &&
    present === 'none' &&
    !samples.some(
      ({ second: other, fault: kind }) => kind !== 'none' && other < at && other > at - CATCH_UP_S,
    )
  );
}

function summary(): object {
  const calm = samples.filter(isCalm);
  const figures = ['rssMb', 'heapMb', 'fds', 'p50Ms', 'p99Ms'] as const;
  const parts = Array.from({ length: PARTS }, (_, part) => {
    const [from, to] = [part, part + 1].map((bound) => (bound * minutes) / PARTS) as [number, number];
    const within = calm.filter(({ second: at }) => at >= from * 60 && at < to * 60);
    const spreads = figures.map((figure) => [figure, spreadOf(within.map((one) => one[figure]))] as const);
    return { from, to, samples: within.length, ...Object.fromEntries(spreads) };
  });
  return {
    minutes,
    eventsPerSecond: rate,
    produced: sent,
    acknowledged,
    faults: samples.filter((one, index) => one.fault !== 'none' && samples[index - 1]?.fault === 'none')
      .length,
    // A part may lie wholly within a fault, or in the warming up.
    parts: parts.filter((part) => part.samples > 0),
  };
}

try {
  const logFile = join(directory, 'logweir.log');
  let admin = '';
  while (admin === '') {
    admin = /"admin":"([^"]+)"/.exec(logTail(logFile))?.[1] ?? '';
    await delay(50);
  }
  for (let sampledAt = 0; second() < minutes * 60; await delay(2)) {
    const due = second() * rate;
    for (; sent < due; sent++) {
      const now = performance.timeOrigin + performance.now();
      const event = `{"sent_at": ${now.toFixed(3)},"seq":${sent},"message":"${padding}"}`;
      producer.produce(topic, sent % PARTITIONS, Buffer.from(event), null, Date.now());
    }
    const wanted = faultAt(second());
    if (wanted !== fault) await sink.setFault((fault = wanted));
    if (performance.now() - sampledAt > SAMPLE_MS) {
      sampledAt = performance.now();
      await sample(admin);
      process.stdout.write(`${JSON.stringify(samples.at(-1))}\n`);
    }
  }
  await sink.setFault('none');
  for (const deadline = Date.now() + 60_000; acknowledged < sent && Date.now() < deadline; await delay(500)) {
    acknowledged += (await sink.reset()).documents;
  }
  const found = summary();
  writeFileSync(join(root, 'docs/soak.json'), `${JSON.stringify(found, null, 1)}\n`);
  process.stdout.write(`${JSON.stringify(found, null, 1)}\n`);
  process.exitCode = acknowledged === sent ? 0 : 1;
} finally {
  await new Promise((resolve) => producer.disconnect(resolve));
  await tested.stop({ graceMs: 20_000 });
  await sink.stop();
  await kafka.stop();
  rmSync(directory, { recursive: true, force: true });
}
