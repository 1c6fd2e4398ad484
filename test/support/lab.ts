import { inject, onTestFinished } from 'vitest';
import { type Commit, followCommits } from './commit-log.ts';
import { CommittedOffsets } from './committed-offsets.ts';
import { Ledger } from './ledger.ts';
import { type ConfigFile, Logweir } from './logweir.ts';
import { type Proxy, startProxy } from './proxy.ts';
import { createTopic, endOffsets, uniqueName, waitFor } from './topics.ts';

type Section = Record<string, unknown>;
/** By name: objects are merged into the laboratory's own, everything else replaces. */
export type Sections = Record<string, Section | readonly unknown[] | number>;

/** One test's own topic, index, group, books and proxy on the shared servers; all of it goes when the test ends. */
export interface Lab {
  readonly kafka: string;
  readonly elasticsearch: string;
  readonly topic: string;
  readonly index: string;
  readonly group: string;
  readonly partitions: number;
  readonly ledger: Ledger;
  readonly proxy: Proxy;
  /** A configuration that reads the topic and writes through the proxy, with sections merged into it. */
  config(sections?: Sections): ConfigFile;
  start(
    sections?: Sections,
    files?: Record<string, string>,
    options?: readonly string[],
    home?: string,
  ): Logweir;
  /** Whether some configuration had transforms: without, documents are the produced bytes. */
  readonly transforms: boolean;
  committed(): Promise<number[]>;
  ends(): Promise<number[]>;
  /** All commits of the group, as the broker has written them. */
  commits(): Promise<Commit[]>;
  /** Waits until the group has committed the end of every partition. */
  waitForLagZero(timeoutMs?: number): Promise<void>;
  search(query?: object): Promise<{ _id: string; _source: Record<string, unknown> }[]>;
  /** The raw text of a search's answer: for digits that JSON.parse would lose. */
  searchText(query?: object): Promise<string>;
}

function isSection(section: Sections[string]): section is Section {
  return typeof section === 'object' && !Array.isArray(section);
}

export interface LabOptions {
  /** @default 3 */
  partitions?: number;
  /** @default 1 */
  replicas?: number;
  /** Another Kafka than the shared one. */
  kafka?: string;
  /** Another Elasticsearch than the shared one, for tests that stop it. */
  elasticsearch?: string;
  /** For tests that run side by side, which vitest tells apart by their context only, and for hooks. @default of the one test that runs */
  onTestFinished?: (close: () => Promise<void>) => void;
}

const ENDS_AGE_MS = 1000;

export async function openLab(options: LabOptions = {}): Promise<Lab> {
  const { partitions = 3, kafka = inject('kafka'), elasticsearch = inject('elasticsearch') } = options;
  const topic = uniqueName('logs');
  await createTopic(kafka, topic, partitions, {}, options.replicas);
  const ledger = new Ledger(kafka);
  const proxy = await startProxy(elasticsearch);
  // Another Elasticsearch than the shared server is never an OpenSearch, unless the test says so.
  proxy.product = options.elasticsearch === undefined ? inject('product') : 'elasticsearch';
  const running: Logweir[] = [];
  const group = uniqueName('group');
  const committedOffsets = new CommittedOffsets(kafka, group);
  (options.onTestFinished ?? onTestFinished)(async () => {
    await Promise.all(running.map((one) => one.remove()));
    await ledger.close();
    await committedOffsets.close();
    await proxy.close();
  });
  const commitsOf = await followCommits(kafka);
  const ends = (): Promise<number[]> => endOffsets(kafka, topic, partitions);
  const committed = (): Promise<number[]> => committedOffsets.of(topic, partitions);
  let transforms = false;
  const config: Lab['config'] = (sections = {}) => {
    transforms ||= sections['transforms'] !== undefined;
    const base: Record<string, Section> = {
      kafka: { bootstrap_servers: kafka, topics: [topic], group_id: group, commit_interval_ms: 100 },
      elasticsearch: {
        endpoints: [proxy.url],
        index: topic,
        request: { backoff: { initial_ms: 50, max_ms: 500 } },
      },
    };
    const merged: ConfigFile = { ...base };
    for (const [name, section] of Object.entries(sections)) {
      merged[name] = isSection(section) ? { ...base[name], ...section } : section;
    }
    return merged;
  };
  const searchText = async (query: object = { match_all: {} }): Promise<string> => {
    await fetch(`${elasticsearch}/${topic}/_refresh`, { method: 'POST' });
    const response = await fetch(`${elasticsearch}/${topic}/_search?size=1000`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, sort: ['_doc'] }),
    });
    return response.text();
  };
  return {
    kafka,
    elasticsearch,
    topic,
    index: topic,
    group,
    partitions,
    ledger,
    proxy,
    config,
    get transforms() {
      return transforms;
    },
    start(sections, files, runOptions, home) {
      const started = Logweir.start(config(sections), files, runOptions, home);
      running.push(started);
      return started;
    },
    committed,
    ends,
    commits: () => commitsOf(group),
    async waitForLagZero(timeoutMs = 60_000) {
      let [wanted, askedAt] = [await ends(), Date.now()];
      const atEnd = async (): Promise<boolean> => {
        const offsets = await committed();
        const isThere = (): boolean =>
          wanted.every((end, partition) => end === 0 || offsets[partition] === end);
        // The ends need not be asked for each time, only before they count.
        if (!isThere() && Date.now() - askedAt < ENDS_AGE_MS) return false;
        [wanted, askedAt] = [await ends(), Date.now()];
        return isThere();
      };
      try {
        await waitFor(atEnd, { timeoutMs, what: 'lag 0' });
      } catch (error) {
        const logs = running.map((one) => one.output.slice(-3000)).join('\n---\n');
        throw new Error(`committed ${String(await committed())}, ends ${String(await ends())}\n${logs}`, {
          cause: error,
        });
      }
    },
    searchText,
    async search(query) {
      const answer = JSON.parse(await searchText(query)) as {
        hits?: { hits?: { _id: string; _source: Section }[] };
      };
      return answer.hits?.hits ?? [];
    },
  };
}
