import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Document } from '../../../src/elasticsearch/document.ts';
import type { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import type { Outcome } from '../../../src/pipeline/outcome.ts';
import type { Settlement } from '../../../src/pipeline/settlement.ts';
import type { Event, RecordInfo } from '../../../src/transform/api/api.ts';
import { seededRandom } from '../../support/random.ts';
import { type Deferred, deferred } from './fakes.ts';
import { PipelineLab } from './pipeline-lab.ts';

/** What a record asks the transform to do. */
interface Order {
  /** How many events it becomes. */
  make: number;
  late: boolean;
  fails: boolean;
  /** Whether one of its events has no JSON form. */
  cyclic: boolean;
}

/** What the books know about a record in one epoch of its partition. */
interface Entry {
  /** Whether the transform has not answered yet. */
  running: boolean;
  /** Documents that are not answered for. */
  open: number;
  dead: 'none' | 'open' | 'written';
  /** Whether a document of it went into the failure store. */
  diverted: boolean;
  without: 'skipped' | 'dropped' | null;
}

interface Late {
  readonly order: Order;
  readonly entry: Entry;
  readonly answer: Deferred<Event[]>;
}

/** What can be seen of a pipeline from outside. */
export interface Observed {
  /** Received records that are in no outcome and not in flight; must be 0 (promise P6). */
  readonly uncounted: number;
  readonly inFlight: number;
  readonly counts: Record<Outcome, number>;
  /** By partition: the lowest offset that is not settled, or the next one to be read (promise P1). */
  readonly watermarks: Record<number, number>;
  /** Epochs that have ended and would still commit. */
  readonly revived: number;
}

/**
 * Plays everything around a pipeline at random (delivery, redelivery, late transforms, acknowledgements, rejections, dead
 * letters, revocation) and keeps books of its own, which share nothing with the pipeline's.
 */
export class RandomHistory {
  readonly lab: PipelineLab;
  readonly #random: () => number;
  /** The values of each partition, as the broker has them. */
  readonly #log: (string | null)[][] = [[], []];
  readonly #late: Late[] = [];
  /** Every epoch that there was, and its records by offset. */
  readonly #books = new Map<OwnedPartition, Map<number, Entry>>();
  readonly #startOf = new Map<OwnedPartition, number>();
  readonly #isPassthrough: boolean;
  #returned = 0;
  /** How often several records were acknowledged as one, and how many times neighbours were distinguished. */
  together = 0;
  splits = 0;

  /** @param isPassthrough whether there is no transform: then neighbours stay together while their outcomes are equal */
  constructor(seed: number, isPassthrough = false) {
    this.#random = seededRandom(seed);
    this.#isPassthrough = isPassthrough;
    this.lab = new PipelineLab(
      isPassthrough
        ? { runs: true }
        : { run: (event, record) => this.#transform(event as unknown as Order, record) },
    );
    for (const partition of this.#log.keys()) this.#assign(partition, 0);
  }

  /** Lets one thing happen. */
  async step(): Promise<void> {
    const { lab } = this;
    const dice = this.#random();
    if (dice < 0.25) this.#produceAndDeliver();
    else if (dice < 0.48 && lab.documents.length > 0) this.#acknowledge();
    else if (dice < 0.6 && lab.documents.length > 0) this.#divert();
    else if (dice < 0.67 && lab.documents.length > 0) this.#reject();
    else if (dice < 0.82 && lab.deadLetters.length > 0) await this.#bury();
    else if (dice < 0.93 && this.#late.length > 0) this.#finishLate();
    else if (dice < 0.96) this.#pick(lab.assignment.all()).draining = true;
    else this.#reassign(this.#pick(lab.assignment.all()));
    await turn();
  }

  /** Reads what is left and answers everything, until nothing is open. */
  async finish(): Promise<void> {
    const { lab } = this;
    for (const owned of lab.assignment.all()) if (owned.draining) this.#reassign(owned);
    for (let round = 0; round < 5000; round++) {
      if (lab.documents.length > 0) this.#acknowledge();
      else if (lab.deadLetters.length > 0) await this.#bury();
      else if (this.#late.length > 0) this.#finishLate();
      else if (!this.#deliverRest()) return;
      await turn();
    }
    throw new Error('the history does not come to an end');
  }

  actual(): Observed {
    const { lab } = this;
    return {
      uncounted: lab.received - lab.settled - lab.pipeline.inFlight,
      inFlight: lab.pipeline.inFlight,
      counts: { ...lab.counts },
      watermarks: Object.fromEntries(lab.assignment.all().map((owned) => [owned.partition, owned.watermark])),
      revived: [...this.#books.keys()].filter(({ closed, committable }) => closed && committable !== null)
        .length,
    };
  }

  expected(): Observed {
    const counts = {
      skipped: 0,
      dropped: 0,
      indexed: 0,
      failure_store: 0,
      dead_lettered: 0,
      returned: this.#returned,
    };
    const watermarks: Record<number, number> = {};
    let inFlight = 0;
    for (const [owned, entries] of this.#books) {
      let next = this.#startOf.get(owned) ?? 0;
      let lowest = Number.POSITIVE_INFINITY;
      for (const [offset, entry] of entries) {
        const outcome = outcomeOf(entry);
        next = Math.max(next, offset + 1);
        if (outcome !== null) counts[outcome]++;
        else {
          lowest = Math.min(lowest, offset);
          inFlight++;
        }
      }
      if (this.lab.assignment.find(owned.topic, owned.partition) === owned)
        watermarks[owned.partition] = Math.min(lowest, next);
    }
    return { uncounted: 0, inFlight, counts, watermarks, revived: 0 };
  }

  /** Records that came to no end in any epoch (promise P2). */
  neverFinished(): string[] {
    const finished = new Set<string>();
    for (const [owned, entries] of this.#books) {
      for (const [offset, entry] of entries) {
        if (outcomeOf(entry) !== null) finished.add(`${owned.partition}/${offset}`);
      }
    }
    const all = this.#log.flatMap((values, partition) =>
      values.map((_value, offset) => `${partition}/${offset}`),
    );
    return all.filter((record) => !finished.has(record));
  }

  #assign(partition: number, start: number): void {
    const owned = this.lab.own(partition, start);
    this.#books.set(owned, new Map());
    this.#startOf.set(owned, start);
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T;
  }

  #produceAndDeliver(): void {
    const owned = this.#pick(this.lab.assignment.all());
    const log = this.#log[owned.partition] ?? [];
    for (let more = 1 + this.#below(4); more > 0; more--) log.push(this.#value());
    this.#deliver(owned);
  }

  #deliverRest(): boolean {
    const behind = this.lab.assignment
      .all()
      .filter(({ partition, position }) => position < (this.#log[partition]?.length ?? 0));
    for (const owned of behind) this.#deliver(owned);
    return behind.length > 0;
  }

  /** Gives what the log has from the position on; sometimes, as a client may, a little of what was given already. */
  #deliver(owned: OwnedPartition): void {
    const log = this.#log[owned.partition] ?? [];
    const entries = this.#books.get(owned);
    if (!owned.draining) {
      for (let offset = owned.position; offset < log.length; offset++)
        entries?.set(offset, entryFor(log[offset] ?? null));
    }
    const from = Math.max(0, owned.position - this.#below(3));
    this.lab.receive(log.slice(from), from, owned.partition);
  }

  #value(): string | null {
    const dice = this.#random();
    if (dice < 0.08) return null;
    if (dice < 0.16) return 'poison';
    if (this.#isPassthrough) {
      const order: Order = { make: 1, late: false, fails: false, cyclic: false };
      // One with line feeds cannot go as it lies.
      return JSON.stringify(order, null, dice < 0.24 ? 1 : 0);
    }
    const order: Order = {
      make: this.#below(4),
      late: this.#random() < 0.25,
      fails: this.#random() < 0.1,
      cyclic: this.#random() < 0.1,
    };
    return JSON.stringify(order);
  }

  #transform(order: Order, { topic, partition, offset }: RecordInfo): Event[] | Promise<Event[]> {
    if (!order.late) return eventsOf(order);
    const owned = this.lab.assignment.find(topic, partition) as OwnedPartition;
    const entry = this.#books.get(owned)?.get(offset) as Entry;
    const answer = deferred<Event[]>();
    this.#late.push({ order, entry, answer });
    return answer.promise;
  }

  #finishLate(): void {
    const [late] = this.#late.splice(this.#below(this.#late.length), 1);
    if (late === undefined) return;
    Object.assign(late.entry, answersTo(late.order), { running: false });
    try {
      late.answer.resolve(eventsOf(late.order));
    } catch (error) {
      late.answer.reject(error as Error);
    }
  }

  #entryOf({ partition, offset }: Settlement): Entry | undefined {
    return this.#books.get(partition as OwnedPartition)?.get(offset);
  }

  #acknowledge(): void {
    const document = this.#random() < 0.5 ? this.#pick(this.lab.documents) : this.#pickSingle();
    const { partition, offset, last } = document.settlement;
    const entries = this.#books.get(partition as OwnedPartition);
    for (let at = offset; at <= last; at++) {
      const entry = entries?.get(at);
      if (entry !== undefined) entry.open--;
    }
    if (document.count > 1) this.together++;
    this.lab.acknowledge(document);
  }

  /** A document by itself: its neighbours have fates of their own from now on. */
  #pickSingle(): Document {
    const { lab } = this;
    const picked = this.#pick(lab.documents);
    if (picked.count > 1) this.splits++;
    const parts = picked.split();
    lab.documents = lab.documents.flatMap((document) => (document === picked ? parts : document));
    const document = this.#pick(parts);
    if (this.#random() < 0.3) document.detach();
    return document;
  }

  /** A document that is answered for. */
  #answered(): Document {
    const document = this.#pickSingle();
    const entry = this.#entryOf(document.settlement);
    if (entry !== undefined) entry.open--;
    return document;
  }

  #reject(): void {
    const document = this.#answered();
    const entry = this.#entryOf(document.settlement);
    if (entry?.dead === 'none') entry.dead = 'open';
    this.lab.reject(document);
  }

  #divert(): void {
    const document = this.#answered();
    const entry = this.#entryOf(document.settlement);
    if (entry !== undefined) entry.diverted = true;
    this.lab.divert('failure_store', document);
  }

  async #bury(): Promise<void> {
    const deadLetter = this.#pick(this.lab.deadLetters);
    const entry = this.#entryOf(deadLetter.settlement);
    if (entry !== undefined) entry.dead = 'written';
    await this.lab.bury(deadLetter);
  }

  /** Ends the epoch, and starts the next one where the old one would have committed. */
  #reassign(owned: OwnedPartition): void {
    const { watermark } = owned;
    this.lab.revoke(owned);
    const entries = this.#books.get(owned) ?? new Map<number, Entry>();
    for (const [offset, entry] of entries) {
      if (outcomeOf(entry) !== null) continue;
      // What comes late for it finds no entry, and changes nothing.
      entries.delete(offset);
      this.#returned++;
    }
    this.#assign(owned.partition, watermark);
  }
}

function eventsOf({ make, fails, cyclic }: Order): Event[] {
  if (fails) throw new Error('does not fit');
  const events: Event[] = Array.from({ length: make }, (_, n) => ({ n }));
  const [first] = events;
  if (cyclic && first !== undefined) first['self'] = first;
  return events;
}

/** What must be answered for before a record with this value is settled. */
function entryFor(value: string | null): Entry {
  const nothing: Entry = { running: false, open: 0, dead: 'none', diverted: false, without: null };
  if (value === null) return { ...nothing, without: 'skipped' };
  if (value === 'poison') return { ...nothing, dead: 'open' };
  const order = JSON.parse(value) as Order;
  return order.late ? { ...nothing, running: true } : { ...nothing, ...answersTo(order) };
}

function answersTo({ make, fails, cyclic }: Order): Partial<Entry> {
  if (fails) return { dead: 'open' };
  if (make === 0) return { without: 'dropped' };
  return cyclic ? { open: make - 1, dead: 'open' } : { open: make };
}

function outcomeOf({ running, open, dead, diverted, without }: Entry): Exclude<Outcome, 'returned'> | null {
  if (running || open > 0 || dead === 'open') return null;
  if (dead === 'written') return 'dead_lettered';
  return without ?? (diverted ? 'failure_store' : 'indexed');
}

/** Goes so many steps and to the end: the books agree at every one of them, and nothing is skipped. */
export async function expectBooksToAgree(history: RandomHistory, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    await history.step();
    expect(history.actual()).toEqual(history.expected());
  }
  await history.finish();
  expect(history.actual()).toEqual(history.expected());
  expect(history.neverFinished()).toEqual([]);
}
