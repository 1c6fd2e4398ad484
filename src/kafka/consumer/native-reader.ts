import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../config/schema.ts';
import { messageOf } from '../../errors.ts';
import { COLUMNS, RecordArena, type RecordBatch, RecordChunk } from '../../memory/record-chunk.ts';
import { stopBeforeClosing } from '../closing.ts';
import type { KafkaError, NativeConsumer } from '../native.ts';
import type { Polled, RecordReader } from './record-reader.ts';

/** librdkafka's error code for a consumer that has been closed. */
const STATE = -172;

/** The exports of native/reader.c. A number identifies each consumer. */
export interface Addon {
  /** @returns undefined if no consumer of that name was created with the plugin */
  attach(name: string): number | undefined;
  /**
   * Writes to `bytes` between `at` and `end`, and to `rows` from `row` on. Calls back on the event loop.
   *
   * @param room see `RecordReader.poll`
   * @param topics number of topic names that the caller knows
   */
  poll(
    consumer: number,
    bytes: Uint8Array,
    at: number,
    end: number,
    rows: Float64Array,
    row: number,
    count: number,
    room: number,
    topics: number,
    timeoutMs: number,
    callback: PollCallback,
  ): void;
  /** Ends a waiting poll, or else the next one. */
  wake(consumer: number): void;
}

/**
 * @param count number of written rows; if `large` is given, the last row refers to it
 * @param topics names of topics that the caller does not know, or null
 * @param large memory of a record that did not fit, or null
 */
export type PollCallback = (
  error: KafkaError | null,
  count: number,
  at: number,
  end: number,
  topics: string[] | null,
  large: Buffer | null,
) => void;

/** `native/reader.node` is three levels above this file, and four above the compiled one. */
function findAddon(): string | undefined {
  const paths = ['../../../native/reader.node', '../../../../native/reader.node'];
  return paths.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path));
}

const path = findAddon();
let addon: Addon | undefined;

/**
 * Path of the plugin that the client must load for a consumer that is read natively.
 *
 * @throws Error if the file does not exist, or cannot be loaded
 */
export function nativePlugin(): string {
  if (path === undefined)
    throw new Error('native/reader.node does not exist: it is built when Logweir is installed');
  // Semicolons separate the plugins of `plugin.library.paths`.
  if (path.includes(';')) throw new Error(`its path has a semicolon: ${path}`);
  addon ??= createRequire(import.meta.url)(path) as Addon;
  return path;
}

/** Path of the plugin for the native reader; undefined if the reader is not configured, or not available. */
export function pluginFor({ reader }: Config['kafka']): string | undefined {
  if (reader === 'client') return undefined;
  try {
    return nativePlugin();
  } catch {
    // createReader logs it once.
    return undefined;
  }
}

/** Reads with native/reader.c, which returns bytes and numbers, without an object for each record. */
export class NativeReader implements RecordReader {
  readonly #addon: Addon;
  readonly #consumer: number;
  readonly #timeoutMs: number;
  readonly #topics: string[] = [];
  readonly #arena = new RecordArena(this.#topics);
  /** Set before the client closes: no poll starts afterwards. */
  #stopped = false;
  #inFlight: Promise<unknown> = Promise.resolve();

  /**
   * @param consumer connected, and created with {@link nativePlugin}
   * @param timeoutMs how long a poll waits for its first record
   * @throws Error if the consumer cannot be read natively
   */
  constructor(consumer: Pick<NativeConsumer, 'name'>, timeoutMs: number) {
    if (addon === undefined) throw new Error('the reader is not loaded');
    const found = addon.attach(consumer.name);
    if (found === undefined) throw new Error('the client has not loaded it');
    this.#addon = addon;
    this.#consumer = found;
    this.#timeoutMs = timeoutMs;
    // A poll during the client's close could consume the event for which the close waits indefinitely.
    stopBeforeClosing(consumer, () => this.#stop());
  }

  poll(count: number, room: number): Promise<Polled> {
    if (this.#stopped) return Promise.resolve(failed('its client has been closed'));
    const { chunk, row, rows, at, end } = this.#arena.free();
    const { promise, resolve } = Promise.withResolvers<Polled>();
    const ended: PollCallback = (error, written, newAt, newEnd, topics, large) => {
      if (topics !== null) this.#topics.push(...topics);
      const rowsFilled = large === null ? written : written - 1;
      const batches: RecordBatch[] = [];
      if (rowsFilled > 0) batches.push({ chunk, from: row, to: row + rowsFilled });
      if (large !== null) {
        // The next record overwrites its row.
        const own = chunk.rows.slice((row + rowsFilled) * COLUMNS, (row + written) * COLUMNS);
        batches.push({ chunk: new RecordChunk(large, own, this.#topics), from: 0, to: 1 });
      }
      this.#arena.filled(rowsFilled, { at: newAt, end: newEnd });
      for (const batch of batches) batch.chunk.use();
      resolve({ batches, error });
    };
    try {
      const most = Math.min(count, rows);
      this.#addon.poll(
        this.#consumer,
        chunk.bytes,
        at,
        end,
        chunk.rows,
        row,
        most,
        room,
        this.#topics.length,
        this.#timeoutMs,
        ended,
      );
    } catch (error) {
      return Promise.resolve(failed(messageOf(error)));
    }
    this.#inFlight = promise;
    return promise;
  }

  wake(): void {
    this.#addon.wake(this.#consumer);
  }

  async #stop(): Promise<void> {
    this.#stopped = true;
    this.wake();
    await this.#inFlight;
  }
}

function failed(message: string): Polled {
  return { batches: [], error: { code: STATE, message } };
}
