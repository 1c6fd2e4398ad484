import type { Config } from '../config/schema.ts';

type ElasticsearchConfig = Config['elasticsearch'];

/**
 * Only what the verdict needs comes back; positions stay as they were sent. `result` and `failure_store` tell what was written
 * from what a pipeline has dropped, and from what went into a failure store.
 */
const FILTER_PATH = 'errors,items.*.status,items.*.error,items.*.failure_store,items.*.result';

/** The query of all bulk requests. What stands here holds for every document whose action does not say otherwise. */
export function bulkQuery({ pipeline, mode, require_alias }: ElasticsearchConfig): Record<string, string> {
  return {
    filter_path: FILTER_PATH,
    ...(pipeline === null ? {} : { pipeline }),
    // Or the first document that comes before the template would make an ordinary index of the data stream's name.
    ...(mode === 'data_stream' ? { require_data_stream: 'true' } : {}),
    ...(require_alias ? { require_alias: 'true' } : {}),
  };
}

/** What the action of a dead letter says otherwise: its index is an ordinary one, and the pipeline was made for events. */
export function deadLetterParameters({ pipeline, mode, require_alias }: ElasticsearchConfig): string {
  const own = {
    ...(pipeline === null ? {} : { pipeline: '_none' }),
    ...(mode === 'data_stream' ? { require_data_stream: false } : {}),
    ...(require_alias ? { require_alias: false } : {}),
  };
  return Object.entries(own)
    .map(([name, value]) => `"${name}":${JSON.stringify(value)},`)
    .join('');
}
