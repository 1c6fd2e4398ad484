import { Worker } from 'node:worker_threads';
import type { RecordInfo } from '../api/api.ts';
import { NO_STEP, type RecordWatch } from './record-watch.ts';

/** The state of the event loop: slots of an array that the watchdog's thread shares. */
export const slots = { heartbeat: 0, step: 1, topic: 2, partition: 3, offset: 4, count: 5 } as const;

/** The data that the thread starts with. */
export interface WatchdogData {
  readonly memory: SharedArrayBuffer;
  /** The names of the transforms, in order. */
  readonly steps: readonly string[];
  readonly stuckAfterMs: number;
  /** The file descriptor for reports, each one line of JSON; null for the log on standard output. */
  readonly fd: number | null;
  readonly pid: number;
}

/** Names for numbers in shared memory: a topic, or the transforms of a new chain. */
export type WatchdogNames =
  { readonly number: number; readonly topic: string } | { readonly steps: readonly string[] };

const HEARTBEAT_MS = 250;

/**
 * Detects that the event loop is stuck (an endless loop in a transform, for example), and reports the current
 * step and record. A separate thread does this: it reads the state that {@link enter} writes to shared
 * memory.
 */
export class Watchdog implements RecordWatch {
  /** Resolves when the thread runs. */
  readonly started: Promise<void>;
  readonly #shared: Float64Array;
  readonly #thread: Worker;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #topics = new Map<string, number>();
  /** The topic of the last record: consecutive records mostly have the same one. */
  #topic = '';
  #topicNumber = -1;

  /**
   * @param stuckAfterMs the time without a heartbeat after which the loop counts as stuck
   * @param fd the file descriptor for reports; null for the log on standard output
   */
  constructor(steps: readonly string[], stuckAfterMs: number, fd: number | null) {
    const memory = new SharedArrayBuffer(slots.count * Float64Array.BYTES_PER_ELEMENT);
    this.#shared = new Float64Array(memory);
    this.#shared[slots.step] = NO_STEP;
    const workerData: WatchdogData = { memory, steps, stuckAfterMs, fd, pid: process.pid };
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#thread = new Worker(new URL(`./watchdog-thread.${extension}`, import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
    });
    this.started = new Promise((resolve) => this.#thread.once('online', resolve));
    // The thread must not keep the process alive, and its failure must not stop the process.
    this.#thread.unref();
    this.#thread.on('error', () => {});
    this.#heartbeat = setInterval(() => this.#countHeartbeat(), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /** A step starts to process a record. */
  enter(step: number, record: RecordInfo): void {
    const shared = this.#shared;
    if (record.topic !== this.#topic) this.#changeTopic(record.topic);
    shared[slots.topic] = this.#topicNumber;
    shared[slots.partition] = record.partition;
    shared[slots.offset] = record.offset;
    shared[slots.step] = step;
  }

  /** The step has ended. */
  leave(): void {
    this.#shared[slots.step] = NO_STEP;
  }

  /** A new chain is in use. */
  rename(steps: readonly string[]): void {
    this.#send({ steps });
  }

  /** Reports nothing after this call. */
  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    // NaN differs from itself, so the thread sees a heartbeat at each check until it ends.
    this.#shared[slots.heartbeat] = Number.NaN;
    await this.#thread.terminate();
  }

  #countHeartbeat(): void {
    this.#shared[slots.heartbeat] = (this.#shared[slots.heartbeat] ?? 0) + 1;
  }

  #send(names: WatchdogNames): void {
    this.#thread.postMessage(names);
  }

  #changeTopic(topic: string): void {
    let number = this.#topics.get(topic);
    if (number === undefined) {
      number = this.#topics.size;
      this.#topics.set(topic, number);
      this.#send({ number, topic });
    }
    this.#topic = topic;
    this.#topicNumber = number;
  }
}
