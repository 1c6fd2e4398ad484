import { expect, it } from 'vitest';
import { readCommitted } from '../../../../src/kafka/admin/read-committed.ts';
import type { NativeConsumer } from '../../../../src/kafka/native.ts';

const partitions = [{ topic: 't', partition: 0 }];

/** A client that answers with these errors first, and then with the offset 7. */
function clientOf(errors: readonly Error[]): { consumer: NativeConsumer; calls: () => number } {
  let calls = 0;
  const consumer = {
    committed: (
      _partitions: unknown,
      _timeoutMs: number,
      done: (error: unknown, answer?: object[]) => void,
    ) => {
      const error = errors[calls++];
      setImmediate(() => (error ? done(error) : done(null, [{ topic: 't', partition: 0, offset: 7 }])));
    },
  };
  return { consumer: consumer as unknown as NativeConsumer, calls: () => calls };
}

function failed(message: string, code: number): Error {
  return Object.assign(new Error(message), { code });
}

it.each([
  ['Broker: Coordinator load in progress', 14],
  ['Broker: Coordinator not available', 15],
  ['Broker: Not coordinator', 16],
])('a coordinator that is not ready is asked again: %s', async (message, code) => {
  const { consumer, calls } = clientOf([failed(message, code)]);
  expect(await readCommitted(consumer, 'g', partitions, 1000)).toMatchObject([{ offset: 7 }]);
  expect(calls()).toBe(2);
});

it.each([
  ['Broker: Group authorization failed', 30, 'the ACL Read on group g is missing'],
  ['Local: Timed out', -185, 'Local: Timed out'],
])('other errors are a sentence, at once: %s', async (message, code, reason) => {
  const { consumer, calls } = clientOf([failed(message, code), failed(message, code)]);
  await expect(readCommitted(consumer, 'g', partitions, 1000)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: `cannot read the offsets of group g: ${reason}`,
  });
  expect(calls()).toBe(1);
});
