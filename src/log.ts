import { createRequire } from 'node:module';
import { isatty } from 'node:tty';
import { pino } from 'pino';
import type { Config } from './config/schema.ts';

export type Log = pino.Logger;

const require = createRequire(import.meta.url);

type LogOptions = Pick<Config['log'], 'level'> & Partial<Pick<Config['log'], 'format'>>;

/**
 * Writes JSON lines, or lines for reading on a terminal, to standard output (or `fd`), synchronously, so that
 * no line is lost when the process is killed.
 */
export function createLog({ level, format = 'auto' }: LogOptions, fd = 1): Log {
  const destination = pino.destination({ fd, sync: true });
  const options = {
    level,
    base: { name: 'logweir', pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  const isTerminal = isatty(fd);
  if (format === 'json' || (format === 'auto' && !isTerminal)) return pino(options, destination);
  const hasColors = isTerminal && (process.env['NO_COLOR'] ?? '') === '';
  // Loaded on demand: it would delay the start of every command.
  const { prettyFactory } = require('pino-pretty') as typeof import('pino-pretty');
  const pretty = prettyFactory({
    colorize: hasColors,
    ignore: 'pid,name',
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return pino(options, { write: (line: string) => void destination.write(pretty(line)) });
}

/** A failure that lasts is logged at growing intervals, at most so far apart. */
const GROWN_INTERVAL_MS = 600_000;

/**
 * Limits a repeated message to one per interval and counts the rest, so that a failure that repeats a
 * thousand times a second does not flood the log. While the failure lasts, the interval doubles up to ten
 * minutes: a day of it is some 150 lines. Use one gate for each kind of message.
 */
export class RepeatGate {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #intervalMs: number;
  #openAt = -Infinity;
  #suppressed = 0;

  /** @param mostMs the longest interval; by default ten minutes */
  constructor(firstMs = 10_000, mostMs = Math.max(firstMs, GROWN_INTERVAL_MS)) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
    this.#intervalMs = firstMs;
  }

  /**
   * @param now a monotonic clock, in ms
   * @returns the number of messages suppressed since the last one, or undefined if this message is to be
   *   suppressed
   */
  pass(now: number = performance.now()): number | undefined {
    if (now < this.#openAt) {
      this.#suppressed++;
      return undefined;
    }
    const suppressed = this.#suppressed;
    // The failure has ended meanwhile if a whole interval passed after it without a message.
    const hasEnded = now >= this.#openAt + this.#intervalMs;
    this.#intervalMs =
      hasEnded || suppressed === 0 ? this.#firstMs : Math.min(this.#intervalMs * 2, this.#mostMs);
    this.#suppressed = 0;
    this.#openAt = now + this.#intervalMs;
    return suppressed;
  }
}

const REMINDER_MS = 30_000;

/**
 * When to log again that a fault lasts: 30 s after its start, then after intervals that double up to ten
 * minutes.
 */
export class Reminders {
  #dueAt: number | null = null;
  #intervalMs = REMINDER_MS;

  /**
   * Call it often.
   *
   * @param isFaulty whether the fault lasts
   * @param now a monotonic clock, in ms
   */
  isDue(isFaulty: boolean, now: number = performance.now()): boolean {
    if (!isFaulty) {
      this.end();
      return false;
    }
    this.#dueAt ??= now + this.#intervalMs;
    if (now < this.#dueAt) return false;
    this.#intervalMs = Math.min(this.#intervalMs * 2, GROWN_INTERVAL_MS);
    this.#dueAt = now + this.#intervalMs;
    return true;
  }

  /** The fault has ended. */
  end(): void {
    this.#dueAt = null;
    this.#intervalMs = REMINDER_MS;
  }
}
