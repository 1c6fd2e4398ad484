import type { z } from 'zod';
import type { TransformDefinition } from '../../../src/transform/api.ts';
import type { Step } from '../../../src/transform/chain.ts';
import { type GivenContext, setUp } from '../../../src/transform/runner.ts';

const ignore = (): void => {};

export const NO_CONTEXT: GivenContext = {
  name: 'mine',
  directory: '/',
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  metrics: { count: ignore },
};

/** What a chain runs of a transform, and nothing around it: to take its time, for one. */
export async function bare<Schema extends z.ZodType>(
  definition: TransformDefinition<Schema>,
  given: object,
): Promise<Pick<Step, 'run' | 'lazy'>> {
  return await setUp(definition, definition.options?.parse(given) ?? given, NO_CONTEXT);
}
