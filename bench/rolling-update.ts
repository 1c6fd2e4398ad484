/**
 * What replacing and removing instances does to deliveries: real processes on a real Kafka and a real Elasticsearch.
 * Prints the table of docs/operations.md.
 *
 *     node bench/rolling-update.ts [--rate 2000] [--only TEXT]...
 *
 * The servers of KAFKA_BOOTSTRAP_SERVERS and ELASTICSEARCH_ENDPOINTS are used where both are set, else own ones.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { generationsOf } from '../test/support/group-log.ts';
import { Ledger } from '../test/support/ledger.ts';
import { Logweir } from '../test/support/logweir.ts';
import { type Proxy, startProxy } from '../test/support/proxy.ts';
import { startServers } from '../test/support/servers.ts';
import { committedOffsets } from '../test/support/committed-offsets.ts';
import { createTopic, endOffsets, uniqueName, waitFor } from '../test/support/topics.ts';
import { spreadOf } from './measure.ts';
import { pausesOf } from './pauses.ts';

const { values: options } = parseArgs({
  options: {
    rate: { type: 'string', default: '2000' },
    only: { type: 'string', multiple: true, default: [''] },
  },
});
const rate = Number(options.rate);
const PARTITIONS = 6;
const INSTANCES = 3;
const STEADY_MS = 5000;
const TICK_MS = 100;
const MESSAGE = 'x'.repeat(340);
const READY_TIMEOUT_MS = 120_000;

interface Scenario {
  readonly name: string;
  /** Seconds of `kafka.session_timeout_ms`; with a number at `static` members have names of their own. */
  readonly session: number;
  readonly isStatic: boolean;
  readonly minReadySeconds: number;
  /** What happens to the instances that run. */
  readonly action: (group: Group) => Promise<void>;
}

/** The instances of one scenario. */
class Group {
  readonly #start: (name: string) => Logweir;
  readonly #minReadyMs: number;
  readonly running = new Map<string, Logweir>();
  /** Seconds from SIGTERM to the end of each process. */
  readonly stopSeconds: number[] = [];

  constructor(start: (name: string) => Logweir, minReadySeconds: number) {
    this.#start = start;
    this.#minReadyMs = minReadySeconds * 1000;
  }

  async start(name: string): Promise<void> {
    const started = this.#start(name);
    this.running.set(name, started);
    await started.waitUntil(
      async () => (await started.get('/health/ready')).status === 200,
      'readiness',
      READY_TIMEOUT_MS,
    );
  }

  /** SIGTERM, as kubelet sends it; the grace period is 45 s. */
  async stop(name: string): Promise<void> {
    const from = performance.now();
    const one = this.running.get(name);
    const exit = await one?.stop();
    if (exit?.code !== 0) throw new Error(`${name} ended with ${JSON.stringify(exit)}`);
    this.stopSeconds.push((performance.now() - from) / 1000);
    this.running.delete(name);
  }

  async kill(name: string): Promise<void> {
    await this.running.get(name)?.kill();
    this.running.delete(name);
  }

  async minReady(): Promise<void> {
    await delay(this.#minReadyMs);
  }
}

const names = Array.from({ length: INSTANCES }, (_, index) => `logweir-${index}`);

/** A StatefulSet, or a Deployment with maxSurge 0: the old one first. */
async function replaceInPlace(group: Group): Promise<void> {
  for (const name of names.toReversed()) {
    await group.stop(name);
    await group.start(name);
    await group.minReady();
  }
}

/** A Deployment with maxSurge 1: the new one first. */
async function replaceWithSurge(group: Group): Promise<void> {
  for (const name of names) {
    await group.start(`${name}-new`);
    await group.minReady();
    await group.stop(name);
  }
}

async function killInPlace(group: Group): Promise<void> {
  const [name = ''] = names;
  await group.kill(name);
  await group.start(name);
}

async function scaleDown(group: Group): Promise<void> {
  await group.stop(names.at(-1) ?? '');
}

const dynamic = { isStatic: false, session: 10, minReadySeconds: 10 };
const fixed = { isStatic: true, session: 60, minReadySeconds: 10 };
const scenarios: readonly Scenario[] = [
  { name: 'Deployment, new pod first', ...dynamic, action: replaceWithSurge },
  {
    name: 'Deployment, new pod first, no `minReadySeconds`',
    ...dynamic,
    minReadySeconds: 0,
    action: replaceWithSurge,
  },
  { name: 'Deployment, old pod first', ...dynamic, action: replaceInPlace },
  { name: 'StatefulSet, static members', ...fixed, action: replaceInPlace },
  { name: 'Deployment, 3 → 2', ...dynamic, action: scaleDown },
  { name: 'StatefulSet, static members, 3 → 2', ...fixed, action: scaleDown },
  { name: 'Deployment, one pod killed (-9)', ...dynamic, action: killInPlace },
  { name: 'StatefulSet, static members, one pod killed (-9)', ...fixed, action: killInPlace },
];

interface Addresses {
  readonly kafkaServers: string;
  readonly elasticsearch: string;
}

interface Result {
  readonly name: string;
  readonly seconds: number;
  readonly pauses: ReturnType<typeof pausesOf>;
  readonly rebalances: number;
  readonly stopSeconds: readonly number[];
  readonly produced: number;
  readonly redelivered: number;
  readonly duplicates: number;
  readonly lost: number;
}

/** Produces at {@link rate}, to every other partition in turn. */
async function produce(ledger: Ledger, topic: string, enough: AbortSignal): Promise<void> {
  const from = performance.now();
  const delivered: Promise<unknown>[] = [];
  for (let sent = 0, tick = 0; !enough.aborted; tick++) {
    const due = Math.floor(((performance.now() - from) / 1000) * rate);
    const events = Array.from({ length: due - sent }, (_, index) => ({
      seq: sent + index,
      message: MESSAGE,
    }));
    for (let partition = tick % 2; partition < PARTITIONS; partition += 2) {
      const some = events.filter((_, index) => index % (PARTITIONS / 2) === Math.floor(partition / 2));
      delivered.push(ledger.produce(topic, some, { partition }));
    }
    sent = due;
    await delay(TICK_MS);
  }
  await Promise.all(delivered);
}

async function run(scenario: Scenario, { kafkaServers, elasticsearch }: Addresses): Promise<Result> {
  const topic = uniqueName('rolling');
  await createTopic(kafkaServers, topic, PARTITIONS);
  // Less work for a machine that also runs everything else.
  await fetch(`${elasticsearch}/${topic}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ settings: { number_of_replicas: 0, refresh_interval: '30s' } }),
  });
  const proxy = await startProxy(elasticsearch);
  const ledger = new Ledger(kafkaServers);
  const started: Logweir[] = [];
  const group = new Group((name) => {
    const one = Logweir.start({
      kafka: {
        bootstrap_servers: kafkaServers,
        topics: [topic],
        group_id: topic,
        session_timeout_ms: scenario.session * 1000,
        group_instance_id: scenario.isStatic ? name : null,
      },
      elasticsearch: { endpoints: [proxy.url], index: topic },
    });
    started.push(one);
    return one;
  }, scenario.minReadySeconds);
  const enough = new AbortController();
  try {
    await Promise.all(names.map(async (name) => group.start(name)));
    await waitForBalance(group);
    const producing = produce(ledger, topic, enough.signal);
    await delay(STEADY_MS);
    const from = Date.now();
    await scenario.action(group);
    const acted = Date.now();
    // Until the partitions that wait for a session timeout have been taken over.
    await waitForBalance(group);
    await delay(STEADY_MS);
    const to = Date.now();
    enough.abort();
    await producing;
    const atEnd = async (): Promise<boolean> => {
      const ends = await endOffsets(kafkaServers, topic, PARTITIONS);
      return String(await committedOffsets(kafkaServers, topic, topic, PARTITIONS)) === String(ends);
    };
    await waitFor(atEnd, { timeoutMs: 120_000, what: 'lag 0', everyMs: 500 });
    const check = await ledger.check(elasticsearch, topic, { hash: 'source' });
    const generations = await generationsOf(kafkaServers, topic);
    return {
      name: scenario.name,
      seconds: (acted - from) / 1000,
      pauses: pausesOf(deliveriesOf(proxy, ledger), { partitions: PARTITIONS, from, to }),
      rebalances: generations.filter(({ time }) => time > from && time < to).length,
      stopSeconds: group.stopSeconds,
      produced: check.produced,
      redelivered: proxy.itemsSent - check.produced,
      duplicates: check.duplicates.length + check.unexpected.length + check.altered.length,
      lost: check.lost.length,
    };
  } finally {
    enough.abort();
    await Promise.all(started.map((one) => one.remove()));
    await ledger.close();
    await proxy.close();
  }
}

/** Until every running instance has its part of the partitions. */
async function waitForBalance({ running }: Group): Promise<void> {
  const isBalanced = async (): Promise<boolean> => {
    const statuses = await Promise.all([...running.values()].map((one) => one.status()));
    return statuses.every(({ kafka }) => kafka.partitions.length === PARTITIONS / running.size);
  };
  await waitFor(isBalanced, { timeoutMs: 150_000, what: 'every instance to have its partitions' });
}

function deliveriesOf(proxy: Proxy, ledger: Ledger): { partition: number; time: number }[] {
  return [...proxy.journal.firstAcknowledgements()].flatMap(([id, time]) => {
    const entry = ledger.entries.get(id);
    return entry === undefined ? [] : [{ partition: entry.partition, time }];
  });
}

function rowOf(result: Result): string {
  const total = spreadOf(result.pauses.total);
  const longest = spreadOf(result.pauses.longest);
  const stop = result.stopSeconds.length === 0 ? '' : spreadOf(result.stopSeconds).max.toFixed(1);
  return `| ${[
    result.name,
    result.seconds.toFixed(0),
    String(result.rebalances),
    `${total.median.toFixed(1)} (${total.max.toFixed(1)})`,
    `${longest.median.toFixed(1)} (${longest.max.toFixed(1)})`,
    stop,
    result.produced.toLocaleString('en'),
    String(result.redelivered),
    String(result.duplicates),
    String(result.lost),
  ].join(' | ')} |\n`;
}

/** Scenarios whose names contain one of the texts, in the order of the texts. */
const wanted = options.only.flatMap((text) => scenarios.filter(({ name }) => name.includes(text)));
const { KAFKA_BOOTSTRAP_SERVERS: kafkaServers = '', ELASTICSEARCH_ENDPOINTS: elasticsearch = '' } =
  process.env;
const directory = mkdtempSync(join(tmpdir(), 'logweir-rolling-'));
const servers = kafkaServers === '' || elasticsearch === '' ? await startServers(directory) : null;
const addresses: Addresses =
  servers === null
    ? { kafkaServers, elasticsearch }
    : { kafkaServers: servers.kafka.bootstrapServers, elasticsearch: servers.elasticsearch.url };
try {
  process.stdout.write(
    '| what | takes s | rebalances | s without delivery, by partition | longest pause s | ' +
      'stop s | produced | delivered again | stored twice | lost |\n' +
      '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n',
  );
  for (const scenario of wanted) process.stdout.write(rowOf(await run(scenario, addresses)));
} finally {
  await servers?.stop();
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
