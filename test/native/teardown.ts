/**
 * Environments of JavaScript that end while a poll is in flight in them: those of workers, again and again, and the process itself.
 *
 *     node test/native/teardown.ts DIRECTORY
 *
 * DIRECTORY is as for fuzz.ts. Exits with 7 at once, in the midst of a poll.
 */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { encode } from './stream.ts';

const ROUNDS = 10;
const directory = isMainThread ? (process.argv[2] ?? '') : (workerData as string);
const require = createRequire(import.meta.url);
const reader = require(resolve(join(directory, 'reader.node'))) as {
  attach(name: string): number;
  poll(...given: unknown[]): void;
};
const fake = require(resolve(join(directory, 'fake.node'))) as {
  open(path: string): void;
  create(name: string, isConsumer: boolean): number;
  feed(consumer: number, entries: Buffer): void;
  destroy(consumer: number, beside: boolean): void;
};
fake.open(resolve(join(directory, 'reader.node')));

/** Starts a poll that lasts a while, or that brings a record which does not fit. @returns the consumer */
function startPoll(name: string, timeoutMs: number): number {
  const consumer = fake.create(name, true);
  const record = {
    error: 0,
    topic: 'topic',
    partition: 0,
    offset: 0,
    timestamp: 1,
    epoch: 0,
    key: null,
    value: Buffer.alloc(100_000, 'v'),
    headers: undefined,
  };
  if (timeoutMs < 10) fake.feed(consumer, encode([record]));
  const [bytes, rows] = [new Uint8Array(10), new Float64Array(110)];
  reader.poll(reader.attach(name), bytes, 0, 10, rows, 0, 10, 0, 0, timeoutMs, () => {});
  return consumer;
}

if (!isMainThread) {
  parentPort?.postMessage(startPoll(`worker ${Math.random()}`, Math.random() < 0.5 ? 5 : 100));
  // Until it is ended from outside, with the event loop blocked in some.
  if (Math.random() < 0.5) for (const end = Date.now() + 20; Date.now() < end;);
  setInterval(() => {}, 1000);
} else {
  for (let round = 0; round < ROUNDS; round++) {
    const worker = new Worker(new URL(import.meta.url), { workerData: directory });
    const consumer = await new Promise<number>((made) => {
      worker.once('message', made);
    });
    await delay(round % 10);
    await worker.terminate();
    fake.destroy(consumer, round % 2 === 0);
  }
  startPoll('the last', 100);
  process.exit(7);
}
