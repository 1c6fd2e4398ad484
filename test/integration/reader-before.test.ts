/**
 * The contract of both record sources: a record that is fetched, but not delivered before its partition is
 * revoked, paused or sought, is never delivered afterwards. All other records are delivered exactly once. The
 * client's queue is full in each test, and each poll drains a small part of it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { TopicPartition } from '../../src/record.ts';
import { randomFrom } from '../native/stream.ts';
import { Reading, type Row, newTopic, produce, sources } from '../support/reader-lab.ts';

const PARTITIONS = 3;
const RECORDS = 4000;
const POLL = 40;
const ALL_READ = { next: { 0: RECORDS, 1: RECORDS, 2: RECORDS }, errors: [] };
const NOT_STARTED = -172;
const BETWEEN_POLLS_MS = 5;

/** The model of a consumer: which records it may deliver after the calls so far. */
class Model {
  readonly reading: Reading;
  readonly topic: string;
  /** The next offset of each partition. */
  readonly next = new Map<number, number>();
  readonly paused = new Set<number>();

  constructor(reading: Reading, topic: string) {
    this.reading = reading;
    this.topic = topic;
  }

  /** Every record is the next one of a partition that is assigned and not paused. */
  check(rows: readonly Row[]): void {
    const wrong = rows.filter(({ partition, offset, value }) => {
      const next = this.next.get(partition);
      const isRight =
        offset === next && !this.paused.has(partition) && String(value) === `${partition}:${offset}`;
      if (isRight) this.next.set(partition, offset + 1);
      return !isRight;
    });
    if (wrong.length === 0) return;
    const found = wrong.slice(0, 5).map(({ partition, offset }) => ({ partition, offset }));
    throw new Error(
      `${JSON.stringify(found)} came; expected ${JSON.stringify([...this.next])}, paused ${[...this.paused].join()}`,
    );
  }

  async poll(): Promise<number> {
    const rows = await this.reading.poll(POLL);
    this.check(rows);
    return rows.length;
  }

  /** Some polls with a delay after each, like the client's own `consume`. */
  async polls(count: number): Promise<void> {
    for (let poll = 0; poll < count; poll++) {
      await this.poll();
      await delay(BETWEEN_POLLS_MS);
    }
  }

  assign(partition: number, offset: number): void {
    this.reading.consumer.incrementalAssign([{ ...this.of(partition), offset }]);
    this.next.set(partition, offset);
  }

  unassign(partition: number): void {
    this.resume(partition);
    this.reading.consumer.incrementalUnassign([this.of(partition)]);
    this.next.delete(partition);
  }

  /** Replaces the whole assignment, as in the eager protocol. */
  assignAll(positions: ReadonlyMap<number, number>): void {
    for (const partition of this.paused) this.resume(partition);
    this.reading.assign(...[...positions].map(([partition, offset]) => ({ ...this.of(partition), offset })));
    this.next.clear();
    for (const [partition, offset] of positions) this.next.set(partition, offset);
  }

  pause(partition: number): void {
    this.reading.consumer.pause([this.of(partition)]);
    this.paused.add(partition);
  }

  resume(partition: number): void {
    if (!this.paused.delete(partition)) return;
    this.reading.consumer.resume([this.of(partition)]);
  }

  /** The client rejects a seek for a moment after the assignment of the partition, so this retries. */
  async seek(partition: number, offset: number): Promise<void> {
    const { consumer } = this.reading;
    for (let attempt = 1; ; attempt++) {
      const code = await new Promise<number>((done) => {
        consumer.seek({ ...this.of(partition), offset }, 5000, (error) => done(error ? error.code : 0));
      });
      if (code === 0) break;
      if (code !== NOT_STARTED || attempt > 50) throw new Error(`seek: error ${code}`);
      await this.poll();
    }
    this.next.set(partition, offset);
  }

  /**
   * Reads all assigned partitions to their ends.
   *
   * @returns the next offset of each partition, and the client's errors
   */
  async toTheEnd(): Promise<{ next: Record<string, number>; errors: readonly unknown[] }> {
    for (const partition of this.paused) this.resume(partition);
    const isThere = (): boolean => [...this.next.values()].every((offset) => offset === RECORDS);
    for (const patience = Date.now() + 60_000; !isThere() && Date.now() < patience;) await this.poll();
    return { next: Object.fromEntries(this.next), errors: this.reading.errors };
  }

  of(partition: number): TopicPartition {
    return { topic: this.topic, partition };
  }
}

describe.each(sources)('after records of the %s source were fetched', (source) => {
  async function open(protocol: 'cooperative' | 'eager' = 'cooperative'): Promise<Model> {
    const topic = await newTopic(PARTITIONS);
    await produce(
      Array.from({ length: PARTITIONS * RECORDS }, (_, at) => {
        const [partition, offset] = [at % PARTITIONS, Math.floor(at / PARTITIONS)];
        return { topic, partition, value: Buffer.from(`${partition}:${offset}`) };
      }),
    );
    const model = new Model(await Reading.open(source), topic);
    const all = [0, 1, 2];
    if (protocol === 'eager') model.assignAll(new Map(all.map((partition) => [partition, 0])));
    else for (const partition of all) model.assign(partition, 0);
    // The client's queue fills, so that it holds records of each partition to be dropped.
    while (!all.every((partition) => (model.next.get(partition) ?? 0) > 0)) await model.poll();
    await delay(300);
    return model;
  }

  it('a paused partition delivers nothing, and delivers the rest after the pause', async () => {
    const model = await open();
    for (const partition of [0, 1, 2, 0]) {
      model.pause(partition);
      await model.polls(15);
      model.resume(partition);
      await model.polls(5);
    }
    expect(await model.toTheEnd()).toEqual(ALL_READ);
  });

  it('a revoked partition delivers nothing, and continues after its next assignment', async () => {
    const model = await open();
    for (const partition of [0, 1, 2, 0]) {
      const at = model.next.get(partition) ?? 0;
      model.unassign(partition);
      await model.polls(15);
      model.assign(partition, at);
      await model.polls(5);
    }
    expect(await model.toTheEnd()).toEqual(ALL_READ);
  });

  it('a seek delivers only records from its offset on', async () => {
    const model = await open();
    for (const [partition, offset] of [
      [0, 3000],
      [1, 0],
      [2, 2500],
      [0, 5],
      [1, 3999],
    ] as const) {
      await model.seek(partition, offset);
      await model.polls(15);
    }
    expect(await model.toTheEnd()).toEqual(ALL_READ);
  });

  it('a new assignment delivers only its own records', async () => {
    const model = await open('eager');
    const positions = new Map(model.next);
    model.assignAll(new Map([[1, positions.get(1) ?? 0]]));
    await model.polls(15);
    model.assignAll(
      new Map([
        [0, positions.get(0) ?? 0],
        [2, 1234],
      ]),
    );
    await model.polls(15);
    model.assignAll(
      new Map([
        [0, model.next.get(0) ?? 0],
        [1, 7],
        [2, 8],
      ]),
    );
    expect(await model.toTheEnd()).toEqual(ALL_READ);
  });

  it.each([1, 2, 3])('a random sequence of calls keeps the contract (history %i)', async (seed) => {
    const model = await open();
    const random = randomFrom(seed);
    const given = new Map<number, number>();
    for (let step = 0; step < 120; step++) {
      const partition = Math.floor(random() * PARTITIONS);
      const action = Math.floor(random() * 5);
      const position = model.next.get(partition);
      if (position === undefined) {
        model.assign(partition, given.get(partition) ?? 0);
      } else if (action === 0) {
        model.pause(partition);
      } else if (action === 1) {
        model.resume(partition);
      } else if (action === 2) {
        given.set(partition, position);
        model.unassign(partition);
      } else if (action === 3 && !model.paused.has(partition)) {
        await model.seek(partition, Math.floor(random() * RECORDS));
      }
      await model.polls(1 + Math.floor(random() * 3));
    }
    for (const partition of [0, 1, 2])
      if (!model.next.has(partition)) model.assign(partition, given.get(partition) ?? 0);
    expect(await model.toTheEnd()).toEqual(ALL_READ);
  });
});
