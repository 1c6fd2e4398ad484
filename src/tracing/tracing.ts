import type { Config } from '../config/schema.ts';
import type { Log } from '../log.ts';
import type { Tracing } from './traced.ts';

/**
 * Null unless `tracing.endpoint` is set: the SDK is loaded only then.
 *
 * @throws LogweirError CONFIG if the file of headers cannot be read
 */
export async function startTracing(config: Config, log: Log): Promise<Tracing | null> {
  if (config.tracing.endpoint === '') return null;
  const { OtlpTracing } = await import('./otlp-tracing.ts');
  return new OtlpTracing(config.tracing, config.elasticsearch.endpoints, log);
}
