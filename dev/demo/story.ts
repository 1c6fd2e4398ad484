import { setTimeout as delay } from 'node:timers/promises';
import type { ElasticsearchServer } from '../../test/support/elasticsearch-server.ts';
import type { Ledger } from '../../test/support/ledger.ts';
import type { Instance } from './instance.ts';
import { Load, type Sample } from './load.ts';
import type { Stage } from './stage.ts';
import { type Terminal, grouped, seconds } from './terminal.ts';
import { Watch } from './watch.ts';

export interface Cast {
  readonly stage: Stage;
  readonly instance: Instance;
  readonly ledger: Ledger;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Ends the demo from outside of the story's steps. */
  readonly fail: (error: Error) => void;
}

export interface Outage {
  /** Time from the stop until Elasticsearch answers again. */
  readonly awayMs: number;
  /** Unsettled records in Kafka at that time. */
  readonly buffered: number;
  /** Time until the group has committed all of these. */
  readonly catchUpMs: number;
}

/** The course of the demo, as observed from outside. */
export interface Story {
  /** Time from kill -9 until the committed offsets move again. */
  readonly takeoverMs: number;
  /** Undefined if the demo may not stop Elasticsearch. */
  readonly outage: Outage | undefined;
  readonly sample: Sample | undefined;
  /** Undefined if the lag has reached 0. */
  readonly lagLeft: number | undefined;
}

type Scene = Cast & { readonly watch: Watch; readonly load: Load };

export const EVENTS = 50_000;
/** Longer than crash and outage together, so that both happen during the load. */
const PRODUCE_MS = 50_000;
const CALM_MS = 4000;
const OUTAGE_MS = 10_000;
/** Generous: the machine may be busy. */
const PATIENCE_MS = 120_000;

/** Runs the demo from the first start of the aggregator until the lag is 0. */
export async function play(cast: Cast): Promise<Story> {
  const { stage, instance, ledger, terminal, signal, fail } = cast;
  terminal.say('Starting bin/logweir with two transforms, parse-json and redact.');
  instance.start();
  await assigned(cast);
  const rate = grouped(EVENTS / (PRODUCE_MS / 1000));
  terminal.say(`Producing ${grouped(EVENTS)} events of Vector agents, ${rate} a second.`);
  const { topic, partitions } = stage;
  const load = new Load({ ledger, topic, partitions, events: EVENTS, overMs: PRODUCE_MS, signal });
  load.finished.catch(fail);
  const eventsPerMs = EVENTS / PRODUCE_MS;
  const watch = new Watch(stage, instance, load, { terminal, signal, eventsPerMs });
  try {
    const scene: Scene = { ...cast, watch, load };
    await calm(scene);
    const takeoverMs = await crash(scene);
    await calm(scene);
    const stoppedAt = Date.now();
    const outage = await outageOf(scene, stage.elasticsearchServer);
    const lagLeft = await finish(scene);
    const during = load.samples.find(({ entry }) => entry.timestamp >= stoppedAt);
    return { takeoverMs, outage, sample: during ?? load.samples.at(-1), lagLeft };
  } finally {
    await watch.close();
  }
}

async function assigned({ instance, stage, signal }: Cast): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while ((await instance.status())?.kafka.partitions.length !== stage.partitions) {
    if (performance.now() > deadline) throw new Error('the aggregator has not been assigned its partitions');
    await delay(100, undefined, { signal });
  }
}

/** Some seconds of normal operation. */
async function calm({ watch, signal }: Scene): Promise<void> {
  await watch.until(
    () => watch.committedCount > 0 && !watch.behind,
    'the aggregator to keep up',
    PATIENCE_MS,
  );
  await delay(CALM_MS, undefined, { signal });
}

async function crash({ instance, watch, terminal, signal }: Scene): Promise<number> {
  terminal.say(`kill -9 to the aggregator (process ${instance.pid}), and an immediate restart.`);
  const killedAt = performance.now();
  await instance.kill();
  signal.throwIfAborted();
  watch.restarted();
  instance.start();
  // The observer may see a commit from before the kill until now; the new process cannot commit that early.
  await delay(500, undefined, { signal });
  const before = watch.committedCount;
  await watch.until(() => watch.committedCount > before, 'the offsets to move again', PATIENCE_MS);
  const takeoverMs = performance.now() - killedAt;
  terminal.say(`Process ${instance.pid} has taken over, ${seconds(takeoverMs)} after the kill.`);
  return takeoverMs;
}

async function outageOf(scene: Scene, server: ElasticsearchServer | undefined): Promise<Outage | undefined> {
  const { watch, load, terminal, signal } = scene;
  if (server === undefined) {
    terminal.say('Skipping the outage: this Elasticsearch was given, so the demo does not stop it.');
    return undefined;
  }
  terminal.say(`Stopping Elasticsearch for ${OUTAGE_MS / 1000} s: Logweir should pause and lose nothing.`);
  const stopped = performance.now();
  await server.stop();
  const noticed = async () => {
    await watch.until(() => watch.paused, 'the aggregator to pause', PATIENCE_MS);
    terminal.say('Logweir has paused its partitions. Producing continues, and Kafka buffers the records.');
  };
  await Promise.all([delay(OUTAGE_MS, undefined, { signal }), noticed()]);
  terminal.say('Restarting Elasticsearch on the same data (10 to 40 s until it answers).');
  await server.start();
  const back = performance.now();
  const [ends, buffered] = [[...load.ends], watch.lag];
  const awayMs = back - stopped;
  terminal.say(
    `Elasticsearch answers again after ${seconds(awayMs)}; ${grouped(buffered)} records wait in Kafka.`,
  );
  await watch.until(() => watch.reached(ends), 'the backlog to be settled', PATIENCE_MS);
  const catchUpMs = performance.now() - back;
  terminal.say(`The backlog is indexed and committed, ${seconds(catchUpMs)} later.`);
  return { awayMs, buffered, catchUpMs };
}

/** @returns the remaining lag; undefined if it reaches 0 */
async function finish({ watch, load, terminal, signal }: Scene): Promise<number | undefined> {
  await load.finished;
  terminal.say('Everything is produced. Waiting for the lag to reach 0.');
  try {
    await watch.until(() => watch.lag === 0, 'a lag of 0', PATIENCE_MS);
    return undefined;
  } catch {
    // The audit at the end reports what is missing.
    signal.throwIfAborted();
    return watch.lag;
  }
}
