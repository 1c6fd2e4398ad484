import { Worker } from 'node:worker_threads';
import type { RecordInfo } from './api.ts';
import { NO_STEP, type RecordWatch } from './record-watch.ts';

/** Where the event loop is: slots of an array that the watchdog's thread shares. */
export const slots = { beat: 0, step: 1, topic: 2, partition: 3, offset: 4, count: 5 } as const;

/** What the thread is told when it starts. */
export interface WatchdogData {
  readonly memory: SharedArrayBuffer;
  /** Names of the transforms, in order. */
  readonly steps: readonly string[];
  readonly stuckAfterMs: number;
  /** Where it says that the loop is stuck, as one line of JSON; null for the log. */
  readonly fd: number | null;
  readonly pid: number;
}

/** What the thread has to know by number: a topic, or the transforms of another chain. */
export type WatchdogNames =
  { readonly number: number; readonly topic: string } | { readonly steps: readonly string[] };

const BEAT_MS = 250;

/**
 * Notices that the event loop does not turn any more, as in a transform's endless loop, and says at which step and at which
 * record it is. Only another thread can: it reads what {@link enter} has left in memory that both share.
 */
export class Watchdog implements RecordWatch {
  /** Resolves when the thread looks. */
  readonly started: Promise<void>;
  readonly #place: Float64Array;
  readonly #thread: Worker;
  readonly #beats: NodeJS.Timeout;
  readonly #topics = new Map<string, number>();
  /** The last one, since records come in runs of one topic. */
  #topic = '';
  #topicNumber = -1;

  /**
   * @param stuckAfterMs how long the loop may stand still
   * @param fd where a stuck loop is told, or null for the log on standard output
   */
  constructor(steps: readonly string[], stuckAfterMs: number, fd: number | null) {
    const memory = new SharedArrayBuffer(slots.count * Float64Array.BYTES_PER_ELEMENT);
    this.#place = new Float64Array(memory);
    this.#place[slots.step] = NO_STEP;
    const workerData: WatchdogData = { memory, steps, stuckAfterMs, fd, pid: process.pid };
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    this.#thread = new Worker(new URL(`./watchdog-thread.${extension}`, import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
    });
    this.started = new Promise((resolve) => this.#thread.once('online', resolve));
    // It is no reason to stay; and without it everything goes on as before.
    this.#thread.unref();
    this.#thread.on('error', () => {});
    this.#beats = setInterval(() => this.#beat(), BEAT_MS);
    this.#beats.unref();
  }

  /** Something is done with a record. */
  enter(step: number, record: RecordInfo): void {
    const place = this.#place;
    if (record.topic !== this.#topic) this.#changeTopic(record.topic);
    place[slots.topic] = this.#topicNumber;
    place[slots.partition] = record.partition;
    place[slots.offset] = record.offset;
    place[slots.step] = step;
  }

  /** It is done. */
  leave(): void {
    this.#place[slots.step] = NO_STEP;
  }

  /** Another chain is in use. */
  rename(steps: readonly string[]): void {
    this.#tell({ steps });
  }

  /** From the call on it tells nothing. */
  async close(): Promise<void> {
    clearInterval(this.#beats);
    // Never the same as before, so that the loop seems to turn until the thread has ended.
    this.#place[slots.beat] = Number.NaN;
    await this.#thread.terminate();
  }

  #beat(): void {
    this.#place[slots.beat] = (this.#place[slots.beat] ?? 0) + 1;
  }

  #tell(names: WatchdogNames): void {
    this.#thread.postMessage(names);
  }

  #changeTopic(topic: string): void {
    let number = this.#topics.get(topic);
    if (number === undefined) {
      number = this.#topics.size;
      this.#topics.set(topic, number);
      this.#tell({ number, topic });
    }
    this.#topic = topic;
    this.#topicNumber = number;
  }
}
