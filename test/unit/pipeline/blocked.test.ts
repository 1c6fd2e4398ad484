/** A rejected record that may not be dead-lettered is blocked until a probe passes or another chain processes it (promise P2). */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadLetterIndex } from '../../../src/dead-letter/index.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { RetryQueue } from '../../../src/elasticsearch/retry-queue.ts';
import type { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import type { ReduceTransform, TransformFunction } from '../../../src/transform/api/api.ts';
import { fakeDelay } from '../support/fake-delay.ts';
import { deferred, settleDown } from '../support/fakes.ts';
import { type LabOptions, PipelineLab } from '../support/pipeline-lab.ts';

vi.mock(import('node:timers/promises'), async (original) => {
  const { fakeDelay: delay } = await import('../support/fake-delay.ts');
  return { ...(await original()), setTimeout: delay.wait };
});

const fail: TransformFunction = () => {
  throw new Error('does not fit');
};
const mended: TransformFunction = (event) => ({ ...event, mended: true });

/** A pipeline with an Elasticsearch that rejects documents until it is mended, and that is asked as the real one is. */
class Stage {
  readonly lab: PipelineLab;
  readonly retryQueue: RetryQueue;
  readonly owned: OwnedPartition;
  rejects: (document: Document) => boolean = () => true;
  probes = 0;
  /** What it was asked to index. */
  readonly sent: string[] = [];
  /** Set if a probe is to be slow. */
  gate = deferred();

  constructor(options: LabOptions) {
    this.lab = new PipelineLab({ ...options, takeRejected: () => this.retryQueue.takeRejected() });
    this.gate.resolve();
    this.retryQueue = new RetryQueue(
      this.lab.blockedRecords,
      { initial_ms: 200, max_ms: 5000 },
      async (document) => {
        this.probes++;
        await this.gate.promise;
        return this.#answer(document);
      },
      (documents) => void this.lab.documents.push(...documents),
    );
    this.owned = this.lab.own();
  }

  /** @returns whether that settled it */
  #answer(document: Document): boolean {
    if (this.rejects(document)) return this.#rejected(document) === undefined;
    this.lab.pipeline.indexed(document);
    return true;
  }

  #rejected(document: Document): string | undefined {
    return this.lab.pipeline.rejected(document, 'mapper_parsing_exception', 'bad field');
  }

  /** Elasticsearch answers for all that it was sent, and for what comes of that. */
  async answer(): Promise<void> {
    for (let documents = this.lab.documents.splice(0); documents.length > 0;) {
      for (const document of documents) {
        this.sent.push(document.source);
        if (!this.rejects(document)) this.lab.pipeline.indexed(document);
        else {
          const cause = this.#rejected(document);
          if (cause !== undefined) this.retryQueue.add(document, cause);
        }
      }
      documents = this.lab.documents.splice(0);
    }
    await settleDown();
  }

  async probe(): Promise<void> {
    fakeDelay.end();
    await settleDown();
    await this.answer();
  }

  get reasons(): string[] {
    return this.lab.blockedRecords.list().map(({ reason }) => reason);
  }

  /** What is still kept of records; nothing where all have come to an end. */
  get left(): object {
    const { pipeline, blockedRecords } = this.lab;
    return {
      inFlight: pipeline.inFlight,
      bytes: pipeline.budget.usedBytes,
      holds: blockedRecords.size,
      held: this.owned.blocked,
      behind: this.owned.position - this.owned.watermark,
    };
  }
}

const NOTHING = { inFlight: 0, bytes: 0, holds: 0, held: 0, behind: 0 };

beforeEach(() => {
  fakeDelay.reset();
  fakeDelay.held = true;
});

const REJECTED = 'dead letters are off: mapper_parsing_exception (index app-logs)';

describe('dead_letter.to: hold', () => {
  it('a record that a transform rejects is blocked with the cause, and a mended chain processes it', async () => {
    const stage = new Stage({ deadLettersOff: true, run: fail });
    stage.lab.receive(['{"a":1}']);
    expect(stage.reasons).toEqual(['dead letters are off: transform step-0']);
    expect([stage.owned.blocked, stage.owned.watermark]).toEqual([1, 0]);
    stage.rejects = () => false;
    stage.lab.changeChain([{ run: mended, onError: 'dead_letter' }]);
    expect(stage.lab.documents[0]?.source).toBe('{"a":1,"mended":true}');
    await stage.answer();
    expect(stage.left).toEqual(NOTHING);
    expect(stage.lab.counts).toMatchObject({ indexed: 1 });
  });

  it.each([
    ['no JSON', 'invalid_json'],
    ['[]', 'not_an_object'],
    ['', 'empty_value'],
  ])('a record that cannot be read (%j) is blocked, under another chain too', (value, reason) => {
    const stage = new Stage({ deadLettersOff: true, run: mended });
    stage.lab.receive([value]);
    expect(stage.reasons).toEqual([`dead letters are off: ${reason}`]);
    stage.lab.changeChain([{ run: mended, onError: 'dead_letter' }]);
    expect(stage.reasons).toEqual([`dead letters are off: ${reason}`]);
    expect([stage.owned.blocked, stage.owned.watermark]).toEqual([1, 0]);
  });

  it('a document that Elasticsearch rejects is sent again now and then, until the mapping is mended', async () => {
    const stage = new Stage({ deadLettersOff: true });
    stage.lab.receive(['{"a":1}', '{"a":2}', '{"a":3}']);
    stage.rejects = ({ source }) => source !== '{"a":2}';
    await stage.answer();
    expect(stage.reasons).toEqual([REJECTED]);
    for (let probe = 1; probe <= 3; probe++) {
      await stage.probe();
      expect(stage.probes).toBe(probe);
      expect([stage.owned.blocked, stage.owned.watermark]).toEqual([2, 0]);
    }
    stage.rejects = () => false;
    await stage.probe();
    expect(stage.left).toEqual(NOTHING);
    expect(stage.lab.counts).toMatchObject({ indexed: 3 });
  });

  it('a document that Elasticsearch rejects is made again by a mended chain, and the old one is never sent', async () => {
    const stage = new Stage({ deadLettersOff: true });
    stage.lab.receive(['{"a":1}']);
    await stage.answer();
    stage.rejects = ({ source }) => !source.includes('mended');
    stage.lab.changeChain([{ run: mended, onError: 'dead_letter' }]);
    expect(stage.lab.documents).toHaveLength(1);
    await stage.answer();
    expect(stage.left).toEqual(NOTHING);
    expect(stage.lab.counts).toMatchObject({ indexed: 1 });
    await stage.probe();
    expect(stage.probes).toBe(0);
  });

  it.each([
    ['accepts', () => false, 0],
    ['rejects again', () => true, 1],
  ])(
    'one that is just being probed while the chain changes, and that Elasticsearch then %s',
    async (_name, rejects, again) => {
      const stage = new Stage({ deadLettersOff: true });
      stage.lab.receive(['{"a":1}']);
      await stage.answer();
      stage.gate = deferred();
      fakeDelay.end();
      await settleDown();
      stage.lab.changeChain([{ run: mended, onError: 'dead_letter' }]);
      expect(stage.lab.documents).toEqual([]);
      stage.rejects = rejects;
      stage.gate.resolve();
      await settleDown();
      expect(stage.lab.documents.map(({ source }) => source)).toEqual(
        Array(again).fill('{"a":1,"mended":true}'),
      );
      stage.rejects = () => false;
      await stage.answer();
      expect(stage.left).toEqual(NOTHING);
      expect(stage.lab.counts).toMatchObject({ indexed: 1 });
    },
  );

  it('one that is with Elasticsearch while the chain changes, and is rejected then, is made again at once', async () => {
    const stage = new Stage({ deadLettersOff: true, run: ({ a }) => [{ a }, { b: a }, { c: a }] });
    stage.lab.receive(['{"a":1}']);
    stage.lab.changeChain([{ run: mended, onError: 'dead_letter' }]);
    stage.rejects = ({ source }) => !source.includes('mended') && !source.includes('"b"');
    await stage.answer();
    expect(stage.left).toEqual(NOTHING);
    expect(stage.lab.counts).toMatchObject({ indexed: 1 });
    expect(stage.sent.filter((source) => source.includes('mended'))).toHaveLength(1);
    expect(stage.reasons).toEqual([]);
  });

  it('one of which several documents are rejected then, and that the new chain rejects too, is blocked', async () => {
    const stage = new Stage({ deadLettersOff: true, run: ({ a }) => [{ a }, { b: a }] });
    stage.lab.receive(['{"a":1}']);
    stage.lab.changeChain([{ run: fail, onError: 'dead_letter' }]);
    await stage.answer();
    expect(stage.reasons).toEqual(['dead letters are off: transform step-0']);
    expect([stage.owned.blocked, stage.owned.watermark]).toEqual([1, 0]);
    stage.rejects = () => false;
    stage.lab.changeChain([{ run: mended, onError: 'dead_letter' }]);
    await stage.answer();
    expect(stage.left).toEqual(NOTHING);
    expect(stage.lab.counts).toMatchObject({ indexed: 1 });
  });

  it('several documents of one record: it goes through the mended chain once, and settles once', async () => {
    const stage = new Stage({ deadLettersOff: true, run: ({ a }) => [{ a }, { b: a }, { c: a }] });
    stage.lab.receive(['{"a":1}']);
    stage.rejects = ({ source }) => !source.includes('"b"');
    await stage.answer();
    expect(stage.owned.blocked).toBe(1);
    stage.rejects = () => false;
    stage.lab.changeChain([{ run: mended, onError: 'dead_letter' }]);
    expect(stage.lab.documents).toHaveLength(1);
    await stage.answer();
    expect(stage.left).toEqual(NOTHING);
    expect(stage.lab.counts).toMatchObject({ indexed: 1 });
  });

  it('an aggregated event: a mended chain processes each of its records', async () => {
    const reduce: ReduceTransform = {
      key: () => 'all',
      starts: () => false,
      merge: (events) => ({ n: events.length }),
      maxEvents: 2,
      maxGapMs: 1000,
    };
    const stage = new Stage({
      deadLettersOff: true,
      steps: [{ run: (event) => event, onError: 'dead_letter', reduce }],
    });
    stage.lab.receive(['{"a":1}', '{"a":2}']);
    await stage.answer();
    stage.rejects = () => false;
    stage.lab.changeChain([{ run: mended, onError: 'dead_letter' }]);
    expect(stage.lab.documents).toHaveLength(2);
    await stage.answer();
    expect(stage.left).toEqual(NOTHING);
    expect(stage.lab.counts).toMatchObject({ indexed: 2 });
  });

  it('a transform of the old chain that fails late: the new one processes its record at once', async () => {
    const gate = deferred();
    const stage = new Stage({
      deadLettersOff: true,
      run: async () => {
        await gate.promise;
        throw new Error('too late');
      },
    });
    stage.lab.receive(['{"a":1}']);
    stage.lab.changeChain([{ run: mended, onError: 'dead_letter' }]);
    gate.resolve();
    await settleDown();
    expect(stage.reasons).toEqual([]);
    stage.rejects = () => false;
    await stage.answer();
    expect(stage.left).toEqual(NOTHING);
    expect(stage.lab.counts).toMatchObject({ indexed: 1 });
  });

  it('does not get one that is probed again and again for the rejection rate', async () => {
    const stage = new Stage({ deadLettersOff: true, holdAboveRatio: 0.5 });
    stage.lab.receive(['{"a":1}']);
    await stage.answer();
    for (let probe = 0; probe < 600; probe++) await stage.probe();
    expect(stage.reasons).toEqual([REJECTED]);
  });
});

describe('a dead letter that its index rejects', () => {
  const INDEX = 'the dead-letter index rejects: mapper_parsing_exception (index dead)';

  function stageWith(options: LabOptions): Stage {
    const index = new DeadLetterIndex('dead', (document) => stage.lab.pipeline.addDeadLetter(document));
    const stage = new Stage({ ...options, deadLetters: index });
    stage.rejects = ({ index: name, source }) => name === 'dead' || source.includes('bad');
    return stage;
  }

  it('is blocked, and sent again now and then until the index accepts it', async () => {
    const stage = stageWith({});
    stage.lab.receive(['poison', '{"bad":1}', '{"good":1}']);
    await stage.answer();
    expect(stage.reasons).toEqual([INDEX]);
    expect([stage.owned.blocked, stage.lab.counts.indexed]).toEqual([2, 1]);
    await stage.probe();
    expect(stage.owned.watermark).toBe(0);
    stage.rejects = ({ source }) => source === '{"bad":1}';
    await stage.probe();
    expect(stage.left).toEqual(NOTHING);
    expect(stage.lab.counts).toMatchObject({ dead_lettered: 2, indexed: 1 });
    expect(stage.lab.deadLettered.toSorted()).toEqual(['invalid_json', 'mapper_parsing_exception']);
  });

  it.each([
    ['a transform had rejected the record', fail],
    ['Elasticsearch had rejected the document', (event) => ({ ...event, bad: true })],
    ['several of its events had been rejected', () => [{ bad: 1 }, { bad: 2 }, { good: 3 }]],
  ] as [string, TransformFunction][])('is withdrawn by a mended chain where %s', async (_name, run) => {
    const stage = stageWith({ run });
    stage.lab.receive(['{"a":1}']);
    await stage.answer();
    expect(stage.reasons).toEqual([INDEX]);
    stage.lab.changeChain([{ run: mended, onError: 'dead_letter' }]);
    await stage.answer();
    expect(stage.left).toEqual(NOTHING);
    expect(stage.lab.counts).toMatchObject({ indexed: 1, dead_lettered: 0 });
    expect(stage.lab.deadLettered).toEqual([]);
  });

  it('that another chain rejects as well is a dead letter again, and blocked again', async () => {
    const stage = stageWith({ run: fail });
    stage.lab.receive(['{"a":1}']);
    await stage.answer();
    stage.lab.changeChain([{ run: fail, onError: 'dead_letter' }]);
    await stage.answer();
    expect(stage.reasons).toEqual([INDEX]);
    stage.rejects = () => false;
    await stage.probe();
    expect(stage.left).toEqual(NOTHING);
    expect(stage.lab.counts).toMatchObject({ dead_lettered: 1 });
  });
});

it('a partition that is abandoned releases its blocked records', async () => {
  const stage = new Stage({ deadLettersOff: true });
  stage.lab.receive(['{"a":1}']);
  await stage.answer();
  stage.lab.revoke(stage.owned);
  await stage.probe();
  expect([stage.probes, stage.lab.blockedRecords.size, stage.lab.counts.returned]).toEqual([0, 0, 1]);
  expect(stage.retryQueue.takeRejected()).toEqual([]);
});
