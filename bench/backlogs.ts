import {
  type Backlog,
  type Place,
  lostWhileBusy,
  runAfterOutage,
  runLogweir,
  runRsyslog,
  runWithPage,
  startLogweir,
} from './contenders.ts';
import type { Drained } from './drain.ts';
import { runFloor } from './floors.ts';
import { CLIENT, type ContenderName, READER, type Results, type Series } from './results.ts';
import { hasRsyslog, startRsyslog } from './rsyslog.ts';
import { fillTopic, payloads } from './topics.ts';

export const PARTITIONS = 6;

/** How much is run. */
export interface Extent {
  /** Only what `make bench-quick` compares. */
  readonly quick: boolean;
  readonly rounds: number;
  /** The share of the usual number of events; below 1 to try the run itself. */
  readonly scale: number;
}

/** Event sizes in bytes, with how many events make a run of some seconds. */
function sizes({ quick, scale }: Extent): [bytes: number, events: number][] {
  const all: [number, number][] = quick
    ? [[400, 700_000]]
    : [
        [400, 2_500_000],
        [100, 2_000_000],
        [2000, 1_000_000],
        [16_000, 200_000],
      ];
  return all.map(([bytes, events]) => [bytes, Math.round(events * scale)]);
}

/** The contenders for events of that size, in the order of each round. */
function contenders(bytes: number, quick: boolean): ContenderName[] {
  const names: ContenderName[] = [CLIENT, READER, 'passthrough', 'one field set'];
  if (bytes !== 400) return names;
  names.push('parse-json, redact, rename');
  if (quick) return names;
  names.push('passthrough, page open', 'passthrough, 2 workers', 'one field set, 2 workers');
  names.push('passthrough, after an outage');
  return hasRsyslog() ? [...names, 'rsyslog'] : names;
}

async function runContender(name: ContenderName, place: Place, backlog: Backlog): Promise<Drained> {
  switch (name) {
    case CLIENT:
      return await runFloor(backlog, 'client');
    case READER:
      return await runFloor(backlog, 'reader');
    case 'passthrough, 2 workers':
      return await runLogweir(place, backlog, 'passthrough', 2);
    case 'one field set, 2 workers':
      return await runLogweir(place, backlog, 'one field set', 2);
    case 'passthrough, after an outage':
      return await runAfterOutage(place, backlog, 'passthrough');
    case 'passthrough, page open':
      return await runWithPage(place, backlog, 'passthrough');
    case 'rsyslog':
      return await runRsyslog(place, backlog);
    default:
      return await runLogweir(place, backlog, name);
  }
}

/** All contenders over backlogs of all sizes, into the counting sink. */
export async function measureBacklogs(
  place: Place,
  bootstrapServers: string,
  extent: Extent,
  say: (line: string) => void,
): Promise<Series[]> {
  const all: Series[] = [];
  for (const [bytes, events] of sizes(extent)) {
    const topic = `events-${bytes}`;
    await fillTopic(bootstrapServers, topic, PARTITIONS, events, payloads(bytes));
    const backlog: Backlog = { bootstrapServers, topic, events };
    const names = contenders(bytes, extent.quick);
    const series: Series[] = names.map((name) => ({ name, eventBytes: bytes, runs: [] }));
    for (let round = 1; round <= extent.rounds; round++) {
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

/** Events that never arrive if one item in ten is rejected temporarily. */
export async function measureLosses(
  place: Place,
  bootstrapServers: string,
  { quick, scale }: Extent,
  say: (line: string) => void,
): Promise<Results['lostWhileBusy']> {
  if (quick) return null;
  const events = Math.round(300_000 * scale);
  await fillTopic(bootstrapServers, 'busy', PARTITIONS, events, payloads(400));
  const backlog = { bootstrapServers, topic: 'busy', events };
  const { directory, sink } = place;
  const logweir = await lostWhileBusy(place, events, () =>
    startLogweir(directory, sink.url, backlog, 'passthrough'),
  );
  const rsyslog = hasRsyslog()
    ? await lostWhileBusy(place, events, () => startRsyslog(directory, sink.url, backlog))
    : null;
  say(`of ${events} events, with one item in ten busy for 5 s, lost: Logweir ${logweir}, rsyslog ${rsyslog}`);
  return { events, logweir, rsyslog };
}
