/**
 * The outcomes of a record. Each record gets exactly one (promise P6); if outputs differ, the later in this
 * list wins.
 */
export const outcomes = [
  'skipped',
  'dropped',
  'indexed',
  'failure_store',
  'dead_lettered',
  'returned',
] as const;

/**
 * - `indexed`: Elasticsearch acknowledged every output;
 * - `failure_store`: Elasticsearch put an output into the failure store of its data stream;
 * - `dead_lettered`: an output was dead-lettered;
 * - `dropped`: by the user's transform, or by an ingest pipeline;
 * - `skipped`: a tombstone;
 * - `returned`: abandoned with its partition before it settled; the next owner reads it again.
 */
export type Outcome = (typeof outcomes)[number];
