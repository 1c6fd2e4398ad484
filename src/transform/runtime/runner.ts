import {
  type OldReduceTransform,
  type ReduceTransform,
  type Transform,
  type TransformContext,
  type TransformDefinition,
  type TransformFunction,
  type TransformLog,
  isTransformDefinition,
} from '../api/api.ts';
import { batched } from './batched.ts';
import type { Step } from './chain.ts';

/** A {@link TransformContext} without `onClose` and `signal`, which {@link setUp} adds. */
export type GivenContext = Omit<TransformContext, 'onClose' | 'signal'>;

/** The context of transforms outside of `run`: what they log and count goes nowhere. */
export function silentContext(name: string, directory: string): GivenContext {
  const ignore = (): void => {};
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  return { name, directory, log, metrics: { count: ignore } };
}

/**
 * Sets up the exported transform of a file. If `setup` throws, its signal is aborted, its `onClose`
 * callbacks run, and the error is thrown on. Old names of the API work, with one warning each (log code
 * `deprecated`).
 *
 * @param options the output of the definition's schema
 * @throws TypeError if `setup` returns none of the three kinds of transforms
 */
export async function setUp(
  exported: TransformDefinition | TransformFunction,
  options: unknown,
  context: GivenContext,
): Promise<Pick<Step, 'run' | 'reduce' | 'lazy' | 'close'>> {
  if (!isTransformDefinition(exported)) return { run: exported, close: () => {} };
  const releases: (() => void | Promise<void>)[] = [];
  const closing = new AbortController();
  const release = async (): Promise<void> => {
    closing.abort();
    await Promise.allSettled(releases.toReversed().map(async (one) => one()));
  };
  try {
    const own = {
      signal: closing.signal,
      onClose: (one: () => void | Promise<void>) => void releases.push(one),
    };
    const made = await exported.setup(options, { ...context, ...own });
    const close = async (): Promise<void> => {
      await Promise.allSettled([release(), exported.close?.()]);
    };
    const runner = runnerOf(made, context.log);
    if (exported.close !== undefined) warnOfOldName(context.log, 'close', 'context.onClose');
    return { ...runner, lazy: exported.lazy === true, close };
  } catch (error) {
    await release();
    throw error;
  }
}

function runnerOf(transform: Transform, log: TransformLog): Pick<Step, 'run' | 'reduce'> {
  if (typeof transform === 'function') return { run: transform };
  if (isObject(transform) && 'batch' in transform && typeof transform.batch === 'function')
    return { run: batched(transform) };
  if (isObject(transform) && 'merge' in transform && typeof transform.merge === 'function')
    return { run: (event) => event, reduce: reducerOf(transform, log) };
  throw new TypeError('setup must return a function, or an object with a function named batch or merge');
}

function reducerOf(given: ReduceTransform | OldReduceTransform, log: TransformLog): ReduceTransform {
  if ('starts' in given && typeof given.starts === 'function') return given;
  if (!('begins' in given) || typeof given.begins !== 'function')
    throw new TypeError('an object with a function named merge must have one named starts, too');
  warnOfOldName(log, 'begins', 'starts');
  return {
    key: (event, record) => given.key(event, record),
    starts: (event, group) => given.begins(event, group),
    merge: (events) => given.merge(events),
    mergesOne: given.mergesOne ?? false,
    maxEvents: given.maxEvents,
    maxGapMs: given.maxGapMs,
  };
}

function warnOfOldName(log: TransformLog, name: string, use: string): void {
  log.warn({ code: 'deprecated', old: name, use, removed_in: '0.3' }, 'deprecated name, use the new one');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
