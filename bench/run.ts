/**
 * `make bench` and `make bench-quick`: everything in one run on this machine, each round runs all contenders one after the other,
 * and ratios are taken within a round.
 *
 *     node bench/run.ts [--quick] [--rounds N] [--check]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../test/support/paths.ts';
import { type Servers, startServers } from '../test/support/servers.ts';
import { compareWithBaseline } from './baseline.ts';
import {
  type Backlog,
  type Place,
  lostWhileBusy,
  runAfterOutage,
  runConsumeOnly,
  runLogweir,
  runRsyslog,
  startLogweir,
} from './contenders.ts';
import { CountingSink, type Drained } from './drain.ts';
import { type Indexed, indexDirectly, indexWithLogweir } from './elasticsearch.ts';
import { type Latency, measureLatency } from './latency.ts';
import { buildPackage } from './package.ts';
import { measureParsers, parserTable } from './parsers.ts';
import { writeReport } from './report.ts';
import type { ContenderName, Results, Series } from './results.ts';
import { hasRsyslog, startRsyslog } from './rsyslog.ts';
import { fillTopic, payloads } from './topics.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    check: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 3 : 5));
/** Event sizes in bytes, with how many events make a run of some seconds. */
const sizes: [bytes: number, events: number][] = options.quick
  ? [[400, 500_000]]
  : [
      [400, 2_000_000],
      [100, 1_500_000],
      [2000, 600_000],
      [16_000, 100_000],
    ];
/** A short run would measure the process's start: compiling takes a second of CPU. */
const DOCUMENTS = options.quick ? 60_000 : 500_000;
const CURVE_DOCUMENTS = 200_000;
const PARTITIONS = 6;
/** Of the direct loader: more does not make Elasticsearch faster on two cores. */
const LOADER_CONCURRENCY = 3;
const WARM_UP_RUNS = 3;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What is run over events of that size, in this order in each round. */
function contenders(bytes: number): ContenderName[] {
  const names: ContenderName[] = ['consume only', 'bytes untouched', 'one field set'];
  if (bytes !== 400) return names;
  names.push('parse-json, redact, rename');
  if (options.quick) return names;
  names.push('bytes untouched, 2 workers', 'one field set, 2 workers', 'bytes untouched, after an outage');
  return hasRsyslog() ? [...names, 'rsyslog'] : names;
}

async function runContender(name: ContenderName, place: Place, backlog: Backlog): Promise<Drained> {
  switch (name) {
    case 'consume only':
      return await runConsumeOnly(backlog);
    case 'bytes untouched, 2 workers':
      return await runLogweir(place, backlog, 'bytes untouched', 2);
    case 'one field set, 2 workers':
      return await runLogweir(place, backlog, 'one field set', 2);
    case 'bytes untouched, after an outage':
      return await runAfterOutage(place, backlog, 'bytes untouched');
    case 'rsyslog':
      return await runRsyslog(place, backlog);
    default:
      return await runLogweir(place, backlog, name);
  }
}

async function measureBacklogs(place: Place, bootstrapServers: string): Promise<Series[]> {
  const all: Series[] = [];
  for (const [bytes, events] of sizes) {
    const topic = `events-${bytes}`;
    await fillTopic(bootstrapServers, topic, PARTITIONS, events, payloads(bytes));
    const backlog: Backlog = { bootstrapServers, topic, events };
    const series: Series[] = contenders(bytes).map((name) => ({ name, eventBytes: bytes, runs: [] }));
    for (let round = 1; round <= rounds; round++) {
      for (const { name, runs } of series) {
        const run = await runContender(name, place, backlog);
        runs.push(run);
        say(
          `${bytes} B, round ${round}: ${name}: ${Math.round(run.eventsPerSecond)} events/s, ` +
            `${run.cpuMicros.toFixed(2)} CPU µs an event, ${run.peakMb.toFixed(0)} MB, sink ${run.sinkCores.toFixed(2)} cores`,
        );
      }
    }
    all.push(...series);
  }
  return all;
}

async function measureElasticsearch(directory: string, servers: Servers): Promise<Results['elasticsearch']> {
  const { bootstrapServers } = servers.kafka;
  const topic = 'documents';
  await fillTopic(bootstrapServers, topic, PARTITIONS, DOCUMENTS, payloads(400));
  const backlog = { bootstrapServers, topic, events: DOCUMENTS };
  const found: Results['elasticsearch'] = { direct: [], logweir: [], curve: [] };
  const direct = (): Promise<Indexed> => indexDirectly(directory, servers, DOCUMENTS, LOADER_CONCURRENCY);
  // Elasticsearch's compiler makes it faster for some hundred thousand documents; these runs are not counted.
  for (let run = 0; run < WARM_UP_RUNS; run++) await direct();
  for (let round = 1; round <= rounds; round++) {
    // Each goes first in turn: whatever drifts from run to run favours neither.
    const before = round % 2 === 1 ? await direct() : undefined;
    const logweir = await indexWithLogweir(directory, servers, backlog);
    const loader = before ?? (await direct());
    found.direct.push(loader);
    found.logweir.push(logweir);
    say(
      `Elasticsearch, round ${round}: direct ${Math.round(loader.documentsPerSecond)}, ` +
        `Logweir ${Math.round(logweir.documentsPerSecond)} documents/s`,
    );
  }
  if (options.quick) return found;
  for (const concurrency of [1, 2, 3, 4, 6, 8, 12, 'adaptive'] as const) {
    const limit = concurrency === 'adaptive' ? undefined : concurrency;
    const part = { ...backlog, events: CURVE_DOCUMENTS };
    const { documentsPerSecond } = await indexWithLogweir(directory, servers, part, limit);
    found.curve.push({ concurrency, documentsPerSecond });
    say(`Elasticsearch, ${concurrency} in flight: ${Math.round(documentsPerSecond)} documents/s`);
  }
  return found;
}

async function measureLosses(place: Place, bootstrapServers: string): Promise<Results['lostWhileBusy']> {
  if (options.quick) return null;
  const events = 300_000;
  await fillTopic(bootstrapServers, 'busy', PARTITIONS, events, payloads(400));
  const backlog = { bootstrapServers, topic: 'busy', events };
  const { directory, sink } = place;
  const logweir = await lostWhileBusy(place, events, () =>
    startLogweir(directory, sink.url, backlog, 'bytes untouched'),
  );
  const rsyslog = hasRsyslog()
    ? await lostWhileBusy(place, events, () => startRsyslog(directory, sink.url, backlog))
    : null;
  say(`of ${events} events, with one item in ten busy for 5 s, lost: Logweir ${logweir}, rsyslog ${rsyslog}`);
  return { logweir, rsyslog };
}

buildPackage();
// First, while nothing else runs.
const parsers = await measureParsers();
say(parserTable(parsers));
const directory = mkdtempSync(join(tmpdir(), 'logweir-bench-'));
const servers = await startServers(directory);
const sinks: CountingSink[] = [];
try {
  const { bootstrapServers } = servers.kafka;
  const sink = await CountingSink.start(directory);
  sinks.push(sink);
  const series = await measureBacklogs({ directory, sink }, bootstrapServers);
  const losses = await measureLosses({ directory, sink }, bootstrapServers);
  const timed = await CountingSink.start(directory, true);
  sinks.push(timed);
  const latency: Latency[] = [];
  for (let round = 1; round <= rounds; round++) {
    const run = await measureLatency(directory, timed, bootstrapServers, 1000, options.quick ? 5 : 15);
    latency.push(run);
    say(
      `latency at 1,000 events/s, round ${round}: p50 ${run.p50Ms.toFixed(1)} ms, p99 ${run.p99Ms.toFixed(1)} ms`,
    );
  }
  const elasticsearch = await measureElasticsearch(directory, servers);
  const results: Results = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, shared by Kafka, the sink and what is measured`,
    versions: `Node ${process.versions.node}, Kafka 4.4.0, Elasticsearch 9.5.0`,
    quick: options.quick,
    rounds,
    series,
    latency,
    elasticsearch,
    parsers,
    lostWhileBusy: losses,
  };
  if (options.check) process.exitCode = compareWithBaseline(results, say) ? 0 : 1;
  else {
    writeFileSync(join(root, 'docs/benchmarks.json'), `${JSON.stringify(results, null, 1)}\n`);
    writeReport(results, join(root, 'docs'));
    // As make check wants them.
    execFileSync(join(root, 'node_modules/.bin/prettier'), [
      '--write',
      '--log-level=warn',
      join(root, 'docs'),
    ]);
    say('written: docs/benchmarks.md, docs/benchmarks.json and docs/benchmarks.svg');
  }
} finally {
  await Promise.all(sinks.map((sink) => sink.stop()));
  await servers.stop();
  rmSync(directory, { recursive: true, force: true });
}
