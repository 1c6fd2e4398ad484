/** The verdict on one document. Only `ok`, `diverted` and `reject` settle it. */
export type ItemVerdict =
  | { kind: 'ok'; alreadyThere: boolean }
  /** Processed, but not in its index: it is in the failure store, or a pipeline dropped it. */
  | { kind: 'diverted'; to: Diversion }
  /** Temporary: send it again after a delay. */
  | { kind: 'retry'; reason: string }
  /** A fault of the environment that an operator must correct: retry, and alert. */
  | { kind: 'hold'; reason: string; message?: string | undefined }
  /** A fault of the document: dead-letter it. */
  | { kind: 'reject'; reason: string; message: string };

export type Diversion = 'failure_store' | 'dropped';
