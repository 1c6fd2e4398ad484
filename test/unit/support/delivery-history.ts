import type { Answer } from '../../../src/elasticsearch/verdict.ts';
import type { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import { seededRandom } from '../../support/random.ts';
import { DeliveryLab, ITEMS, type Item, type Placed, itemsOf } from './delivery-lab.ts';
import { settleDown } from './fakes.ts';

const PARTITIONS = 2;
const FAULTS: readonly Item[] = [
  ITEMS.busy,
  ITEMS.busy,
  ITEMS.bad,
  ITEMS.blocked,
  ITEMS.dropped,
  ITEMS.diverted,
];
const REJECTED: readonly Answer[] = [
  { status: 413, body: {} },
  { status: 400, body: {} },
  { status: 503, body: {} },
  { status: 403, body: {} },
  { status: 200, body: 'no bulk answer' },
  { failure: 'read ECONNRESET' },
  { failure: 'no answer within 30 s' },
  { failure: 'connect ECONNREFUSED' },
];

interface Request {
  readonly offsets: number[];
  answer(answer: Answer): void;
}

/**
 * Plays an Elasticsearch and a broker at random around a pipeline and its sender: passthrough records continue as runs, of which
 * all, some or none are accepted, and whose partitions go. What is not settled may not be passed, and in the end all is settled.
 */
export class DeliveryHistory {
  readonly made: DeliveryLab;
  readonly eventsMax: number;
  readonly bytesMax: number;
  readonly #random: () => number;
  /** The values of each partition, as the broker has them. */
  readonly #log: (string | null)[][] = Array.from({ length: PARTITIONS }, () => []);
  /** By partition and offset: records that were dead-lettered. */
  readonly #buried = new Set<string>();
  #open: Request[] = [];
  /** For each partition, up to where all has been seen to be done. */
  readonly #doneUpTo: number[] = this.#log.map(() => 0);
  #isMended = false;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.eventsMax = this.#pick([1, 3, 50, 10_000, 10_000]);
    this.bytesMax = this.#pick([1024, 20_000, 5_000_000, 5_000_000]);
    this.made = new DeliveryLab(
      (offsets, _request, signal) => this.#asked(offsets, signal),
      `{ batch: { max_events: ${this.eventsMax}, max_bytes: ${this.bytesMax}, max_age_ms: 0 },
         request: { concurrency: ${this.#pick(['1', '3', 'adaptive'])} } }`,
    );
    this.made.fails = () => {
      if (!this.#isMended && this.#random() < 0.001) throw new Error('on purpose');
    };
    for (let partition = 0; partition < PARTITIONS; partition++) this.made.lab.own(partition);
  }

  async step(): Promise<void> {
    const dice = this.#random();
    if (dice < 0.25) this.#produceAndDeliver();
    else if (dice < 0.8) this.#answer();
    else if (dice < 0.95) await this.#bury();
    else this.#reassign();
    if (dice < 0.9) await settleDown();
    this.#check();
  }

  /** Everything is accepted: until nothing is open. */
  async finish(): Promise<void> {
    const { lab } = this.made;
    this.#isMended = true;
    for (let round = 0; round < 5000; round++) {
      this.#deliver();
      for (const request of this.#open.splice(0)) request.answer(itemsOf(request.offsets));
      await this.#bury();
      await settleDown();
      this.#check();
      if (lab.pipeline.inFlight === 0) return;
    }
    throw new Error(`the history does not come to an end: ${lab.pipeline.inFlight} in flight`);
  }

  /** Records that the broker has and that came to no end (promise P2). */
  unfinished(): string[] {
    return this.#log.flatMap((values, partition) =>
      values.flatMap((_value, offset) => (this.#isDone(partition, offset) ? [] : `${partition}/${offset}`)),
    );
  }

  #isDone(partition: number, offset: number): boolean {
    const place = `${partition}/${offset}`;
    return this.made.stored.has(place) || this.#buried.has(place) || this.#log[partition]?.[offset] === null;
  }

  #check(): void {
    const { lab, sent, bodyBytes } = this.made;
    if (lab.received !== lab.settled + lab.pipeline.inFlight) throw new Error('a record is in no outcome');
    for (const { partition, watermark } of lab.assignment.all()) {
      let done = this.#doneUpTo[partition] ?? 0;
      for (; done < watermark; done++)
        if (!this.#isDone(partition, done))
          throw new Error(`the watermark is ${watermark}, and ${done} is open`);
      this.#doneUpTo[partition] = done;
    }
    const at = sent.length - 1;
    const count = sent[at]?.length ?? 0;
    const bytes = bodyBytes[at] ?? 0;
    if (count > this.eventsMax || (count > 1 && bytes > this.bytesMax))
      throw new Error(`a request of ${count} documents in ${bytes} bytes`);
  }

  #asked(offsets: number[], signal: AbortSignal): Promise<Answer> {
    this.#check();
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const request = { offsets, answer: resolve };
    this.#open.push(request);
    signal.addEventListener('abort', () => {
      this.#open = this.#open.filter((one) => one !== request);
      resolve({ failure: 'aborted' });
    });
    return promise;
  }

  #answer(): void {
    const [request] = this.#open.splice(this.#below(this.#open.length), 1);
    if (request === undefined) return;
    const { offsets } = request;
    const dice = this.#random();
    if (dice < 0.3) request.answer(itemsOf(offsets));
    else if (dice < 0.45) request.answer(this.#pick(REJECTED));
    else {
      const named: Record<number, Item> = {};
      const rate = this.#pick([0.005, 0.05, 0.5]);
      for (const offset of offsets) if (this.#random() < rate) named[offset] = this.#pick(FAULTS);
      request.answer(itemsOf(offsets, named));
    }
  }

  async #bury(): Promise<void> {
    const { lab } = this.made;
    const most = this.#isMended ? Infinity : this.#below(4);
    for (let buried = 0; buried < most && lab.deadLetters.length > 0; buried++) {
      const deadLetter = this.#pick(lab.deadLetters);
      const { partition, offset } = deadLetter.settlement;
      this.#buried.add(`${partition.partition}/${offset}`);
      await lab.bury(deadLetter);
    }
  }

  #produceAndDeliver(): void {
    for (const log of this.#log) {
      for (let more = this.#below(this.#pick([3, 30, 300])); more > 0; more--)
        log.push(this.#value(log.length));
    }
    this.#deliver();
  }

  /** Gives what the log has from the positions on, of both partitions in turns; sometimes a little of what was given already. */
  #deliver(): void {
    const left = this.made.lab.assignment.all().map(({ partition, position }) => {
      const from = Math.max(0, position - this.#below(3));
      const values = this.#log[partition] ?? [];
      return values.slice(from).map((value, at): Placed => ({ partition, offset: from + at, value }));
    });
    const given: Placed[] = [];
    while (left.some(({ length }) => length > 0)) {
      for (const some of left) given.push(...some.splice(0, 1 + this.#below(200)));
    }
    this.made.receiveAll(given);
  }

  #value(offset: number): string | null {
    const dice = this.#random();
    if (dice < 0.01) return null;
    if (dice < 0.02) return `no JSON: ${offset}`;
    if (dice < 0.03) return `{"n":\n${offset}}`;
    return `{"n":${offset},"fill":"${'x'.repeat(this.#below(dice < 0.04 ? 20_000 : 200))}"}`;
  }

  #reassign(): void {
    const owned: OwnedPartition = this.#pick(this.made.lab.assignment.all());
    const { watermark } = owned;
    this.made.lab.revoke(owned);
    this.made.lab.own(owned.partition, watermark);
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T;
  }
}
