import { expect, it } from 'vitest';
import type { NativeConsumer } from '../../../../src/kafka/native.ts';
import { readRanges } from '../../../../src/kafka/admin/range-reader.ts';
import { sourceRecord } from '../../support/fakes.ts';

/** A client that returns one of `batches` for each call, and nothing afterwards. */
function clientOf(batches: readonly (readonly number[])[], position?: () => number) {
  let calls = 0;
  let at: number | undefined;
  const consumer = {
    assign: () => {},
    consume: (_count: number, done: (error: null, records: object[]) => void) => {
      const offsets = batches[calls++] ?? [];
      at = offsets.at(-1) ?? at;
      setImmediate(() =>
        done(
          null,
          offsets.map((offset) => sourceRecord({ offset })),
        ),
      );
    },
    position: () => [{ offset: position?.() ?? (at === undefined ? undefined : at + 1) }],
  };
  return { consumer: consumer as unknown as NativeConsumer };
}

async function read(client: ReturnType<typeof clientOf>, to: number, silenceMs: number): Promise<number[]> {
  const offsets: number[] = [];
  for await (const { offset } of readRanges(client, [{ topic: 't', partition: 3, from: 0, to }], silenceMs))
    offsets.push(offset);
  return offsets;
}

it('a range is read to its end, even if some calls return nothing', async () => {
  expect(await read(clientOf([[0, 1], [], [], [2], [], [3, 4, 5]]), 4, 60_000)).toEqual([0, 1, 2, 3]);
});

it('a range ends if only control records are left', async () => {
  let position = 0;
  expect(
    await read(
      clientOf([[0], [], []], () => ++position),
      3,
      60_000,
    ),
  ).toEqual([0]);
});

it('silent brokers are an error with the offset reached', async () => {
  await expect(read(clientOf([[0, 1]]), 10, 20)).rejects.toThrow(
    /^no broker has delivered records of t\[3\] for 0 s: read up to offset 2 of 10/,
  );
});

it('time with records does not count, nor the time of the caller', async () => {
  const client = clientOf([[0], [1], [2], [3]]);
  const offsets: number[] = [];
  for await (const { offset } of readRanges(client, [{ topic: 't', partition: 3, from: 0, to: 4 }], 30)) {
    offsets.push(offset);
    const until = performance.now() + 40;
    while (performance.now() < until);
  }
  expect(offsets).toEqual([0, 1, 2, 3]);
});
