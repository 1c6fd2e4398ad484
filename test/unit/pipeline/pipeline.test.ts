import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { DeadLetterIndex } from '../../../src/dead-letter/index.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { documentId } from '../../../src/elasticsearch/document-id.ts';
import type { Diversion } from '../../../src/elasticsearch/item-verdict.ts';
import type { SourceRecord } from '../../../src/record.ts';
import { type Outcome, outcomes } from '../../../src/pipeline/outcome.ts';
import type { Settlement } from '../../../src/pipeline/settlement.ts';
import type { Event, TransformFunction } from '../../../src/transform/api/api.ts';
import { Quarantine } from '../../../src/pipeline/quarantine.ts';
import { deferred, sourceRecord } from '../support/fakes.ts';
import { type LabOptions, PipelineLab } from '../support/pipeline-lab.ts';
import { RandomHistory, expectBooksToAgree } from '../support/random-history.ts';
import { ReducingHistory } from '../support/aggregation-history.ts';

const fail = (): never => {
  throw new Error('does not fit');
};

const sourcesOf = (documents: readonly Document[]): string[] => documents.map(({ source }) => source);

describe('a record', () => {
  it('becomes a document of its very bytes, and settles when that is acknowledged', () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    const [record] = lab.receive(['{"a":1.0}']);
    expect(lab.documents).toHaveLength(1);
    expect(lab.documents[0]?.source).toBe(record?.value?.toString());
    expect([owned.watermark, lab.pipeline.inFlight, lab.settled]).toEqual([0, 1, 0]);
    lab.acknowledge();
    expect([owned.watermark, lab.pipeline.inFlight]).toEqual([1, 0]);
    expect(lab.counts.indexed).toBe(1);
  });

  it('is not settled by being sent', () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.receive(['{"a":1}', '{"a":2}']);
    expect(lab.documents).toHaveLength(2);
    expect(lab.documents.some(({ settlement }) => settlement.settled)).toBe(false);
    expect(owned.committable).toBeNull();
  });

  it('holds the watermark until it settles, whatever settles after it', () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.receive(['{}', '{}', '{}']);
    lab.acknowledge(lab.documents[2]);
    lab.acknowledge(lab.documents[1]);
    expect(owned.watermark).toBe(0);
    lab.acknowledge();
    expect(owned.watermark).toBe(3);
  });

  it('with a line feed between its tokens keeps the framing of the bulk body', () => {
    const lab = new PipelineLab();
    lab.own();
    lab.receive(['{"a":1,\n"b":2\n}']);
    expect(sourcesOf(lab.documents)).toEqual(['{"a":1, "b":2 }']);
  });

  it('of text becomes a message', () => {
    const lab = new PipelineLab({ codec: 'text' });
    lab.own();
    lab.receive(['no json\n']);
    expect(sourcesOf(lab.documents)).toEqual(['{"message":"no json\\n"}']);
  });

  it('that a transform did not change keeps the literals of its numbers', () => {
    const lab = new PipelineLab({ run: (event) => event });
    lab.own();
    lab.receive(['{"id":9007199254740993,"n":1.0}']);
    expect(sourcesOf(lab.documents)).toEqual(['{"id":9007199254740993,"n":1.0}']);
  });

  it('of which a transform sets a field leaves with all the rest as it came', () => {
    const lab = new PipelineLab({
      lazy: true,
      run: (event) => {
        event['set'] = 'é';
        return event;
      },
    });
    lab.own();
    lab.receive(['{"a":{"b" :[1, 2]},"c":"\\u00e9é"}', '{ "a": 1.0 }']);
    expect(sourcesOf(lab.documents)).toEqual([
      '{"a":{"b" :[1, 2]},"c":"\\u00e9é","set":"é"}',
      '{"a":1.0,"set":"é"}',
    ]);
  });

  it('that goes to a data stream is looked at for its time, and otherwise left as it came', () => {
    const lab = new PipelineLab({ elasticsearch: '{ mode: data_stream }' });
    lab.own();
    lab.receive(['{"@timestamp":"2026-07-01T10:00:00Z","a":{"b" :1}}', '{"a":{"b" :1}}']);
    expect(sourcesOf(lab.documents)).toEqual([
      '{"@timestamp":"2026-07-01T10:00:00Z","a":{"b" :1}}',
      expect.stringMatching(/^\{"a":\{"b" :1\},"@timestamp":"[^"]+"\}$/),
    ]);
  });

  it('that a transform clones, which a lazy event does not stand, is stored all the same', () => {
    const lab = new PipelineLab({ run: (event) => ({ ...structuredClone(event), cloned: true }) });
    const owned = lab.own();
    lab.receive(['{"a":1}', '{"a":2}']);
    expect(lab.deadLetters).toEqual([]);
    expect(sourcesOf(lab.documents)).toEqual(['{"a":1,"cloned":true}', '{"a":2,"cloned":true}']);
    lab.acknowledge();
    lab.acknowledge();
    expect(owned.watermark).toBe(2);
  });

  it('is flushed to Elasticsearch with the poll that brought it', () => {
    const lab = new PipelineLab();
    lab.own();
    lab.receive(['{}', '{}']);
    expect(lab.flushes).toBe(1);
  });
});

describe('a record that becomes no document', () => {
  it('a tombstone is skipped, and settles', () => {
    const lab = new PipelineLab({ run: fail });
    const owned = lab.own();
    lab.receive([null]);
    expect(lab.counts.skipped).toBe(1);
    expect([owned.watermark, lab.documents.length, lab.deadLetters.length]).toEqual([1, 0, 0]);
  });

  it.each([undefined, []])('one that a transform drops (%j) is dropped, and settles', (nothing) => {
    const lab = new PipelineLab({ run: () => nothing });
    const owned = lab.own();
    lab.receive(['{}']);
    expect(lab.counts.dropped).toBe(1);
    expect([owned.watermark, lab.documents.length, lab.deadLetters.length]).toEqual([1, 0, 0]);
  });

  it.each([
    ['', 'empty_value'],
    ['no json', 'invalid_json'],
    ['{"a":1', 'invalid_json'],
    ['[]', 'not_an_object'],
    [Buffer.from([0xff]), 'invalid_utf8'],
  ])('poison (%o) is dead-lettered for %s, whether a transform reads it or not', async (value, reason) => {
    for (const options of [{}, { run: (event: Event) => event }]) {
      const lab = new PipelineLab(options);
      const owned = lab.own();
      lab.receive([value]);
      expect(lab.documents).toEqual([]);
      expect(lab.deadLetters.map(({ why }) => why.reason)).toEqual([reason]);
      expect(owned.watermark).toBe(0);
      await lab.bury();
      expect(lab.counts.dead_lettered).toBe(1);
      expect(lab.deadLettered).toEqual([reason]);
      expect(owned.watermark).toBe(1);
    }
  });
});

describe('a record that becomes several documents', () => {
  const split = (event: Event): Event[] => [1, 2, 3].map((part) => ({ ...event, part }));

  it('settles only when all of them are acknowledged', () => {
    const lab = new PipelineLab({ run: split });
    const owned = lab.own();
    lab.receive(['{"a":1}']);
    expect(sourcesOf(lab.documents)).toEqual(['{"a":1,"part":1}', '{"a":1,"part":2}', '{"a":1,"part":3}']);
    lab.acknowledge();
    lab.acknowledge();
    expect([owned.watermark, lab.settled, lab.pipeline.inFlight]).toEqual([0, 0, 1]);
    lab.acknowledge();
    expect([owned.watermark, lab.counts.indexed, lab.pipeline.inFlight]).toEqual([1, 1, 0]);
  });

  it('gives each an id of its own', () => {
    const lab = new PipelineLab({ run: split });
    lab.own();
    lab.receive(['{}']);
    expect(new Set(lab.documents.map(({ action }) => action)).size).toBe(3);
  });

  it('is one record, and its outputs are counted beside', () => {
    const lab = new PipelineLab({ run: split });
    lab.own();
    lab.receive(['{}', '{}']);
    expect([lab.received, lab.outputs]).toEqual([2, 6]);
  });

  it('is dead-lettered as a whole, once, where some of them are rejected, and the others are stored', async () => {
    const lab = new PipelineLab({ run: split });
    const owned = lab.own();
    lab.receive(['{}']);
    lab.reject();
    lab.reject();
    lab.acknowledge();
    expect(lab.deadLetters).toHaveLength(1);
    expect(owned.watermark).toBe(0);
    await lab.bury();
    expect(lab.counts).toMatchObject({ dead_lettered: 1, indexed: 0 });
    expect(lab.deadLettered).toEqual(['mapper_parsing_exception']);
    expect(owned.watermark).toBe(1);
  });

  it('waits for the others when the dead letter is acknowledged first', async () => {
    const lab = new PipelineLab({ run: split });
    const owned = lab.own();
    lab.receive(['{}']);
    lab.reject();
    await lab.bury();
    lab.acknowledge();
    expect([owned.watermark, lab.settled]).toEqual([0, 0]);
    lab.acknowledge();
    expect([owned.watermark, lab.counts.dead_lettered]).toEqual([1, 1]);
  });

  it('of which one has no JSON form is dead-lettered, and the others are stored', async () => {
    const lab = new PipelineLab({
      run: () => {
        const cyclic: Event = {};
        cyclic['self'] = cyclic;
        return [{ n: 1 }, cyclic, { n: 2 }];
      },
    });
    const owned = lab.own();
    lab.receive(['{}']);
    expect(sourcesOf(lab.documents)).toEqual(['{"n":1}', '{"n":2}']);
    expect(lab.deadLetters.map(({ why }) => why.reason)).toEqual(['not_serialisable']);
    lab.acknowledge();
    lab.acknowledge();
    expect(owned.watermark).toBe(0);
    await lab.bury();
    expect([owned.watermark, lab.counts.dead_lettered]).toEqual([1, 1]);
  });
});

describe('a dead letter', () => {
  it('is awaited: while it cannot be written, the offset stays', async () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.receive(['poison', '{}']);
    lab.acknowledge();
    await turn();
    expect(owned.watermark).toBe(0);
    expect([lab.settled, lab.counts.dead_lettered, lab.deadLettered]).toEqual([1, 0, []]);
    await lab.bury();
    expect(owned.watermark).toBe(2);
  });

  it('that is never written, since the process ends, settles nothing', async () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.receive(['poison']);
    lab.deadLetters[0]?.answer.reject(new Error('closing'));
    await turn();
    expect([owned.watermark, lab.settled, lab.pipeline.inFlight]).toEqual([0, 0, 1]);
  });

  it('is what becomes of a document that Elasticsearch rejects', async () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.receive(['{}']);
    lab.reject();
    expect(lab.deadLetters.map(({ why }) => why)).toEqual([
      { reason: 'mapper_parsing_exception', message: 'bad field' },
    ]);
    expect(owned.watermark).toBe(0);
    await lab.bury();
    expect([owned.watermark, lab.counts.dead_lettered]).toEqual([1, 1]);
  });

  it('that goes to an index settles the record as dead-lettered when that has it', async () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.receive(['poison']);
    const [sent] = lab.deadLetters;
    const index = new DeadLetterIndex('dead', (document) => void lab.documents.push(document));
    void index.send(sent?.settlement as Settlement, { reason: 'x', message: 'y' }).then(() => lab.bury());
    expect(lab.documents).toHaveLength(1);
    lab.acknowledge();
    await turn();
    await turn();
    expect(lab.counts).toMatchObject({ dead_lettered: 1, indexed: 0 });
    expect(owned.watermark).toBe(1);
  });
});

describe('a document that Elasticsearch has done with and not indexed', () => {
  it('and put into the failure store has an outcome of its own, and its offset moves', () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.receive(['{}', '{}']);
    lab.divert('failure_store');
    lab.acknowledge();
    expect(lab.counts).toMatchObject({ failure_store: 1, indexed: 1, dead_lettered: 0 });
    expect(owned.watermark).toBe(2);
  });

  it('and that a pipeline dropped is dropped', () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.receive(['{}']);
    lab.divert('dropped');
    expect(lab.counts).toMatchObject({ dropped: 1, indexed: 0 });
    expect(owned.watermark).toBe(1);
  });

  it.each<[Diversion[], Partial<Record<Outcome, number>>]>([
    [['dropped', 'failure_store'], { failure_store: 1 }],
    [['failure_store', 'dropped'], { failure_store: 1 }],
    [['dropped', 'dropped'], { dropped: 1 }],
  ])('as one of several of a record counts by the worst of them: %s', (ends, counts) => {
    const lab = new PipelineLab({ run: () => [{ n: 1 }, { n: 2 }] });
    lab.own();
    lab.receive(['{}']);
    for (const end of ends) lab.divert(end);
    expect(lab.counts).toMatchObject({ indexed: 0, ...counts });
    expect(lab.settled).toBe(1);
  });

  it('and of which another was indexed: the record is indexed where the pipeline dropped, and not where it is in the failure store', () => {
    for (const [to, outcome] of [
      ['dropped', 'indexed'],
      ['failure_store', 'failure_store'],
    ] as const) {
      const lab = new PipelineLab({ run: () => [{ n: 1 }, { n: 2 }] });
      lab.own();
      lab.receive(['{}']);
      lab.divert(to);
      lab.acknowledge();
      expect(lab.counts[outcome]).toBe(1);
    }
  });

  it('raises the alert where it is more than half of the records, as a dead letter does', () => {
    const lab = new PipelineLab();
    lab.own();
    lab.receive(Array.from({ length: 501 }, () => '{}'));
    for (let left = 500; left > 0; left--) lab.divert('failure_store');
    expect(lab.rejectionRate.current).toBeNull();
    lab.divert('failure_store');
    expect(lab.rejectionRate.current).toMatchObject({ reason: 'failure_store' });
  });

  it('is blocked if it is a dead letter: no index has it then', () => {
    for (const to of ['dropped', 'failure_store'] as const) {
      const lab = new PipelineLab();
      const owned = lab.own();
      lab.receive(['poison']);
      const [deadLetter] = lab.deadLetters;
      const index = new DeadLetterIndex('dead', (document) => void lab.documents.push(document));
      void index.send(deadLetter?.settlement as Settlement, { reason: 'x', message: 'y' });
      expect(lab.divert(to)).toBe(`the dead-letter index rejects: ${to}`);
      expect(owned.watermark).toBe(0);
    }
  });
});

describe('a transform that fails', () => {
  it('on_error dead_letter: the record is dead-lettered with the name of the transform', async () => {
    const lab = new PipelineLab({ run: fail });
    const owned = lab.own();
    lab.receive(['{}']);
    expect(lab.deadLetters.map(({ why }) => why)).toEqual([
      { reason: 'transform step-0', message: 'does not fit', cause: 'Error' },
    ]);
    expect([lab.documents.length, owned.watermark]).toEqual([0, 0]);
    await lab.bury();
    expect([owned.watermark, lab.counts.dead_lettered, lab.counts.dropped]).toEqual([1, 1, 0]);
  });

  it('on_error drop: the record is dropped', () => {
    const lab = new PipelineLab({ run: fail, onError: 'drop' });
    const owned = lab.own();
    lab.receive(['{}']);
    expect([owned.watermark, lab.counts.dropped, lab.deadLetters.length]).toEqual([1, 1, 0]);
  });

  it('on_error keep: the record is stored as it came', () => {
    const lab = new PipelineLab({
      run: (event) => {
        event['a'] = 'changed';
        return fail();
      },
      onError: 'keep',
    });
    const owned = lab.own();
    lab.receive(['{"a":1.0,"deep":{"list":[2.0]}}']);
    expect(sourcesOf(lab.documents)).toEqual(['{"a":1.0,"deep":{"list":[2.0]}}']);
    lab.acknowledge();
    expect([owned.watermark, lab.counts.indexed]).toEqual([1, 1]);
  });

  it('on_error keep: dates that a transform before has made are stored', () => {
    const lab = new PipelineLab({
      steps: [
        { run: () => ({ time: new Date(0) }), onError: 'drop' },
        { run: fail, onError: 'keep' },
      ],
    });
    lab.own();
    lab.receive(['{}']);
    expect(sourcesOf(lab.documents)).toEqual(['{"time":"1970-01-01T00:00:00.000Z"}']);
  });

  it('on_error hold: the record is blocked, and nothing settles it', async () => {
    const lab = new PipelineLab({ run: fail, onError: 'hold' });
    const owned = lab.own();
    lab.receive(['{}', null]);
    await turn();
    expect([owned.watermark, owned.blocked, lab.pipeline.inFlight]).toEqual([0, 1, 1]);
    expect([lab.deadLetters.length, lab.documents.length]).toEqual([0, 0]);
    expect(lab.blockedRecords.list()).toMatchObject([{ reason: 'transform step-0 failed', records: 1 }]);
  });

  it('for several events of a record: a hold is not overruled by a dead letter', async () => {
    const lab = new PipelineLab({
      steps: [
        { run: () => [{ n: 1 }, { n: 2 }], onError: 'drop' },
        { run: (event) => (event['n'] === 1 ? fail() : event), onError: 'dead_letter' },
        { run: fail, onError: 'hold' },
      ],
    });
    const owned = lab.own();
    lab.receive(['{}']);
    await turn();
    expect(lab.deadLetters).toEqual([]);
    expect(lab.blockedRecords.list()).toMatchObject([{ reason: 'transform step-2 failed', records: 1 }]);
    expect([owned.watermark, owned.blocked]).toEqual([0, 1]);
  });

  it('for some of the events of a record: the others are stored, and the record is dead-lettered', async () => {
    const lab = new PipelineLab({
      steps: [
        { run: () => [{ n: 1 }, { n: 2 }, { n: 3 }], onError: 'dead_letter' },
        { run: (event) => (event['n'] === 2 ? fail() : event), onError: 'dead_letter' },
      ],
    });
    const owned = lab.own();
    lab.receive(['{}']);
    expect(sourcesOf(lab.documents)).toEqual(['{"n":1}', '{"n":3}']);
    await lab.bury();
    lab.acknowledge();
    expect(owned.watermark).toBe(0);
    lab.acknowledge();
    expect([owned.watermark, lab.counts.dead_lettered]).toEqual([1, 1]);
  });
});

describe('what Elasticsearch rejects is dead-lettered as the record came', () => {
  const values = ['{"a":1}', ' {"b" : 2.0}\t', '{"c":\n3}', '{"d":"é🚀"}', '{}'];

  it.each<[string, LabOptions]>([
    ['passthrough', {}],
    ['changed by a transform', { run: (event) => ({ ...event, more: true }) }],
    ['as text', { codec: 'text' }],
  ])('%s, also after it was blocked', (_name, options) => {
    for (const isBlocked of [false, true]) {
      const lab = new PipelineLab(options);
      lab.own();
      lab.receive(values);
      for (const document of lab.documents) {
        if (isBlocked) document.detach();
        lab.reject(document);
      }
      const deadLetters = lab.deadLetters.map(({ settlement }) => settlement.record.value?.toString());
      expect(deadLetters).toEqual(values);
    }
  });
});

describe('dead_letter.hold_above_ratio', () => {
  it('what a transform throws on beyond that ratio is blocked, and the watermark stays', async () => {
    const lab = new PipelineLab({ run: fail, holdAboveRatio: 0.01 });
    const owned = lab.own();
    lab.receive(Array.from({ length: 20 }, () => '{}'));
    expect(lab.deadLetters).toHaveLength(11);
    expect(lab.blockedRecords.list()).toMatchObject([
      { reason: 'more than 10 of the last 1000 records were rejected: transform step-0', records: 9 },
    ]);
    while (lab.deadLetters.length > 0) await lab.bury();
    expect([owned.watermark, owned.blocked, lab.counts.dead_lettered]).toEqual([11, 9, 11]);
  });

  it('what Elasticsearch rejects beyond that ratio is given back to its sender, and may pass later', () => {
    const lab = new PipelineLab({ holdAboveRatio: 0.01 });
    lab.own();
    lab.receive(Array.from({ length: 12 }, () => '{}'));
    const causes = Array.from({ length: 11 }, () => lab.reject());
    expect(causes.every((cause) => cause === undefined)).toBe(true);
    const [last] = lab.documents;
    expect(lab.reject(last)).toBe(
      'more than 10 of the last 1000 records were rejected: mapper_parsing_exception',
    );
    expect(lab.deadLetters).toHaveLength(11);
    lab.documents = last === undefined ? [] : [last];
    lab.acknowledge();
    expect(lab.counts.indexed).toBe(1);
  });
});

describe('an asynchronous transform', () => {
  it('does not keep the records after it from being sent, and holds the watermark', async () => {
    const answer = deferred<Event>();
    const lab = new PipelineLab({ run: (event) => (event['late'] === true ? answer.promise : event) });
    const owned = lab.own();
    lab.receive(['{"late":true}', '{"n":2}']);
    lab.acknowledge();
    expect([owned.watermark, lab.documents.length]).toEqual([0, 0]);
    const before = lab.flushes;
    answer.resolve({ n: 1 });
    await turn();
    expect(sourcesOf(lab.documents)).toEqual(['{"n":1}']);
    expect(lab.flushes).toBeGreaterThan(before);
    lab.acknowledge();
    expect(owned.watermark).toBe(2);
  });

  it('that ends after its partition was abandoned sends nothing', async () => {
    const answer = deferred<Event>();
    const lab = new PipelineLab({ run: () => answer.promise });
    const owned = lab.own();
    lab.receive(['{}']);
    lab.revoke(owned);
    answer.resolve({ n: 1 });
    await turn();
    expect([lab.documents.length, lab.counts.returned, lab.outputs]).toEqual([0, 1, 0]);
  });
});

describe('records are received only', () => {
  it('of partitions that we own', () => {
    const lab = new PipelineLab();
    lab.own(0);
    lab.receive(['{}'], 0, 1);
    expect([lab.received, lab.documents.length, lab.pipeline.inFlight]).toEqual([0, 0, 0]);
  });

  it('of partitions that do not drain: those are for the next owner', () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.receive(['{}']);
    owned.draining = true;
    lab.receive(['{}', null], 1);
    expect([lab.received, lab.documents.length, owned.position]).toEqual([1, 1, 1]);
    lab.acknowledge();
    expect(owned.watermark).toBe(1);
  });

  it('once, when the client gives them again', () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.receive(['{}', '{}']);
    lab.receive(['{}', '{}', '{}']);
    expect([lab.received, lab.documents.length, owned.position]).toEqual([3, 3, 3]);
  });
});

describe('a partition that is abandoned', () => {
  it('returns what is open, and late acknowledgements neither settle nor count nor commit', async () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.receive(['{}', '{}', 'poison', '{}']);
    lab.acknowledge();
    const late = [...lab.documents];
    const [deadLetter] = lab.deadLetters;
    lab.reject(late[1]);
    lab.revoke(owned);
    const before = { ...lab.counts };
    expect(before).toMatchObject({ indexed: 1, returned: 3 });
    for (const document of late) lab.pipeline.indexed(document);
    lab.pipeline.rejected(late[0] as Document, 'late', 'late');
    await lab.bury(deadLetter);
    expect(lab.counts).toEqual(before);
    expect(lab.pipeline.inFlight).toBe(0);
    expect(owned.committable).toBeNull();
  });

  it('comes back as a new epoch, in which acknowledgements of the old one mean nothing', () => {
    const lab = new PipelineLab();
    const before = lab.own();
    lab.receive(['{}', '{}']);
    const old = [...lab.documents];
    lab.revoke(before);
    const after = lab.own();
    lab.receive(['{}', '{}']);
    expect(lab.received).toBe(4);
    for (const document of old) lab.pipeline.indexed(document);
    expect([after.watermark, lab.counts.indexed]).toEqual([0, 0]);
    lab.acknowledge();
    expect(after.watermark).toBe(1);
  });

  it('frees its memory, and no other partition is touched', () => {
    const lab = new PipelineLab({ run: (event) => event });
    const [revoked, kept] = [lab.own(0), lab.own(1)] as const;
    lab.receive(['{"a":1}', '{"a":2}'], 0, 0);
    lab.receive(['{"a":3}'], 0, 1);
    const used = lab.pipeline.budget.usedBytes;
    lab.revoke(revoked);
    expect(lab.pipeline.budget.usedBytes).toBeGreaterThan(0);
    expect(lab.pipeline.budget.usedBytes).toBeLessThan(used);
    expect(kept.unsettled).toBe(1);
    lab.acknowledge();
    expect(lab.pipeline.budget.usedBytes).toBe(0);
  });

  it('is no block any longer', () => {
    const lab = new PipelineLab({ run: fail, onError: 'hold' });
    const owned = lab.own();
    lab.receive(['{}']);
    expect(lab.blockedRecords.size).toBe(1);
    lab.revoke(owned);
    expect([lab.blockedRecords.size, owned.blocked]).toEqual([0, 0]);
  });
});

it('what a transform does with an event after it has returned it changes nothing', () => {
  const kept: Event[] = [];
  const run: TransformFunction = (event) => {
    for (const earlier of kept) earlier['n'] = 'changed later';
    kept.push(event);
    return event;
  };
  const lab = new PipelineLab({ run });
  lab.own();
  lab.receive(['{"n":1}', '{"n":2}']);
  expect(sourcesOf(lab.documents)).toEqual(['{"n":1}', '{"n":2}']);
});

it('a record in quarantine is dead-lettered without a transform seeing it, its neighbours go through', () => {
  const quarantine = new Quarantine();
  const seen: number[] = [];
  const run: TransformFunction = (event, { offset }) => {
    seen.push(offset);
    return event;
  };
  const lab = new PipelineLab({ quarantine, run });
  lab.own();
  // The quarantine may grow while records are read.
  quarantine.add({ topic: 'app-logs', partition: 0, offset: 1 });
  lab.receive(['{}', '{}', '{}']);
  expect(seen).toEqual([0, 2]);
  expect(lab.deadLetters.map(({ settlement, why }) => [settlement.offset, why.reason])).toEqual([
    [1, 'transform_stuck'],
  ]);
});

describe('a dead letter that is sent through the chain again', () => {
  const original = sourceRecord({
    topic: 'audit',
    partition: 9,
    offset: 1042,
    value: Buffer.from('{"was":1}'),
  });

  it('has the id of the record that it was, while its own offset is what settles', () => {
    const lab = new PipelineLab({ original: () => original });
    const owned = lab.own(0, 5);
    lab.receive(['dead letter'], 5);
    expect(sourcesOf(lab.documents)).toEqual(['{"was":1}']);
    expect(lab.documents[0]?.action).toContain(`"${documentId(original)}"`);
    expect(owned.watermark).toBe(5);
    lab.acknowledge();
    expect(owned.watermark).toBe(6);
  });

  it('is dead-lettered again as the record that it was', () => {
    const lab = new PipelineLab({ original: () => original, run: fail });
    lab.own();
    lab.receive(['dead letter']);
    const { topic, partition, offset, value } = lab.deadLetters[0]?.settlement.record ?? {};
    expect({ topic, partition, offset, value }).toEqual({
      topic: 'audit',
      partition: 9,
      offset: 1042,
      value: Buffer.from('{"was":1}'),
    });
  });

  it('stays a dead letter where it is not wanted, and the offset waits for that', async () => {
    const acknowledged = Promise.withResolvers<void>();
    const put: string[] = [];
    const lab = new PipelineLab({
      original: () => 'keep',
      deadLetters: {
        send: async () => {},
        putBack: ({ record }) => {
          put.push(String(record.value));
          return acknowledged.promise;
        },
        close: async () => {},
      },
    });
    const owned = lab.own();
    lab.receive(['dead letter']);
    await new Promise(setImmediate);
    expect([put, owned.watermark, lab.counts.skipped]).toEqual([['dead letter'], 0, 0]);
    acknowledged.resolve();
    await vi.waitFor(() => expect(lab.counts.skipped).toBe(1));
    expect([owned.watermark, lab.documents.length]).toEqual([1, 0]);
  });

  it('ends the range when it is not wanted: neither it nor a later record is received', () => {
    const lab = new PipelineLab({ original: (record) => (record.offset < 2 ? record : 'stop') });
    const owned = lab.own();
    lab.receive(['{}', '{}', '{}', '{}']);
    lab.receive(['{}'], 4);
    expect([lab.received, owned.position, owned.draining]).toEqual([2, 2, true]);
  });
});

describe('memory', () => {
  it('of a record is counted until it settles: its value, its key, and the text that a transform made', () => {
    const lab = new PipelineLab({ run: (event) => ({ ...event, more: 'x'.repeat(5000) }) });
    lab.own();
    const record: SourceRecord = sourceRecord({ key: Buffer.alloc(300), value: Buffer.from('{"a":1}') });
    lab.receiveRecords([record]);
    const used = lab.pipeline.budget.usedBytes;
    expect(used).toBeGreaterThan(5300);
    expect(used).toBeLessThan(8000);
    lab.acknowledge();
    expect(lab.pipeline.budget.usedBytes).toBe(0);
  });

  it('of small records includes their fixed costs', () => {
    const lab = new PipelineLab();
    lab.own();
    lab.receive(Array.from({ length: 1000 }, () => '{}'));
    expect(lab.pipeline.budget.usedBytes).toBeGreaterThan(100_000);
  });
});

describe('drained', () => {
  it('resolves when nothing of the partitions is in flight', async () => {
    const lab = new PipelineLab();
    const [owned, other] = [lab.own(0), lab.own(1)] as const;
    lab.receive(['{}'], 0, 0);
    lab.receive(['{}'], 0, 1);
    let done = false;
    const drained = lab.pipeline.drained([owned], 60_000).then(() => {
      done = true;
    });
    await turn();
    expect(done).toBe(false);
    lab.acknowledge();
    await drained;
    expect(other.unsettled).toBe(1);
  });

  it('waits for what is in flight beside a record that is blocked for two causes', async () => {
    const lab = new PipelineLab();
    const owned = lab.own();
    lab.receive(['{}', '{}']);
    const [blocked, open] = lab.documents as [Document, Document];
    for (const cause of ['a', 'b']) lab.blockedRecords.add(cause, blocked.settlement);
    let done = false;
    const drained = lab.pipeline.drained([owned], 60_000).then(() => {
      done = true;
    });
    await turn();
    expect(done).toBe(false);
    lab.acknowledge(open);
    await drained;
    expect([owned.unsettled, owned.blocked]).toEqual([1, 1]);
  });

  it('does not wait for what is blocked, nor for longer than it may', async () => {
    const blocking = new PipelineLab({ run: fail, onError: 'hold' });
    const owned = blocking.own();
    blocking.receive(['{}']);
    await blocking.pipeline.drained([owned], 60_000);
    const busy = new PipelineLab();
    const partition = busy.own();
    busy.receive(['{}']);
    await busy.pipeline.drained([partition], 0);
    expect(partition.unsettled).toBe(1);
  });
});

describe('over random histories', () => {
  const seeds = Array.from({ length: 40 }, (_, seed) => seed + 1);

  it.each(seeds)('the books agree at every step, and nothing is skipped: seed %d', async (seed) => {
    const history = new RandomHistory(seed);
    await expectBooksToAgree(history, 150);
    expect(history.lab.pipeline.inFlight).toBe(0);
    expect(history.lab.pipeline.budget.usedBytes).toBe(0);
  });

  it.each(seeds)('and where neighbours continue together: seed %d', async (seed) => {
    const history = new RandomHistory(seed, true);
    await expectBooksToAgree(history, 150);
    const { pipeline, counts } = history.lab;
    expect([pipeline.inFlight, pipeline.budget.usedBytes]).toEqual([0, 0]);
    expect(history.together).toBeGreaterThan(0);
    expect(history.splits).toBeGreaterThan(0);
    expect(counts.dead_lettered).toBeGreaterThan(0);
  });

  it('everything that can happen to a record does happen', async () => {
    const totals = { skipped: 0, dropped: 0, indexed: 0, failure_store: 0, dead_lettered: 0, returned: 0 };
    for (const seed of seeds) {
      const history = new RandomHistory(seed);
      for (let step = 0; step < 150; step++) await history.step();
      for (const outcome of outcomes) totals[outcome] += history.lab.counts[outcome];
    }
    for (const outcome of outcomes) expect(totals[outcome]).toBeGreaterThan(100);
  });
});

describe('over random histories with a transform that reduces', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed + 1))(
    'every record comes to one end, and no memory stays: seed %d',
    async (seed) => {
      const history = new ReducingHistory(seed, seed % 3 === 0);
      for (let step = 0; step < 200; step++) await history.step();
      await history.finish();
      const { lab } = history;
      expect([lab.pipeline.inFlight, lab.pipeline.budget.usedBytes, lab.pipeline.stuckBytes]).toEqual([
        0, 0, 0,
      ]);
      expect(lab.blockedRecords.list()).toEqual([]);
      expect(history.unfinished()).toEqual([]);
      expect(lab.settled).toBe(lab.received);
      expect(history.recreated).toBeGreaterThan(0);
    },
  );
});
