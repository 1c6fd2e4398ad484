import type { Writable } from 'node:stream';
import { stringify } from 'yaml';
import { z } from 'zod';
import { nameOf } from '../config/problems.ts';
import { configSchema } from '../config/schema.ts';
import { hideSecrets } from '../config/secrets.ts';
import { loadConfigChecked } from '../transform/loader/load-config.ts';

/**
 * `logweir config`: prints the configuration with its defaults, secrets hidden, or the JSON Schema for
 * editors. Checks the transforms too. Values from the environment below `with:` are hidden unless the
 * transform declares them public.
 *
 * @throws LogweirError CONFIG
 */
export async function printConfig(
  options: { config?: string; schema?: boolean },
  output: Writable,
): Promise<void> {
  if (options.schema === true) {
    const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
    output.write(`${JSON.stringify(schema, null, 2)}\n`);
    return;
  }
  const { config, path, places, options: schemas } = await loadConfigChecked(options.config);
  const isOfTransform = (at: readonly PropertyKey[]): boolean => at[0] === 'transforms' && at[2] === 'with';
  const shown = hideSecrets(
    config,
    configSchema,
    (at) => isOfTransform(at) && places.isExpanded(at),
    (at) => (isOfTransform(at) && at.length === 3 ? schemas[Number(at[1])] : undefined),
  );
  const doubled = places.doubled.map(
    ({ path: at, line }) => `# line ${line}, ${nameOf(at)}: $$ was read as one $; for two write $$$$\n`,
  );
  output.write(`# ${path}\n${doubled.join('')}${stringify(shown)}`);
}
