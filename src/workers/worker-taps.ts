import type { TapMessage, TapOptions, TapSource } from '../tap/messages.ts';

/** A tap that the supervisor has asked its workers to open. */
export interface WorkerTap extends TapOptions {
  readonly id: number;
}

const TAPS_MAX = 5;

/** The supervisor's side of the taps: opens each of them in every worker, and gives their events away. */
export class SupervisorTaps implements TapSource {
  readonly #changed: (taps: WorkerTap[]) => void;
  readonly #open = new Map<number, { options: TapOptions; listener: (message: TapMessage) => void }>();
  #lastId = 0;

  /** @param changed called with all open taps, to be sent to every worker */
  constructor(changed: (taps: WorkerTap[]) => void) {
    this.#changed = changed;
  }

  list(): WorkerTap[] {
    return [...this.#open].map(([id, { options }]) => ({ id, filter: options.filter, stage: options.stage }));
  }

  open(options: TapOptions, listener: (message: TapMessage) => void): (() => void) | null {
    if (this.#open.size >= TAPS_MAX) return null;
    const id = ++this.#lastId;
    this.#open.set(id, { options, listener });
    this.#changed(this.list());
    return () => {
      if (this.#open.delete(id)) this.#changed(this.list());
    };
  }

  /** A worker has sent something; a tap that was just closed ignores it. */
  received(id: number, message: TapMessage): void {
    this.#open.get(id)?.listener(message);
  }
}

/** A worker's side: keeps those taps open that the supervisor has named last. */
export class WorkerTaps {
  readonly #source: TapSource;
  readonly #send: (id: number, message: TapMessage) => void;
  readonly #open = new Map<number, () => void>();

  constructor(source: TapSource, send: (id: number, message: TapMessage) => void) {
    this.#source = source;
    this.#send = send;
  }

  change(taps: readonly WorkerTap[]): void {
    const wanted = new Set(taps.map(({ id }) => id));
    for (const [id, close] of this.#open) {
      if (wanted.has(id)) continue;
      close();
      this.#open.delete(id);
    }
    for (const { id, ...options } of taps) {
      if (this.#open.has(id)) continue;
      const close = this.#source.open(options, (message) => this.#send(id, message));
      if (close !== null) this.#open.set(id, close);
    }
  }
}
