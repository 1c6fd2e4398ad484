import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Coordinates } from '../record.ts';
import type { TapMessage } from '../tap/messages.ts';
import {
  type Report,
  STUCK_FD,
  type Stuck,
  type ToWorker,
  stuckSchema,
  toSupervisorSchema,
} from './messages.ts';
import type { WorkerTap } from './worker-taps.ts';

/** Time that a worker may take to send a requested report. */
const REPORT_TIMEOUT_MS = 2000;

interface ChildEvents {
  /** Configuration and transforms are loaded. */
  up(): void;
  /** A requested report, or the last one, which the worker sends when it stops. */
  reported(report: Report): void;
  stuck(stuck: Stuck): void;
  tapped(id: number, message: TapMessage): void;
  /** @param signal that ended the process; null if it exited by itself */
  exited(code: number | null, signal: NodeJS.Signals | null): void;
}

/** The process of one worker, from its start to its exit. */
export class Child {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (answered: boolean) => void>();
  #asked = 0;

  constructor(worker: number, args: readonly string[], quarantine: Coordinates[], events: ChildEvents) {
    // The worker shares the supervisor's standard output and error. It has a session of its own, so that a
    // Ctrl-C reaches only the supervisor, which stops the workers in order.
    this.#process = fork(process.argv[1] ?? '', ['worker', String(worker), ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
      detached: true,
    });
    this.#process.on('message', (message) => {
      const parsed = toSupervisorSchema.safeParse(message);
      if (!parsed.success) return;
      const { data } = parsed;
      if (data.kind === 'up') events.up();
      else if (data.kind === 'tapped') events.tapped(data.id, data.message);
      else {
        events.reported(data.report);
        this.#answer(data.id, true);
      }
    });
    // Sending to a process that has just exited fails; 'close' reports the exit.
    this.#process.on('error', () => {});
    const stuck = this.#process.stdio[STUCK_FD] as Readable;
    stuck.on('error', () => {});
    createInterface({ input: stuck }).on('line', (line) => {
      const parsed = stuckSchema.safeParse(parsedJson(line));
      if (parsed.success) events.stuck(parsed.data);
    });
    this.#process.once('close', (code, signal) => {
      for (const id of this.#waiting.keys()) this.#answer(id, false);
      events.exited(code, signal);
    });
    this.quarantine(quarantine);
  }

  get pid(): number | null {
    return this.#process.pid ?? null;
  }

  /** Asks the worker to stop; it settles records in flight first. */
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

  /** @param list all that are open */
  taps(list: WorkerTap[]): void {
    this.#send({ kind: 'taps', taps: list });
  }

  /** Requests a report. @returns whether the worker has answered within {@link REPORT_TIMEOUT_MS} */
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

/** A line may be incomplete if its writer was killed. */
function parsedJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
