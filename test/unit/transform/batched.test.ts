import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { BatchTransform, Event } from '../../../src/transform/api.ts';
import { batched } from '../../../src/transform/batched.ts';
import { sourceRecord } from '../support/fakes.ts';

const RECORD = sourceRecord();

function calls(batch: BatchTransform['batch'], count: number, maxEvents?: number) {
  const sizes: number[] = [];
  const run = batched({
    ...(maxEvents === undefined ? {} : { maxEvents }),
    batch: (events, records) => {
      sizes.push(events.length);
      return batch(events, records);
    },
  });
  const results = Array.from({ length: count }, (_, n) => run({ n }, RECORD) as Promise<unknown>);
  return { sizes, results: Promise.allSettled(results), run };
}

it('what comes in one turn is given together, each gets its own result', async () => {
  const { sizes, results, run } = calls((events) => events.map((event) => ({ ...event, seen: true })), 5);
  expect(await results).toEqual(
    [0, 1, 2, 3, 4].map((n) => ({ status: 'fulfilled', value: { n, seen: true } })),
  );
  await turn();
  await run({ n: 9 }, RECORD);
  expect(sizes).toEqual([5, 1]);
});

it('never more than it wants at once', async () => {
  const { sizes, results } = calls((events) => [...events], 7, 3);
  await results;
  expect(sizes).toEqual([3, 3, 1]);
});

it('an error is that of all events of the call', async () => {
  const { results } = calls(() => Promise.reject(new Error('no database')), 2);
  expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

it.each([
  ['too few results', [{}], 'a batch of 2 events must give an array of as many results, not an array of 1'],
  ['no array', 'x', 'a batch of 2 events must give an array of as many results, not string'],
])('%s: all have failed, with a sentence that says why', async (_name, returned, message) => {
  const { results } = calls(() => returned as unknown as Event[], 2);
  expect(await results).toEqual([1, 2].map(() => ({ status: 'rejected', reason: new TypeError(message) })));
});
