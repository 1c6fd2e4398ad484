import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../test/support/paths.ts';
import type { Backlog } from './contenders.ts';
import type { Drained } from './drain.ts';

/** What the launcher gives to Node, and to the C library. */
const launcherText = readFileSync(join(root, 'bin/logweir'), 'utf8');
const launcherFlags = launcherText.match(/--[a-z-]+=\d+/g) ?? [];
const launcherVariables = Object.fromEntries(
  [...launcherText.matchAll(/\$\{(\w+):=(\d+)\}/g)].map(([, name, value]) => [name, value]),
);

/** What `bench/consume-only.ts` prints. */
interface Found {
  readonly events: number;
  readonly bytes: number;
  readonly ms: number;
  readonly cpu: number;
  readonly peakMb: number;
  readonly startedAt: number;
}

/**
 * A floor: a process with Logweir's flags that reads a backlog, with the Kafka client or with the native
 * reader, and does nothing else.
 */
export async function runFloor(
  { bootstrapServers, topic, events }: Backlog,
  kind: 'client' | 'reader',
): Promise<Drained> {
  const started = Date.now();
  const script = join(root, 'bench/consume-only.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...launcherFlags, script, kind, bootstrapServers, topic, String(events)],
    { env: { ...launcherVariables, ...process.env } },
  );
  const found = JSON.parse(stdout) as Found;
  const seconds = found.ms / 1000;
  return {
    events: found.events,
    seconds,
    eventsPerSecond: found.events / seconds,
    mbPerSecond: found.bytes / 1e6 / seconds,
    cpuMicros: found.cpu / found.events,
    peakMb: found.peakMb,
    startUpMs: found.startedAt - started,
    documentsPerRequest: 0,
    sinkCores: 0,
  };
}
