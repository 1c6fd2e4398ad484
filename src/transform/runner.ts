import {
  type Transform,
  type TransformContext,
  type TransformDefinition,
  type TransformFunction,
  isTransformDefinition,
} from './api.ts';
import { batched } from './batched.ts';
import type { Step } from './chain.ts';

/** A {@link TransformContext}, but for what belongs to the transform's own life. */
export type GivenContext = Omit<TransformContext, 'onClose'>;

/**
 * What a chain runs of what a file exports. Throws what `setup` throws, when what it had opened is released.
 *
 * @param options as the schema of the definition gives them
 * @throws TypeError where `setup` returns none of the three kinds
 */
export async function setUp(
  exported: TransformDefinition | TransformFunction,
  options: unknown,
  context: GivenContext,
): Promise<Pick<Step, 'run' | 'reduce' | 'lazy' | 'close'>> {
  if (!isTransformDefinition(exported)) return { run: exported, close: () => {} };
  const releases: (() => void | Promise<void>)[] = [];
  const release = async (): Promise<void> => {
    await Promise.allSettled(releases.toReversed().map(async (one) => one()));
  };
  try {
    const made = await exported.setup(options, { ...context, onClose: (one) => void releases.push(one) });
    const close = async (): Promise<void> => {
      await Promise.allSettled([release(), exported.close?.()]);
    };
    return { ...runnerOf(made), lazy: exported.lazy === true, close };
  } catch (error) {
    await release();
    throw error;
  }
}

function runnerOf(transform: Transform): Pick<Step, 'run' | 'reduce'> {
  if (typeof transform === 'function') return { run: transform };
  if (isObject(transform) && 'batch' in transform && typeof transform.batch === 'function')
    return { run: batched(transform) };
  if (isObject(transform) && 'merge' in transform && typeof transform.merge === 'function')
    return { run: (event) => event, reduce: transform };
  throw new TypeError('setup must return a function, or an object with a function named batch or merge');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
