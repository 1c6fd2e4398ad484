import { z } from 'zod';
import { parseExpandedAsync } from '../../config/expanded.ts';
import { PROBLEMS_MAX, type Path, describeIssue } from '../../config/problems.ts';
import type { TransformConfig } from '../../config/schema.ts';
import { secretTexts } from '../../config/secrets.ts';
import type { Places } from '../../config/places.ts';
import { LogweirError, messageOf } from '../../errors.ts';
import { type TransformDefinition, type TransformFunction, isTransformDefinition } from '../api/api.ts';
import type { Faults } from './faults.ts';

/** The name of a transform in messages. */
export function whereOf(config: TransformConfig, index: number): string {
  return `transforms.${index} (${config.use})`;
}

/** The secret texts in its options, which messages must hide. */
export function secretsOf(config: TransformConfig, schema: z.ZodType | undefined): string[] {
  return secretTexts(config.with, schema ?? z.unknown());
}

/** The schema of the transform's options. @throws LogweirError CONFIG if its `options` are not a schema */
export function schemaOf(
  exported: TransformDefinition | TransformFunction,
  where: string,
  path: string,
): z.ZodType | undefined {
  if (!isTransformDefinition(exported)) return undefined;
  const schema: unknown = exported.options;
  if (schema === undefined) return undefined;
  // Not instanceof: a schema of another copy of zod is valid too.
  if (typeof schema === 'object' && schema !== null && 'safeParseAsync' in schema) return schema as z.ZodType;
  throw new LogweirError(
    'CONFIG',
    `${where}: its options must be a schema of zod, like z.strictObject({ … }) (${path})`,
  );
}

/**
 * The output of the transform's own schema for its options, or null if they are invalid: `faults` then has
 * the reasons.
 *
 * @throws LogweirError CONFIG if options are given to a transform without a schema
 */
export async function checkOptions(
  config: TransformConfig,
  index: number,
  schema: z.ZodType | undefined,
  faults: Faults,
  places: Places | undefined,
): Promise<{ options: unknown } | null> {
  const where = whereOf(config, index);
  const given = config.with;
  if (schema === undefined) {
    if (Object.keys(given).length === 0) return { options: {} };
    throw new LogweirError(
      'CONFIG',
      `${where}: it takes no options, yet 'with' gives ${Object.keys(given).join(', ')}`,
    );
  }
  const pathOf = (path: Path): Path => ['transforms', index, 'with', ...path];
  const isExpanded = (path: Path): boolean => places?.isExpanded(pathOf(path)) === true;
  let result;
  try {
    result = await parseExpandedAsync(schema, given, isExpanded);
  } catch (error) {
    const reason = `${where}: its options cannot be checked: ${messageOf(error)}`;
    throw new LogweirError('CONFIG', reason, { cause: error });
  }
  if (result.success) return { options: result.data };
  const secrets = secretsOf(config, schema);
  for (const issue of result.error.issues.slice(0, PROBLEMS_MAX)) {
    // The configuration has already reported this value as faulty.
    if (places?.isFaulty(pathOf(issue.path)) === true) continue;
    for (const { path, message } of describeIssue(issue, schema)) {
      const reason = path.length === 0 ? `with: ${message}` : `with.${message}`;
      faults.add(index, ['with', ...path], secrets, new LogweirError('CONFIG', `${where}: ${reason}`));
    }
  }
  return null;
}
