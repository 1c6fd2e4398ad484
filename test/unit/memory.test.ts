/** The bytes of records lie in memory that is used again and again: whatever becomes of some, the others' bytes stay theirs. */
import { describe, expect, it } from 'vitest';
import { BodyPool } from '../../src/elasticsearch/body-pool.ts';
import { type Document, bulkBody } from '../../src/elasticsearch/document.ts';
import type { OwnedPartition } from '../../src/kafka/assignment.ts';
import type { Settlement } from '../../src/settlement.ts';
import type { TransformFunction } from '../../src/transform/api.ts';
import { PipelineLab } from './support/pipeline-lab.ts';

const PARTITIONS = 3;
const ROUNDS = 400;

const random = (below: number): number => Math.floor(Math.random() * below);

/** Mostly small; some that fill a chunk, or more. */
function sizeOf(): number {
  const die = random(1000);
  if (die === 0) return 600_000;
  return die < 20 ? random(100_000) : random(1500);
}

/** The value of a record: another one's bytes would not pass for it. */
function valueOf(partition: number, offset: number, bytes: number): string {
  const unit = `${partition}:${offset};`;
  return `{"at":"${unit}","fill":"${unit.repeat(Math.ceil(bytes / unit.length))}"}`;
}

class Churn {
  readonly lab: PipelineLab;
  readonly #owned: OwnedPartition[];
  readonly #next: number[];
  readonly #expected = new Map<Settlement, { value: string; source: string }>();
  readonly #bodies = new BodyPool();
  checked = 0;

  constructor(run?: TransformFunction) {
    this.lab = new PipelineLab(run === undefined ? {} : { run });
    this.#next = Array.from({ length: PARTITIONS }, () => 0);
    this.#owned = this.#next.map((start, partition) => this.lab.own(partition, start));
  }

  take(changed: (value: string) => string): void {
    const partition = random(PARTITIONS);
    const offset = this.#next[partition] ?? 0;
    const values = Array.from({ length: random(60) }, (_, at) => valueOf(partition, offset + at, sizeOf()));
    const before = this.lab.documents.length;
    this.lab.take(values, offset, partition);
    this.#next[partition] = offset + values.length;
    for (const [at, document] of this.lab.documents.slice(before).entries()) {
      const value = values[at] ?? '';
      this.#expected.set(document.settlement, { value, source: changed(value) });
    }
  }

  /** Sends some of what is open; what comes of it then is up to {@link answer}. */
  send(): void {
    const start = random(this.lab.documents.length);
    const some = this.lab.documents.slice(start, start + random(300));
    const body = bulkBody(some, (size) => this.#bodies.take(size));
    const lines = body.toString().split('\n');
    for (const [at, document] of some.entries()) this.#check(document, lines[2 * at + 1] ?? '');
    this.#bodies.giveBack(body);
  }

  #check({ settlement }: Document, source: string): void {
    const expected = this.#expected.get(settlement);
    // Not by `expect`, which would be most of the time that this takes.
    if (source !== expected?.source || settlement.record.value?.toString() !== expected.value)
      throw new Error(
        `at ${settlement.offset}: ${source.slice(0, 100)}, not ${expected?.source.slice(0, 100)}`,
      );
    this.checked++;
  }

  answer(): void {
    const { documents } = this.lab;
    const start = random(documents.length);
    for (const document of documents.slice(start, start + random(80))) {
      if (random(20) === 0) document.detach();
      else this.lab.acknowledge(document);
    }
  }

  rebalance(): void {
    const partition = random(PARTITIONS);
    const owned = this.#owned[partition] as OwnedPartition;
    this.lab.revoke(owned);
    this.#owned[partition] = this.lab.own(partition, this.#next[partition] ?? 0);
  }

  round(changed: (value: string) => string): void {
    this.take(changed);
    this.send();
    if (this.lab.documents.length > 400 || random(2) === 0) this.answer();
    if (random(40) === 0) this.rebalance();
  }
}

describe('the bytes of open records stay as they are while memory goes from one to another', () => {
  const added: TransformFunction = (event) => {
    event['x'] = 1;
    return event;
  };
  it.each<[string, TransformFunction | undefined, (value: string) => string]>([
    ['untouched', undefined, (value) => value],
    ['with a field set', added, (value) => `${value.slice(0, -1)},"x":1}`],
  ])('%s', (_name, run, changed) => {
    const churn = new Churn(run);
    for (let round = 0; round < ROUNDS; round++) churn.round(changed);
    expect(churn.checked).toBeGreaterThan(10_000);
  });
});

it('a document of a settled record is not sent, and its bytes and those of the record are not read', () => {
  const lab = new PipelineLab();
  lab.own();
  lab.take(['{"a":1}', '{"b":2}']);
  const [first, second] = lab.documents as [Document, Document];
  const { record } = first.settlement;
  lab.acknowledge(first);
  expect(() => bulkBody([first, second])).toThrow('settled record');
  expect(() => record.value).toThrow('offset 0');
  expect(first.bytes).toBeGreaterThan(0);
  first.detach();
  expect(bulkBody([second]).toString()).toContain('{"b":2}');
});

it('all documents of a record are released with it', () => {
  const lab = new PipelineLab({ run: (event) => [event, { two: 2 }, { three: 3 }] });
  lab.own();
  lab.take(['{"one":1}']);
  const documents = [...lab.documents];
  for (const document of documents.slice(0, 2)) lab.acknowledge(document);
  expect(bulkBody(documents).toString()).toContain('{"one":1}');
  lab.acknowledge(documents[2]);
  for (const document of documents) expect(() => bulkBody([document])).toThrow('settled record');
});
