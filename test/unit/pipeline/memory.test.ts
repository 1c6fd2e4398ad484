/** The bytes of records lie in memory that is used again and again: whatever becomes of some, the others' bytes stay theirs. */
import { describe, expect, it } from 'vitest';
import { BodyPool } from '../../../src/elasticsearch/body-pool.ts';
import { type Document, bulkBody } from '../../../src/elasticsearch/document.ts';
import type { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import type { Settlement } from '../../../src/pipeline/settlement.ts';
import type { TransformFunction } from '../../../src/transform/api/api.ts';
import { type LabOptions, PipelineLab } from '../support/pipeline-lab.ts';

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
  /** By partition and offset. */
  readonly #expected = new Map<string, { value: string; source: string }>();
  readonly #bodies = new BodyPool();
  checked = 0;
  together = 0;
  separate = 0;

  constructor(options: LabOptions) {
    this.lab = new PipelineLab(options);
    this.#next = Array.from({ length: PARTITIONS }, () => 0);
    this.#owned = this.#next.map((start, partition) => this.lab.own(partition, start));
  }

  receive(changed: (value: string) => string): void {
    const partition = random(PARTITIONS);
    const offset = this.#next[partition] ?? 0;
    const values = Array.from({ length: random(60) }, (_, at) => valueOf(partition, offset + at, sizeOf()));
    for (const [at, value] of values.entries())
      this.#expected.set(`${partition}:${offset + at}`, { value, source: changed(value) });
    this.lab.receive(values, offset, partition);
    this.#next[partition] = offset + values.length;
  }

  /** Sends some of what is open; what comes of it then is up to {@link answer}. */
  send(): void {
    const start = random(this.lab.documents.length);
    const some = this.lab.documents.slice(start, start + random(300));
    const body = bulkBody(some, (size) => this.#bodies.acquire(size));
    const lines = body.toString().split('\n');
    let line = 0;
    for (const document of some) {
      const { settlement, count } = document;
      if (count > 1) this.together++;
      for (let one = 0; one < count; one++, line += 2)
        this.#check(settlement, settlement.offset + one, lines[line] ?? '', lines[line + 1] ?? '');
    }
    this.#bodies.release(body);
  }

  #check(settlement: Settlement, offset: number, action: string, source: string): void {
    const place = `${settlement.partition.partition}:${offset}`;
    const expected = this.#expected.get(place);
    const value = settlement.count === 1 ? String(settlement.record.value) : expected?.value;
    // Not by `expect`, which would be most of the time of this test.
    if (!action.endsWith(`:${place}"}}`) || source !== expected?.source || value !== expected.value)
      throw new Error(
        `at ${place}: ${action} ${source.slice(0, 100)}, not ${expected?.source.slice(0, 100)}`,
      );
    this.checked++;
  }

  /** Some are acknowledged, as one or each by itself; some have to wait. */
  answer(): void {
    const { documents } = this.lab;
    const start = random(documents.length);
    for (const document of documents.slice(start, start + random(80))) {
      if (document.count > 1 && random(3) === 0) this.#takeApart(document);
      else if (document.count === 1 && random(20) === 0) document.detach();
      else this.lab.acknowledge(document);
    }
  }

  #takeApart(run: Document): void {
    this.separate++;
    const parts = run.split();
    this.lab.documents = this.lab.documents.flatMap((document) => (document === run ? parts : document));
    for (const part of parts) {
      if (random(4) === 0) part.detach();
      else if (random(2) === 0) this.lab.acknowledge(part);
    }
  }

  rebalance(): void {
    const partition = random(PARTITIONS);
    const owned = this.#owned[partition] as OwnedPartition;
    this.lab.revoke(owned);
    this.#owned[partition] = this.lab.own(partition, this.#next[partition] ?? 0);
  }

  round(changed: (value: string) => string): void {
    this.receive(changed);
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
  it.each<[string, LabOptions, (value: string) => string]>([
    ['passthrough', {}, (value) => value],
    ['passthrough, with neighbours together', { runs: true }, (value) => value],
    ['with a field set', { run: added }, (value) => `${value.slice(0, -1)},"x":1}`],
    ['with a field set, lazily', { run: added, lazy: true }, (value) => `${value.slice(0, -1)},"x":1}`],
  ])('%s', (_name, options, changed) => {
    const churn = new Churn(options);
    for (let round = 0; round < ROUNDS; round++) churn.round(changed);
    expect(churn.checked).toBeGreaterThan(10_000);
    expect([churn.together > 100, churn.separate > 100]).toEqual([
      options.runs === true,
      options.runs === true,
    ]);
  });
});

it('a document of a settled record is not sent, and its bytes and those of the record are not read', () => {
  const lab = new PipelineLab();
  lab.own();
  lab.receive(['{"a":1}', '{"b":2}']);
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
  lab.receive(['{"one":1}']);
  const documents = [...lab.documents];
  for (const document of documents.slice(0, 2)) lab.acknowledge(document);
  expect(bulkBody(documents).toString()).toContain('{"one":1}');
  lab.acknowledge(documents[2]);
  for (const document of documents) expect(() => bulkBody([document])).toThrow('settled record');
});
