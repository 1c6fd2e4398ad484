import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { BatchTransform, Event } from '../../../../src/transform/api/api.ts';
import { batched } from '../../../../src/transform/runtime/batched.ts';
import { sourceRecord } from '../../support/fakes.ts';

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

it('calls of one iteration of the event loop form a batch, and each call gets its own result', async () => {
  const { sizes, results, run } = calls((events) => events.map((event) => ({ ...event, seen: true })), 5);
  expect(await results).toEqual(
    [0, 1, 2, 3, 4].map((n) => ({ status: 'fulfilled', value: { n, seen: true } })),
  );
  await turn();
  await run({ n: 9 }, RECORD);
  expect(sizes).toEqual([5, 1]);
});

it('a batch never exceeds maxEvents', async () => {
  const { sizes, results } = calls((events) => [...events], 7, 3);
  await results;
  expect(sizes).toEqual([3, 3, 1]);
});

it('an error fails all events of the batch', async () => {
  const { results } = calls(() => Promise.reject(new Error('no database')), 2);
  expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

it.each([
  ['too few results', [{}], 'a batch of 2 events must return an array of as many results, not an array of 1'],
  ['no array', 'x', 'a batch of 2 events must return an array of as many results, not string'],
])('%s: all events fail, with the reason', async (_name, returned, message) => {
  const { results } = calls(() => returned as unknown as Event[], 2);
  expect(await results).toEqual([1, 2].map(() => ({ status: 'rejected', reason: new TypeError(message) })));
});

it('an Error in place of a result fails that event alone', async () => {
  const { results } = calls(
    (events) => events.map((event, at) => (at === 1 ? new Error('not found') : event)),
    3,
  );
  expect(await results).toMatchObject([
    { status: 'fulfilled', value: { n: 0 } },
    { status: 'rejected', reason: { message: 'not found' } },
    { status: 'fulfilled', value: { n: 2 } },
  ]);
});
