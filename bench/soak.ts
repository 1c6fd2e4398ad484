/**
 * A long run at a steady rate into the counting sink, with a fault every few minutes; what it finds goes to docs/soak.json,
 * with what memory consisted of before and after each fault.
 *
 *     node bench/soak.ts [--minutes 60] [--rate 15000] [--fault-every 300]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ErrorCode, hasCode } from '../src/kafka/native.ts';
import { connectProducer } from '../test/support/kafka-client.ts';
import { startKafka } from '../test/support/kafka-server.ts';
import { root } from '../test/support/paths.ts';
import { createTopic } from '../test/support/topics.ts';
import { startLogweir } from './contenders.ts';
import { CountingSink } from './drain.ts';
import { endpointOf } from './endpoint.ts';
import { quantile } from './measure.ts';
import { buildPackage } from './package.ts';
import type { Fault } from './sink.ts';
import { memoryMapOf } from './smaps.ts';
import { CATCH_UP_S, type Sample, type Snapshot, faultsIn, memoryTable, partsOf } from './soak-summary.ts';

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
const NO_FAULT: { at: number; name: Fault } = { at: Infinity, name: 'none' };

buildPackage();
const directory = mkdtempSync(join(tmpdir(), 'logweir-soak-'));
const kafka = await startKafka({
  runDirectory: join(directory, 'kafka'),
  longLived: true,
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
const snapshots: Snapshot[] = [];
/** When the fault before will have been caught up with. */
let afterFault = NO_FAULT;
const started = performance.now();
const second = (): number => (performance.now() - started) / 1000;
const padding = 'x'.repeat(340);

async function sample(admin: string): Promise<void> {
  const read = await metrics(admin);
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

async function metrics(admin: string): Promise<(name: string) => number> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  return (name) => Number(new RegExp(`^logweir_${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

/** Looks at what memory consists of: whatever rises is to have a name. */
async function snapshot(admin: string, when: string): Promise<void> {
  const read = await metrics(admin);
  const one: Snapshot = {
    second: Math.round(second()),
    when,
    heapTotalMb: Math.round(read('nodejs_heap_size_total_bytes') / 1e5) / 10,
    externalMb: Math.round(read('nodejs_external_memory_bytes') / 1e5) / 10,
    memory: memoryMapOf(tested.pid),
  };
  snapshots.push(one);
  process.stdout.write(`${JSON.stringify(one)}\n`);
}

/** @returns false if the producer's queue is full, since the machine is busy: to be tried again in a moment */
function produced(event: Buffer): boolean {
  try {
    producer.produce(topic, sent % PARTITIONS, event, null, Date.now());
    return true;
  } catch (error) {
    if (hasCode(error, ErrorCode.QUEUE_FULL)) return false;
    throw error;
  }
}

function summary(): object {
  return {
    minutes,
    eventsPerSecond: rate,
    produced: sent,
    acknowledged,
    faults: faultsIn(samples),
    parts: partsOf(samples, minutes),
    memory: snapshots,
  };
}

try {
  let admin: string | undefined;
  while (admin === undefined) {
    admin = endpointOf(directory);
    await delay(50);
  }
  for (let sampledAt = 0; second() < minutes * 60; await delay(2)) {
    const due = second() * rate;
    for (; sent < due; sent++) {
      const now = performance.timeOrigin + performance.now();
      const event = `{"sent_at": ${now.toFixed(3)},"seq":${sent},"message":"${padding}"}`;
      if (!produced(Buffer.from(event))) break;
    }
    const wanted = faultAt(second());
    if (wanted !== fault) {
      if (wanted !== 'none') await snapshot(admin, `before ${wanted}`);
      else afterFault = { at: second() + CATCH_UP_S, name: fault };
      await sink.setFault((fault = wanted));
    }
    if (fault === 'none' && second() >= afterFault.at) {
      await snapshot(admin, `after ${afterFault.name}`);
      afterFault = NO_FAULT;
    }
    if (performance.now() - sampledAt > SAMPLE_MS) {
      sampledAt = performance.now();
      await sample(admin);
      process.stdout.write(`${JSON.stringify(samples.at(-1))}\n`);
    }
  }
  await snapshot(admin, 'at the end');
  await sink.setFault('none');
  for (const deadline = Date.now() + 60_000; acknowledged < sent && Date.now() < deadline; await delay(500)) {
    acknowledged += (await sink.reset()).documents;
  }
  const found = summary();
  writeFileSync(join(root, 'docs/soak.json'), `${JSON.stringify(found, null, 1)}\n`);
  process.stdout.write(
    `${JSON.stringify({ ...found, memory: undefined }, null, 1)}\n${memoryTable(snapshots)}\n`,
  );
  process.exitCode = acknowledged === sent ? 0 : 1;
} finally {
  await new Promise((resolve) => producer.disconnect(resolve));
  await tested.stop({ graceMs: 20_000 });
  await sink.stop();
  await kafka.stop();
  rmSync(directory, { recursive: true, force: true });
}
