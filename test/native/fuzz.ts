/**
 * Feeds the reader random streams from the fake librdkafka, into memory of random sizes, and compares every number and every byte.
 *
 *     node --expose-gc test/native/fuzz.ts DIRECTORY SECONDS [SEED]
 *
 * DIRECTORY has reader.node, with short-memory.c in it, and fake.node; see build.ts.
 */
import { strict as assert } from 'node:assert';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Addon, PollCallback } from '../../src/kafka/consumer/native-reader.ts';
import { type Entry, Generator, NOTHING, PARTITION_EOF, encode, expected, randomFrom } from './stream.ts';

const COLUMNS = 11;
/** The content of memory that was not written to. */
const CANARY = 0xa5;
const UNWRITTEN = Buffer.alloc(200_000, CANARY);
const FATAL = -150;

interface Fake {
  open(path: string): void;
  create(name: string, isConsumer: boolean): number;
  feed(consumer: number, entries: Buffer): void;
  destroy(consumer: number, beside: boolean): void;
  memory(left: number): number;
}

const [directory = '', seconds = '5', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const reader = require(resolve(join(directory, 'reader.node'))) as Addon;
const fake = require(resolve(join(directory, 'fake.node'))) as Fake;
fake.open(resolve(join(directory, 'reader.node')));
const random = randomFrom(Number(seed));
const below = (most: number): number => Math.floor(random() * most);

interface Polled {
  readonly error: { code: number; message: string } | null;
  readonly count: number;
  readonly at: number;
  readonly end: number;
  readonly large: Buffer | null;
}

let made = 0;
let records = 0;
let larges = 0;
let fatals = 0;
let cut = 0;

/** A consumer of the fake, and what it has not given yet. */
class Consumer {
  readonly name = `fuzz#${made++}`;
  readonly number = fake.create(this.name, true);
  readonly id = reader.attach(this.name) as number;
  readonly topics: string[] = [];
  readonly pending: Entry[] = [];

  feed(entries: readonly Entry[]): void {
    this.pending.push(...entries);
    fake.feed(this.number, encode(entries));
  }

  poll(
    bytes: Uint8Array,
    at: number,
    end: number,
    rows: Float64Array,
    row: number,
    max: number,
    room: number,
  ) {
    return new Promise<Polled>((done) => {
      const known = this.topics.length;
      const callback: PollCallback = (error, count, newAt, newEnd, topics, large) => {
        this.topics.push(...(topics ?? []));
        done({ error, count, at: newAt, end: newEnd, large });
      };
      reader.poll(this.id, bytes, at, end, rows, row, max, room, known, 20, callback);
    });
  }

  /** What the next record is, after what is neither a record nor an error. */
  next(): Entry | undefined {
    let entry = this.pending.shift();
    while (entry !== undefined && (entry.error === PARTITION_EOF || entry.error === NOTHING))
      entry = this.pending.shift();
    return entry;
  }
}

function canaries(bytes: Uint8Array, from: number, to: number, where: string): void {
  const found = Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.max(0, to - from));
  assert.ok(found.equals(UNWRITTEN.subarray(0, found.length)), `${where}: it was written to`);
}

/** Compares a record and its row. @returns where the next one starts at the front, and where its key ended at the back */
function compare(
  entry: Entry,
  consumer: Consumer,
  room: number,
  bytes: Uint8Array,
  row: Float64Array,
  [front, back]: readonly [number, number],
): [number, number] {
  let topic = consumer.topics.indexOf(entry.topic);
  const wanted = expected(entry, room, topic);
  assert.ok(topic >= 0, 'its topic has no name');
  const [, , , , , , valueAt = -1, valueLength, keyAt = -1, keyLength, headersLength] = row;
  assert.deepEqual([...row.subarray(0, 6), valueLength, keyLength, headersLength], wanted.numbers);
  assert.equal(valueAt, front + wanted.gap, 'a value does not follow the one before');
  assert.equal(keyAt, back - wanted.back.length, 'a key is not before the one before');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  assert.ok(buffer.subarray(valueAt, valueAt + wanted.value.length).equals(wanted.value), 'another value');
  assert.ok(buffer.subarray(keyAt, back).equals(wanted.back), 'another key, or other headers');
  records++;
  return [valueAt + wanted.value.length + wanted.after, keyAt];
}

/** One poll into memory of its own size, of which a part is not its own. */
async function pollOnce(consumer: Consumer, runsShort: boolean): Promise<boolean> {
  const size = below(2) === 0 ? below(300) : below(200_000);
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(size).fill(CANARY).buffer);
  const at = below(size + 1);
  const end = at + below(size - at + 1);
  const max = 1 + below(200);
  const row = below(4);
  const rows = new Float64Array((row + max + below(3)) * COLUMNS).fill(-7);
  const room = below(3) === 0 ? 0 : 1 + below(300);
  const polled = await consumer.poll(bytes, at, end, rows, row, max, room);
  assert.ok(polled.count <= max);
  let ends: [number, number] = [at, end];
  for (let index = 0; index < polled.count; index++) {
    const entry = consumer.next();
    assert.ok(entry !== undefined && entry.error === 0, 'a record of which nothing is known');
    const own = rows.subarray((row + index) * COLUMNS, (row + index + 1) * COLUMNS);
    const isLarge = polled.large !== null && index === polled.count - 1;
    const gapStart = ends[0];
    if (!isLarge) {
      ends = compare(entry, consumer, room, bytes, own, ends);
      canaries(bytes, gapStart, own[6] ?? 0, 'before a value');
      if (room > 0) canaries(bytes, ends[0] - 1, ends[0], 'after a value');
      continue;
    }
    const large = polled.large ?? Buffer.alloc(0);
    const [front, back] = compare(entry, consumer, room, large, own, [0, large.length]);
    assert.equal(front, back, 'a large record has more memory than it needs');
    assert.ok(large.length > ends[1] - ends[0], 'a large record would have fitted');
    larges++;
  }
  assert.deepEqual([polled.at, polled.end], ends);
  canaries(bytes, 0, at, 'foreign memory');
  canaries(bytes, ends[0], ends[1], 'what is left');
  canaries(bytes, end, size, 'foreign memory');
  const others = [rows.subarray(0, row * COLUMNS), rows.subarray((row + polled.count) * COLUMNS)];
  assert.ok(
    others.every((some) => some.every((number) => number === -7)),
    'another row was written to',
  );
  return goesOn(consumer, polled, runsShort);
}

/** Checks an error against what was fed. @returns false after a record that is lost for want of memory */
function goesOn(consumer: Consumer, { error }: Polled, runsShort: boolean): boolean {
  if (error === null) return true;
  const entry = consumer.next();
  if (error.code === FATAL) {
    assert.ok(runsShort, 'there was enough memory');
    assert.equal(error.message, 'no memory for a record');
    assert.equal(entry?.error, 0);
    fatals++;
    return false;
  }
  assert.deepEqual([error.code, error.message], [entry?.error, `error ${error.code}`]);
  return true;
}

/** Several consumers side by side; some end in the midst of a poll, and some run short of memory. */
async function round(): Promise<void> {
  const most = below(4) === 0 ? 300_000 : 2000;
  const runsShort = below(2) === 0;
  const consumers = Array.from({ length: 1 + below(3) }, () => new Consumer());
  fake.destroy(fake.create('a producer', false), true);
  assert.equal(reader.attach('a producer'), undefined);
  if (runsShort) fake.memory(below(2) === 0 ? below(8) : below(60));
  await Promise.all(
    consumers.map(async (consumer) => {
      const generator = new Generator(random, most);
      const entries = Array.from({ length: below(most > 2000 ? 40 : 400) }, () => generator.entry());
      const half = below(entries.length + 1);
      consumer.feed(entries.slice(0, half));
      let feeds = half < entries.length;
      const endsEarly = below(4) === 0;
      for (;;) {
        if (endsEarly && below(10) === 0) return endInPoll(consumer);
        if (!(await pollOnce(consumer, runsShort).catch(rejected))) break;
        if (feeds) consumer.feed(entries.slice(half));
        else if (!consumer.pending.some((one) => one.error !== PARTITION_EOF && one.error !== NOTHING)) break;
        feeds = false;
      }
      if (below(2) === 0) return endInPoll(consumer);
      fake.destroy(consumer.number, below(2) === 0);
    }),
  );
  fake.memory(-1);
}

/** A poll that there was no memory for. */
function rejected(error: Error): undefined {
  if (error.message !== 'out of memory') throw error;
}

/** The consumer goes while a poll is in flight: on another thread, or on this one, which nothing may wait for then. */
async function endInPoll(consumer: Consumer): Promise<void> {
  const rows = new Float64Array(100 * COLUMNS);
  const bytes = new Uint8Array(10_000);
  const polling = consumer.poll(bytes, 0, bytes.length, rows, 0, 100, 0).catch(rejected);
  if (below(2) === 0) await delay(below(3));
  if (below(2) === 0) reader.wake(consumer.id);
  fake.destroy(consumer.number, below(2) === 0);
  const polled = await polling;
  for (let row = 0; row < (polled?.count ?? 0); row++) {
    const entry = consumer.next();
    assert.equal(rows[row * COLUMNS + 2], entry?.offset);
  }
  cut++;
  reader.wake(consumer.id);
  await expectGone(consumer);
}

/** Its end on another thread may take a moment; from then on it is rejected. */
async function expectGone(consumer: Consumer): Promise<void> {
  const poll = (): Promise<Polled> =>
    consumer.poll(new Uint8Array(1), 0, 0, new Float64Array(COLUMNS), 0, 1, 0);
  for (const patience = performance.now() + 5000; performance.now() < patience; await delay(5)) {
    const message = await poll().then(
      () => null,
      (error: Error) => error.message,
    );
    if (message === 'there is no such consumer any more') return;
  }
  assert.fail('a consumer that is gone is polled');
}

const until = performance.now() + Number(seconds) * 1000;
let rounds = 0;
try {
  while (performance.now() < until) {
    await round();
    if (++rounds % 20 === 0) globalThis.gc?.();
  }
  await delay(50);
  // Large records are freed when their buffers are collected.
  for (let tries = 0; tries < 50 && fake.memory(-1) > 0; tries++) {
    globalThis.gc?.();
    await delay(10);
  }
  assert.equal(fake.memory(-1), 0, 'the reader has not freed everything');
  process.stdout.write(`${JSON.stringify({ seed: Number(seed), rounds, records, larges, fatals, cut })}\n`);
} catch (error) {
  process.stderr.write(`seed ${seed}, round ${rounds}: ${(error as Error).stack}\n`);
  process.exitCode = 1;
}
