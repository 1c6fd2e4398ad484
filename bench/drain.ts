import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from '../test/support/paths.ts';
import { type ManagedProcess, logTail, spawnLogged } from '../test/support/process.ts';
import { cpuOf, peakMemoryOf, processTree } from './measure.ts';
import type { Fault, SinkStats } from './sink.ts';

/** One run: a backlog that was there before is read and delivered to the end. */
export interface Drained {
  readonly events: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly mbPerSecond: number;
  /** Of the whole process tree, per event. */
  readonly cpuMicros: number;
  readonly peakMb: number;
  /** From the start of the process to the first acknowledgement. */
  readonly startUpMs: number;
  readonly documentsPerRequest: number;
  /** CPU of the sink, in cores. Must be far below 1, or the sink would limit the result. */
  readonly sinkCores: number;
}

/** The counting sink as a process of its own. */
export class CountingSink {
  readonly url: string;
  readonly #process: ManagedProcess;

  private constructor(process: ManagedProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async start(directory: string, latency = false): Promise<CountingSink> {
    const logFile = join(directory, `sink${latency ? '-latency' : ''}.log`);
    rmSync(logFile, { force: true });
    const started = spawnLogged({
      command: process.execPath,
      args: [join(root, 'bench/sink.ts'), ...(latency ? ['--latency'] : [])],
      logFile,
    });
    for (let tries = 0; tries < 200; tries++) {
      const port = Number(logTail(logFile, 1));
      if (port > 0) return new CountingSink(started, `http://127.0.0.1:${port}`);
      await delay(50);
    }
    throw new Error(`the sink does not start: ${logTail(logFile)}`);
  }

  async stats(): Promise<SinkStats> {
    return (await (await fetch(`${this.url}/stats`)).json()) as SinkStats;
  }

  async setFault(fault: Fault): Promise<void> {
    await fetch(`${this.url}/fault/${fault}`, { method: 'PUT' });
  }

  /** Resets the counters. @returns the counts up to then */
  async reset(): Promise<SinkStats> {
    return (await (await fetch(`${this.url}/stats`, { method: 'DELETE' })).json()) as SinkStats;
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}

/**
 * Measures from the first to the last acknowledged document, so that start-up is left out (it is a figure of
 * its own).
 *
 * @param start starts the process under test on a backlog of `events`
 * @param skipped measures only from so many documents on
 */
export async function drain(
  sink: CountingSink,
  events: number,
  start: () => ManagedProcess,
  skipped = 0,
  timeoutMs = 300_000,
): Promise<Drained> {
  await sink.reset();
  const startedAt = Date.now();
  const tested = start();
  try {
    const first = await until(sink, Math.max(1, skipped), tested, startedAt + timeoutMs);
    const cpuBefore = cpuOf(processTree(tested.pid));
    const last = await until(sink, events, tested, startedAt + timeoutMs);
    const tree = processTree(tested.pid);
    const cpu = cpuOf(tree) - cpuBefore;
    const counted = last.documents - first.documents;
    const seconds = (last.lastAt - first.lastAt) / 1000;
    return {
      events: counted,
      seconds,
      eventsPerSecond: counted / seconds,
      mbPerSecond: (last.bytes - first.bytes) / 1e6 / seconds,
      cpuMicros: cpu / counted,
      peakMb: peakMemoryOf(tree),
      startUpMs: first.firstAt - startedAt,
      documentsPerRequest: last.documents / last.requests,
      sinkCores: (last.cpu - first.cpu) / 1e6 / seconds,
    };
  } finally {
    await tested.stop({ graceMs: 20_000 });
  }
}

async function until(
  sink: CountingSink,
  documents: number,
  tested: ManagedProcess,
  deadline: number,
): Promise<SinkStats> {
  for (;;) {
    const stats = await sink.stats();
    if (stats.documents >= documents) return stats;
    if (!tested.running) throw new Error(`it ended with ${stats.documents} of ${documents} documents sent`);
    if (Date.now() > deadline)
      throw new Error(`only ${stats.documents} of ${documents} documents after the time`);
    await delay(stats.documents === 0 ? 5 : 25);
  }
}
