import { setImmediate as turn } from 'node:timers/promises';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import type { Settlement } from '../../../src/pipeline/settlement.ts';
import type { Event, ReduceTransform, TransformFunction } from '../../../src/transform/api/api.ts';
import type { OnError } from '../../../src/transform/runtime/chain.ts';
import { seededRandom } from '../../support/random.ts';
import { type Deferred, deferred } from './fakes.ts';
import { type OpenDeadLetter, PipelineLab } from './pipeline-lab.ts';

const joining: ReduceTransform = {
  key: ({ key }) => (typeof key === 'string' ? key : undefined),
  starts: ({ starts }) => starts === true,
  merge: (events) => ({ ...events[0], ids: events.flatMap(({ ids }) => ids as string[]) }),
  maxEvents: 4,
  maxGapMs: 1000,
};

const PARTITIONS = 2;

/**
 * Plays everything around a pipeline with a random aggregation: late and failing transforms before and after it, holds,
 * rejections, reloads, topics that are created again, revocations. What was stored says which records it was made of.
 */
export class ReducingHistory {
  readonly lab: PipelineLab;
  readonly #random: () => number;
  /** The values of each partition, as the broker has them now. */
  readonly #log: (string | null)[][] = Array.from({ length: PARTITIONS }, () => []);
  readonly #gates: Deferred<void>[] = [];
  /** By id: records that are stored, buried, dropped or skipped. */
  readonly #done = new Map<string, number>();
  #made = 0;
  recreated = 0;
  blocked = 0;

  constructor(seed: number, isOff: boolean) {
    this.#random = seededRandom(seed);
    this.lab = new PipelineLab({
      steps: this.#steps(0.2),
      deadLettersOff: isOff,
      bufferBytes: 20_000,
    });
    for (let partition = 0; partition < PARTITIONS; partition++) this.lab.own(partition);
  }

  async step(): Promise<void> {
    const { lab } = this;
    const dice = this.#random();
    const owned = this.#pick(lab.assignment.all());
    if (dice < 0.3) this.#produceAndDeliver(owned);
    else if (dice < 0.6) this.#acknowledge();
    else if (dice < 0.66) this.#reject();
    else if (dice < 0.74) await this.#bury();
    else if (dice < 0.88) this.#gates.splice(this.#below(this.#gates.length), 1)[0]?.resolve();
    else if (dice < 0.91) lab.pipeline.closeIdleGroups();
    else if (dice < 0.94) this.#recreate(owned);
    else if (dice < 0.97) this.#reassign(owned);
    else this.#reload(this.#random() < 0.5 ? 0.2 : 0);
    this.blocked += owned.blocked;
    await turn();
    this.#check();
  }

  /** A mended chain, an Elasticsearch that accepts everything: until nothing is open. */
  async finish(): Promise<void> {
    const { lab } = this;
    for (let round = 0; round < 2000; round++) {
      for (const owned of lab.assignment.all()) this.#deliver(owned);
      if (lab.documents.length > 0) this.#acknowledge();
      else if (lab.deadLetters.length > 0) await this.#bury();
      else if (this.#gates.length > 0) this.#gates.pop()?.resolve();
      else if (lab.pipeline.inFlight > 0) this.#reload(0);
      else return;
      await turn();
      lab.pipeline.closeIdleGroups();
    }
    throw new Error(`the history does not come to an end: ${lab.pipeline.inFlight} in flight`);
  }

  /** Records that the broker has and that came to no end (promise P2). */
  unfinished(): string[] {
    return this.#log.flat().filter((value) => value !== null && !this.#done.has(idOf(value))) as string[];
  }

  #check(): void {
    const { lab } = this;
    if (lab.received !== lab.settled + lab.pipeline.inFlight) throw new Error('a record is in no outcome');
    for (const { partition, watermark } of lab.assignment.all()) {
      for (const value of (this.#log[partition] ?? []).slice(0, watermark))
        if (value !== null && !this.#done.has(idOf(value)))
          throw new Error(`the watermark is ${watermark}, and ${value} is not stored`);
    }
  }

  #steps(failing: number) {
    const run: TransformFunction = (event, { partition, offset }) => {
      const { late, make, id } = event as { late: boolean; make: number; id: string };
      if (event['fails'] === true && failing > 0) throw new Error('on purpose');
      if (make === 0) this.#done.set(id, offset);
      const events: Event[] = Array.from({ length: make }, (_, n) => ({
        ...event,
        ids: [id],
        at: partition,
        key: n === 1 ? `${String(event['key'])}+` : event['key'],
      }));
      return late ? this.#later(events) : events;
    };
    const after: TransformFunction = (event) => {
      if (this.#random() < failing) throw new Error('on purpose');
      return this.#random() < 0.3 ? this.#later([event]) : event;
    };
    const onError: OnError = this.#random() < 0.5 ? 'hold' : 'dead_letter';
    return [
      { run, onError: 'hold' as const },
      { run: after, onError, reduce: joining },
      { run: after, onError },
    ];
  }

  async #later(events: Event[]): Promise<Event[]> {
    const gate = deferred();
    this.#gates.push(gate);
    await gate.promise;
    return events;
  }

  #reload(failing: number): void {
    this.lab.changeChain(this.#steps(failing));
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)] as T;
  }

  #produceAndDeliver(owned: OwnedPartition): void {
    const log = this.#log[owned.partition] ?? [];
    for (let more = 1 + this.#below(4); more > 0; more--) log.push(this.#value());
    this.#deliver(owned);
  }

  #deliver(owned: OwnedPartition): void {
    const from = owned.position;
    this.lab.receive((this.#log[owned.partition] ?? []).slice(from), from, owned.partition);
  }

  #value(): string | null {
    if (this.#random() < 0.05) return null;
    return JSON.stringify({
      id: `r${this.#made++}`,
      key: this.#pick(['a', 'b', 'c', null]),
      starts: this.#random() < 0.3,
      make: this.#pick([0, 1, 1, 1, 2]),
      late: this.#random() < 0.2,
      fails: this.#random() < 0.1,
      fill: 'x'.repeat(this.#below(200)),
    });
  }

  #acknowledge(): void {
    const [document] = this.lab.documents.splice(this.#below(this.lab.documents.length), 1);
    if (document === undefined) return;
    for (const id of (JSON.parse(document.source) as { ids: string[] }).ids) this.#done.set(id, 1);
    this.lab.pipeline.indexed(document);
  }

  #reject(): void {
    const document: Document | undefined = this.#pick(this.lab.documents);
    if (document !== undefined) this.lab.reject(document);
  }

  async #bury(): Promise<void> {
    const deadLetter: OpenDeadLetter | undefined = this.#pick(this.lab.deadLetters);
    if (deadLetter === undefined) return;
    this.#note(deadLetter.settlement);
    await this.lab.bury(deadLetter);
  }

  #note(settlement: Settlement): void {
    if (!settlement.settled && settlement.record.value !== null)
      this.#done.set(idOf(settlement.record.value.toString()), settlement.offset);
  }

  /** As recovery.ts does: the old epoch is over, while the partition stays ours. */
  #recreate(owned: OwnedPartition): void {
    this.recreated++;
    this.#log[owned.partition] = [];
    this.lab.assignment.remove(owned);
    this.lab.own(owned.partition, 0);
  }

  #reassign(owned: OwnedPartition): void {
    const { watermark } = owned;
    this.lab.revoke(owned);
    this.lab.own(owned.partition, watermark);
  }
}

function idOf(value: string): string {
  return (JSON.parse(value) as { id: string }).id;
}
