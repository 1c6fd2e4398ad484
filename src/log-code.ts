/** The meaning of a log line, and the action of the operator. */
export interface LogCode {
  /** One sentence. */
  readonly meaning: string;
  /** One sentence; undefined if no action is needed. */
  readonly action?: string;
  /** docs/runbook.md has a section for each `warn` and `error`, which must have an action. */
  readonly level: 'info' | 'warn' | 'error';
}
