import type { Config } from '../config/schema.ts';
import type { Product, ServerProduct } from './product.ts';

type ElasticsearchConfig = Config['elasticsearch'];

/**
 * Limits the answer to the fields that the verdict needs; positions are kept. `result` and `failure_store`
 * distinguish written documents from those that a pipeline dropped or that went into a failure store.
 */
const FILTER_PATH = 'errors,items.*.status,items.*.error,items.*.failure_store,items.*.result';

/** The query of all bulk requests: the defaults for documents whose action does not override them. */
export function bulkQuery(
  { pipeline, mode, require_alias, query }: ElasticsearchConfig,
  product: Product,
): Record<string, string> {
  return {
    ...query,
    filter_path: FILTER_PATH,
    ...(pipeline === null ? {} : { pipeline }),
    // Otherwise a document that precedes the template would create an ordinary index of that name.
    ...(mode === 'data_stream' && hasDataStreamFlag(product) ? { require_data_stream: 'true' } : {}),
    ...(require_alias ? { require_alias: 'true' } : {}),
  };
}

/**
 * Overrides in the action of a dead letter: its index is an ordinary one, and the pipeline is for events.
 *
 * @returns JSON members, each followed by a comma; a promise while they depend on a product that is not known
 */
export function deadLetterParameters(
  config: ElasticsearchConfig,
  server: Pick<ServerProduct, 'product' | 'known'>,
): string | Promise<string> {
  if (config.mode !== 'data_stream') return parametersOf(config, false);
  const { product } = server;
  if (product !== null) return parametersOf(config, hasDataStreamFlag(product));
  return server.known().then((known) => parametersOf(config, hasDataStreamFlag(known)));
}

function parametersOf(
  { pipeline, require_alias }: ElasticsearchConfig,
  overridesDataStream: boolean,
): string {
  const own = {
    ...(pipeline === null ? {} : { pipeline: '_none' }),
    ...(overridesDataStream ? { require_data_stream: false } : {}),
    ...(require_alias ? { require_alias: false } : {}),
  };
  return Object.entries(own)
    .map(([name, value]) => `"${name}":${JSON.stringify(value)},`)
    .join('');
}

/** OpenSearch rejects a request with an unknown parameter; see data-streams.ts for what is done instead. */
function hasDataStreamFlag(product: Product): boolean {
  return product === 'elasticsearch';
}
