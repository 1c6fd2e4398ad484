import type { z } from 'zod';
import type { TransformDefinition } from '../../../src/transform/api/api.ts';
import type { Step } from '../../../src/transform/runtime/chain.ts';
import { type GivenContext, setUp } from '../../../src/transform/runtime/runner.ts';

const ignore = (): void => {};

export const NO_CONTEXT: GivenContext = {
  name: 'mine',
  directory: '/',
  log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  metrics: { count: ignore },
};

/** The part of a transform that a chain runs, and nothing else: to measure its time, for example. */
export async function bare<Schema extends z.ZodType>(
  definition: TransformDefinition<Schema>,
  given: object,
): Promise<Pick<Step, 'run' | 'lazy'>> {
  return await setUp(definition, definition.options?.parse(given) ?? given, NO_CONTEXT);
}
