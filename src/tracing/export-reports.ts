import { type Log, RepeatGate } from '../log.ts';

/**
 * Logs that spans are lost: at the first failed export, then at intervals that grow up to ten minutes, and
 * once when exports succeed again.
 */
export class ExportReports {
  readonly #log: Log;
  #gate = new RepeatGate();
  /** Failed exports and lost spans since the last success. */
  #failures = 0;
  #lost = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Spans were lost without an attempt: the queue is full since exports fail. */
  dropped(spans: number): void {
    this.#lost += spans;
  }

  /** @param spans those of the export, which are lost */
  failed(reason: string, spans: number): void {
    this.#failures++;
    this.#lost += spans;
    if (this.#gate.pass() === undefined) return;
    this.#log.warn(
      { code: 'tracing_failed', reason, failures: this.#failures, spans_lost: this.#lost },
      'traces cannot be exported',
    );
  }

  succeeded(): void {
    if (this.#failures === 0) return;
    this.#log.info(
      { code: 'tracing_recovered', failures: this.#failures, spans_lost: this.#lost },
      'traces are exported again',
    );
    this.#failures = 0;
    this.#lost = 0;
    this.#gate = new RepeatGate();
  }
}
