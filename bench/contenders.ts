import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ManagedProcess, spawnLogged } from '../test/support/process.ts';
import { uniqueName } from '../test/support/topics.ts';
import { type CountingSink, type Drained, drain } from './drain.ts';
import { LOG_FILE } from './endpoint.ts';
import { OpenPage } from './open-page.ts';
import { launcher } from './package.ts';
import { startRsyslog } from './rsyslog.ts';

/** A topic that is full before anybody reads it. */
export interface Backlog {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly events: number;
}

export interface Place {
  /** For configurations and logs. */
  readonly directory: string;
  readonly sink: CountingSink;
}

const OUTAGE_MS = 10_000;
/** Nothing has arrived for so long: nothing will. */
const QUIET_S = 10;

/** The chains that are measured, by name. */
const chains = {
  passthrough: [],
  'one field set': [{ use: './set-field.js' }],
  'parse-json, redact, rename': [
    { use: 'parse-json' },
    { use: 'redact', with: { fields: ['email', 'message'] } },
    { use: './rename.js' },
  ],
} as const;

export type ChainName = keyof typeof chains;

/** Transforms that only touch a field, written as one writes those: they use lazy events. */
function transformFile(change: string): string {
  return `import { defineTransform } from 'logweir';
export default defineTransform({ lazy: true, setup: () => (event) => { ${change} return event; } });
`;
}

const transformFiles = {
  'set-field.js': transformFile('event.x = 1;'),
  'rename.js': transformFile('event.log_source = event.source_type; delete event.source_type;'),
};

/**
 * Logweir as it is shipped (after {@link buildPackage}), with defaults for all other options, guarantees
 * included.
 */
export function startLogweir(
  directory: string,
  endpoint: string,
  { bootstrapServers, topic }: Omit<Backlog, 'events'>,
  chain: ChainName,
  { elasticsearch = {}, ...sections }: { elasticsearch?: object; workers?: number } = {},
): ManagedProcess {
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(transformFiles)) writeFileSync(join(directory, name), text);
  const config = {
    kafka: { bootstrap_servers: bootstrapServers, topics: [topic], group_id: uniqueName('bench') },
    transforms: chains[chain],
    elasticsearch: { endpoints: [endpoint], ...elasticsearch },
    admin: { listen: '127.0.0.1:0' },
    ...sections,
  };
  const configFile = join(directory, 'logweir.yaml');
  writeFileSync(configFile, JSON.stringify(config));
  const logFile = join(directory, LOG_FILE);
  rmSync(logFile, { force: true });
  return spawnLogged({ command: launcher, args: ['run', '-c', configFile], logFile });
}

/** Logweir over a backlog, into the counting sink. */
export async function runLogweir(
  place: Place,
  backlog: Backlog,
  chain: ChainName,
  workers = 1,
): Promise<Drained> {
  return await drain(
    place.sink,
    backlog.events,
    () => startLogweir(place.directory, place.sink.url, backlog, chain, { workers }),
    // The first of several workers is alone for a moment, and then gives half of the partitions away.
    workers === 1 ? 0 : backlog.events / 4,
  );
}

/** As {@link runLogweir}, but the sink answers 503 for a while before it accepts anything. */
export async function runAfterOutage(place: Place, backlog: Backlog, chain: ChainName): Promise<Drained> {
  await place.sink.setFault('503');
  setTimeout(() => void place.sink.setFault('none'), OUTAGE_MS);
  return await runLogweir(place, backlog, chain);
}

/** As {@link runLogweir}, with the status page open in a browser. */
export async function runWithPage(place: Place, backlog: Backlog, chain: ChainName): Promise<Drained> {
  const pages: OpenPage[] = [];
  try {
    return await drain(place.sink, backlog.events, () => {
      const started = startLogweir(place.directory, place.sink.url, backlog, chain);
      pages.push(new OpenPage(place.directory));
      return started;
    });
  } finally {
    for (const page of pages) await page.close();
  }
}

/** rsyslog over the same backlog, into the same sink. */
export async function runRsyslog(place: Place, backlog: Backlog): Promise<Drained> {
  return await drain(place.sink, backlog.events, () =>
    startRsyslog(place.directory, place.sink.url, backlog),
  );
}

/**
 * For five seconds one item in ten is answered 429, as a busy Elasticsearch does.
 *
 * @returns how many events never arrive
 */
export async function lostWhileBusy(
  { sink }: Place,
  events: number,
  start: () => ManagedProcess,
): Promise<number> {
  await sink.reset();
  await sink.setFault('items');
  const tested = start();
  try {
    let before = -1;
    let quiet = 0;
    const began = Date.now();
    while (quiet < QUIET_S && Date.now() - began < 300_000) {
      await delay(1000);
      if (Date.now() - began > 5000) await sink.setFault('none');
      const { documents } = await sink.stats();
      if (documents >= events) break;
      quiet = documents > 0 && documents === before ? quiet + 1 : 0;
      before = documents;
    }
    return events - (await sink.stats()).documents;
  } finally {
    await sink.setFault('none');
    await tested.stop({ graceMs: 20_000 });
  }
}
