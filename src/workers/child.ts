import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import {
  type Coordinates,
  type Report,
  STUCK_FD,
  type Stuck,
  type ToWorker,
  stuckSchema,
  toSupervisorSchema,
} from './messages.ts';

/** How long a worker may take to answer a question about itself. */
const REPORT_TIMEOUT_MS = 2000;

export interface ChildEvents {
  /** Configuration and transforms are loaded. */
  up(): void;
  /** Asked or, for the last time, by itself. */
  reported(report: Report): void;
  stuck(stuck: Stuck): void;
  /** @param signal that ended it, where one did */
  ended(code: number | null, signal: NodeJS.Signals | null): void;
}

/** The process of one worker, from its start to its end. */
export class Child {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (answered: boolean) => void>();
  #asked = 0;

  constructor(worker: number, args: readonly string[], quarantine: Coordinates[], events: ChildEvents) {
    // Standard output and error are the supervisor's own. Its own session: a Ctrl-C is for the supervisor, which knows the order.
    this.#process = fork(process.argv[1] ?? '', ['worker', String(worker), ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
      detached: true,
    });
    this.#process.on('message', (message) => {
      const parsed = toSupervisorSchema.safeParse(message);
      if (!parsed.success) return;
      if (parsed.data.kind === 'up') {
        events.up();
        return;
      }
      events.reported(parsed.data.report);
      this.#answer(parsed.data.id, true);
    });
    // A message to a process that has just ended; its end is told by 'exit'.
    this.#process.on('error', () => {});
    const stuck = this.#process.stdio[STUCK_FD] as Readable;
    stuck.on('error', () => {});
    createInterface({ input: stuck }).on('line', (line) => {
      const parsed = stuckSchema.safeParse(parsedJson(line));
      if (parsed.success) events.stuck(parsed.data);
    });
    this.#process.once('close', (code, signal) => {
      for (const id of this.#waiting.keys()) this.#answer(id, false);
      events.ended(code, signal);
    });
    this.quarantine(quarantine);
  }

  get pid(): number | null {
    return this.#process.pid ?? null;
  }

  /** Asks it to stop; it settles what is in flight first. */
  stop(): void {
    this.#send({ kind: 'stop' });
  }

  reload(): void {
    this.#send({ kind: 'reload' });
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  quarantine(records: Coordinates[]): void {
    this.#send({ kind: 'quarantine', records });
  }

  /** Asks it what it knows of itself. @returns whether it has answered in time */
  async report(): Promise<boolean> {
    const id = ++this.#asked;
    return await new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer(id, false), REPORT_TIMEOUT_MS);
      this.#waiting.set(id, (answered) => {
        clearTimeout(timer);
        resolve(answered);
      });
      this.#send({ kind: 'report', id });
    });
  }

  #answer(id: number, answered: boolean): void {
    this.#waiting.get(id)?.(answered);
    this.#waiting.delete(id);
  }

  #send(message: ToWorker): void {
    if (this.#process.connected) this.#process.send(message, () => {});
  }
}

/** A line may be cut short where its writer was killed. */
function parsedJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
