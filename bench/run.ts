/**
 * `make bench` and `make bench-quick`: everything in one run on this machine, each round runs all contenders one after the other,
 * and ratios are taken within a round.
 *
 *     node bench/run.ts [--quick] [--rounds N] [--scale SHARE] [--check | --baseline]
 *
 * It writes the tables of docs/benchmarks.md or, with `--check`, compares with bench/baseline.json or, with `--baseline`, writes that.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../test/support/paths.ts';
import { type Servers, startServers } from '../test/support/servers.ts';
import { type Extent, PARTITIONS, measureBacklogs, measureLosses } from './backlogs.ts';
import { compareWithBaseline, writeBaseline } from './baseline.ts';
import { CountingSink } from './drain.ts';
import { type Indexed, indexDirectly, indexWithLogweir } from './elasticsearch.ts';
import { type Latency, measureLatency } from './latency.ts';
import { buildPackage } from './package.ts';
import { measureParsers, parserTable } from './parsers.ts';
import { measureRemaps, remapTable } from './remaps.ts';
import { writeReport } from './report.ts';
import type { Results } from './results.ts';
import { fillTopic, payloads } from './topics.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    scale: { type: 'string', default: '1' },
    check: { type: 'boolean', default: false },
    baseline: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 3 : 5));
const scale = Number(options.scale);
const extent: Extent = { quick: options.quick, rounds, scale };
/** A short run would measure the process's start: compiling takes a second of CPU. */
const DOCUMENTS = Math.round((options.quick ? 60_000 : 500_000) * scale);
const CURVE_DOCUMENTS = Math.round(200_000 * scale);
/** Of the direct loader: more does not make Elasticsearch faster on two cores. */
const LOADER_CONCURRENCY = 3;
const WARM_UP_RUNS = 3;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
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
    // They alternate in going first, so that a drift favours neither.
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

async function measureLatencies(
  directory: string,
  sink: CountingSink,
  bootstrapServers: string,
): Promise<Latency[]> {
  const latency: Latency[] = [];
  for (let round = 1; round <= rounds; round++) {
    const run = await measureLatency(directory, sink, bootstrapServers, 1000, options.quick ? 5 : 15);
    latency.push(run);
    say(
      `latency at 1,000 events/s, round ${round}: p50 ${run.p50Ms.toFixed(1)} ms, p99 ${run.p99Ms.toFixed(1)} ms`,
    );
  }
  return latency;
}

function hand(results: Results): void {
  if (options.check) {
    process.exitCode = compareWithBaseline(results, say) ? 0 : 1;
    return;
  }
  if (options.baseline) {
    writeBaseline(results);
    say('written: bench/baseline.json');
    return;
  }
  writeFileSync(join(root, 'docs/benchmarks.json'), `${JSON.stringify(results, null, 1)}\n`);
  writeReport(results, join(root, 'docs'));
  // As make check wants them.
  execFileSync(join(root, 'node_modules/.bin/prettier'), ['--write', '--log-level=warn', join(root, 'docs')]);
  say('written: docs/benchmarks.md, docs/benchmarks.json and docs/benchmarks.svg');
}

buildPackage();
// First, while nothing else runs.
const parsers = await measureParsers();
say(parserTable(parsers));
const remaps = await measureRemaps();
say(remapTable(remaps));
const directory = mkdtempSync(join(tmpdir(), 'logweir-bench-'));
const servers = await startServers(directory, { longLived: true });
const sinks: CountingSink[] = [];
try {
  const { bootstrapServers } = servers.kafka;
  const sink = await CountingSink.start(directory);
  sinks.push(sink);
  const place = { directory, sink };
  const series = await measureBacklogs(place, bootstrapServers, extent, say);
  const losses = await measureLosses(place, bootstrapServers, extent, say);
  const timed = await CountingSink.start(directory, true);
  sinks.push(timed);
  const latency = await measureLatencies(directory, timed, bootstrapServers);
  const elasticsearch = await measureElasticsearch(directory, servers);
  const results: Results = {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB, shared by Kafka, the sink and the contender`,
    versions: `Node ${process.versions.node}, Kafka 4.4.0, Elasticsearch 9.5.0`,
    quick: options.quick,
    rounds,
    series,
    latency,
    elasticsearch,
    parsers,
    remaps,
    lostWhileBusy: losses,
  };
  hand(results);
} finally {
  await Promise.all(sinks.map((sink) => sink.stop()));
  await servers.stop();
  rmSync(directory, { recursive: true, force: true });
}
