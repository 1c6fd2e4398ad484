import type { BatchTransform, Event, RecordInfo, TransformFunction, TransformResult } from '../api/api.ts';

const EVENTS_MAX = 1000;

interface Call {
  readonly event: Event;
  readonly record: RecordInfo;
  resolve(result: TransformResult): void;
  reject(error: unknown): void;
}

/** Groups single calls into batches: the calls of one iteration of the event loop form a batch. */
export function batched(transform: BatchTransform): TransformFunction {
  const max = transform.maxEvents ?? EVENTS_MAX;
  let waiting: Call[] = [];
  const flush = (): void => {
    const calls = waiting;
    waiting = [];
    if (calls.length > 0) void answer(transform, calls);
  };
  return (event, record) =>
    new Promise((resolve, reject) => {
      waiting.push({ event, record, resolve, reject });
      if (waiting.length === 1) setImmediate(flush);
      if (waiting.length >= max) flush();
    });
}

async function answer(transform: BatchTransform, calls: readonly Call[]): Promise<void> {
  try {
    const results: unknown = await transform.batch(
      calls.map(({ event }) => event),
      calls.map(({ record }) => record),
    );
    if (!Array.isArray(results) || results.length !== calls.length) {
      const got = Array.isArray(results) ? `an array of ${results.length}` : typeof results;
      throw new TypeError(
        `a batch of ${calls.length} events must return an array of as many results, not ${got}`,
      );
    }
    for (const [index, call] of calls.entries()) {
      const result = results[index] as TransformResult | Error;
      if (result instanceof Error) call.reject(result);
      else call.resolve(result);
    }
  } catch (error) {
    for (const call of calls) call.reject(error);
  }
}
