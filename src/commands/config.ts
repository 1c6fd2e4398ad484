import { stringify } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../config/load.ts';
import { configSchema } from '../config/schema.ts';

/** Of our own keys, of librdkafka's settings, and of what a transform may want. A path to a file is no secret. */
const SECRET_NAME = /password|passphrase|secret|token|api_?key|credential|oauth.*config|\.key\.pem|jaas/i;

/** `logweir config`: what is in effect, defaults included, secrets hidden; or the JSON Schema for editors. */
export function printConfig(options: { config?: string; schema?: boolean }): void {
  if (options.schema === true) {
    const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
    process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
    return;
  }
  const { config, path } = loadConfig(options.config);
  process.stdout.write(`# ${path}\n${stringify(hideSecrets(config))}`);
}

function hideSecrets(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => hideSecrets(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hideSecrets(inner, name)]));
  }
  if (value !== null && value !== '' && SECRET_NAME.test(key) && !/_file$|\.location$/.test(key))
    return '(hidden)';
  if (typeof value !== 'string') return value;
  // A password may stand in an endpoint's URL.
  return value.replace(/^(https?:\/\/[^:/]*):[^/]*@/, '$1:(hidden)@');
}
