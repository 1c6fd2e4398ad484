import type { Transform } from './api.ts';
import { batched } from './batched.ts';
import type { Step } from './chain.ts';

/**
 * What a chain runs of what `setup` has made.
 *
 * @throws TypeError where it is none of the three kinds
 */
export function runnerOf(transform: Transform): Pick<Step, 'run' | 'reduce'> {
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
