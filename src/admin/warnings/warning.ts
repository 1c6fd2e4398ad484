/** Faults that slow the flow of events down, or empty it. Events still flow, so the process stays ready. */
export const warningCauses = {
  elasticsearch_slow: 'Elasticsearch answers bulk requests, but takes seconds for it.',
  transform_slow: 'A call of a transform has not ended for seconds.',
  transform_drops_all: 'A transform drops every event that it receives.',
  transform_failing: 'A transform fails for many of its events.',
  lag_growing: 'More records are produced than are settled.',
} as const satisfies Readonly<Record<string, string>>;

export type WarningCause = keyof typeof warningCauses;

/** A fault that a detector sees at the moment. */
export interface Finding {
  readonly cause: WarningCause;
  /** The transform; null if the cause is of no transform. */
  readonly transform: string | null;
  /** One sentence without its full stop. */
  readonly message: string;
  readonly action: string;
  /** The numbers in the message, for the log. */
  readonly details: Readonly<Record<string, number>>;
}

/** Events of one transform that a detector has seen since its last look. */
export interface TransformCount {
  readonly name: string;
  readonly in: number;
  readonly out: number;
  readonly dropped: number;
  readonly failed: number;
}
