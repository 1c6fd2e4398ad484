import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from '../test/support/paths.ts';
import { type ManagedProcess, spawnLogged } from '../test/support/process.ts';
import type { Servers } from '../test/support/servers.ts';
import { uniqueName } from '../test/support/topics.ts';
import { type Backlog, startLogweir } from './contenders.ts';
import { cpuOf, peakMemoryOf, processTree } from './measure.ts';

/** Each question costs Elasticsearch something, too. */
const POLL_MS = 50;

/** One run into the real Elasticsearch. */
export interface Indexed {
  readonly documentsPerSecond: number;
  /** CPU a document, in µs: of the contender, and of Elasticsearch and Kafka together. */
  readonly cpuMicros: number;
  readonly serversMicros: number;
  readonly peakMb: number;
}

/** Elasticsearch's own count of documents that it has indexed. */
async function indexedIn(url: string, index: string): Promise<number> {
  const answer = await fetch(`${url}/${index}/_stats/indexing`);
  const { _all } = (await answer.json()) as {
    _all?: { primaries?: { indexing?: { index_total?: number } } };
  };
  return _all?.primaries?.indexing?.index_total ?? 0;
}

async function measure(
  servers: Servers,
  index: string,
  documents: number,
  start: () => ManagedProcess,
): Promise<Indexed> {
  const { url } = servers.elasticsearch;
  const serverPids = [servers.elasticsearch.pid, servers.kafka.pid].flatMap(processTree);
  await fetch(`${url}/${index}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ settings: { number_of_replicas: 0, refresh_interval: '30s' } }),
  });
  const tested = start();
  let [count, firstAt, first, cpuBefore, serversBefore, cpu, peakMb] = [0, 0, 0, 0, 0, 0, 0];
  try {
    for (const deadline = Date.now() + 300_000; ; await delay(POLL_MS)) {
      count = await indexedIn(url, index);
      if (count > 0 && firstAt === 0) {
        [firstAt, first] = [performance.now(), count];
        [cpuBefore, serversBefore] = [cpuOf(processTree(tested.pid)), cpuOf(serverPids)];
      }
      const tree = processTree(tested.pid);
      [cpu, peakMb] = [Math.max(cpu, cpuOf(tree)), Math.max(peakMb, peakMemoryOf(tree))];
      if (count >= documents) break;
      if (Date.now() > deadline) throw new Error(`only ${count} of ${documents} documents after the time`);
    }
    const seconds = (performance.now() - firstAt) / 1000;
    const counted = count - first;
    return {
      documentsPerSecond: counted / seconds,
      cpuMicros: (cpu - cpuBefore) / counted,
      serversMicros: (cpuOf(serverPids) - serversBefore) / counted,
      peakMb,
    };
  } finally {
    await tested.stop({ graceMs: 20_000 });
    await fetch(`${url}/${index}`, { method: 'DELETE' });
  }
}

/** @param concurrency requests in flight; adaptive, the default, if left out */
export async function indexWithLogweir(
  directory: string,
  servers: Servers,
  backlog: Backlog,
  concurrency?: number,
): Promise<Indexed> {
  const index = uniqueName('bench');
  return await measure(servers, index, backlog.events, () =>
    startLogweir(directory, servers.elasticsearch.url, backlog, 'passthrough', {
      elasticsearch: { index, ...(concurrency === undefined ? {} : { request: { concurrency } }) },
    }),
  );
}

export async function indexDirectly(
  directory: string,
  servers: Servers,
  documents: number,
  concurrency: number,
): Promise<Indexed> {
  const { url } = servers.elasticsearch;
  const index = uniqueName('bench');
  return await measure(servers, index, documents, () =>
    spawnLogged({
      command: process.execPath,
      args: [join(root, 'bench/direct-loader.ts'), url, index, String(documents), String(concurrency)],
      logFile: join(directory, 'direct-loader.log'),
    }),
  );
}
