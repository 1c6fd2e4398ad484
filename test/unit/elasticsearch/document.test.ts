import { describe, expect, it } from 'vitest';
import { type Document, bulkBody, countOf, within } from '../../../src/elasticsearch/document.ts';
import { documentId } from '../../../src/elasticsearch/document-id.ts';
import { DocumentWriter } from '../../../src/elasticsearch/document-writer.ts';
import type { SourceRecord } from '../../../src/record.ts';
import { received, sourceRecord } from '../support/fakes.ts';
import { receivedRun, recordsOf } from '../support/runs.ts';

const { settlement } = received();
const ID = documentId(settlement.record);
const ACTION = `{"index":{"_index":"logs-é","_id":"${ID}"}}`;

const inLogs = (source: Buffer | string, writer = new DocumentWriter('index')): Document =>
  writer.write(settlement, 'logs-é', 0, source);

describe('the body of a bulk request', () => {
  it('has two lines for each document, each with a line feed', () => {
    const body = bulkBody([
      inLogs(Buffer.from('{"a":1}')),
      new DocumentWriter('create').write(settlement, 'stream', 2, '{"b":"text"}'),
    ]);
    expect(body.toString()).toBe(
      `${ACTION}\n{"a":1}\n{"create":{"_index":"stream","_id":"${ID}:2"}}\n{"b":"text"}\n`,
    );
  });

  it('contains the unchanged bytes of a record', () => {
    const bytes = Buffer.from(' {"a" : 1.0,\t"é":"🚀\\u0000"} ');
    const body = bulkBody([inLogs(bytes)]);
    expect(body.subarray(Buffer.byteLength(ACTION) + 1, -1).equals(bytes)).toBe(true);
  });

  it.each(['plain', 'é', '🚀🚀', '漢字', 'lone \ud800 surrogate', ''])(
    'has exactly the bytes of its documents, also with multi-byte characters: %j',
    (text) => {
      const asText = JSON.stringify({ text });
      const documents = [
        inLogs(asText),
        inLogs(Buffer.from(asText)),
        new DocumentWriter('create').write(settlement, '🚀', 2, asText),
      ];
      const body = bulkBody(documents);
      expect(body.length).toBe(documents.reduce((sum, { bytes }) => sum + bytes, 0));
      const lines = body.toString().split('\n');
      expect(lines).toHaveLength(7);
      expect(lines.pop()).toBe('');
      for (const line of lines) expect(typeof JSON.parse(line)).toBe('object');
    },
  );

  it('does not share memory with the documents', () => {
    const source = Buffer.from('{"a":1}');
    const document = inLogs(source);
    source.fill('x');
    const body = bulkBody([document]);
    document.chunk.bytes.fill('x');
    expect(body.toString()).toBe(`${ACTION}\n{"a":1}\n`);
  });

  it('contains its documents in any order, from several chunks, and after some were detached', () => {
    const writer = new DocumentWriter('index');
    const documents = Array.from({ length: 3000 }, (_, n) =>
      inLogs(`{"n":${n},"text":"${'x'.repeat(400)}"}`, writer),
    );
    expect(new Set(documents.map(({ chunk }) => chunk)).size).toBeGreaterThan(2);
    const expected = (some: readonly Document[]): string =>
      some.map(({ action, source }) => `${action}\n${source}\n`).join('');
    const orders = [documents, documents.toReversed(), documents.filter((_, at) => at % 3 > 0)];
    for (const some of orders) expect(bulkBody(some).toString()).toBe(expected(some));
    const before = bulkBody(documents);
    for (const document of documents) if (Math.random() < 0.5) document.detach();
    expect(bulkBody(documents).equals(before)).toBe(true);
  });

  it('is empty without documents', () => {
    expect(bulkBody([]).length).toBe(0);
  });
});

it('the id in the action line is that of the record, whatever was written before', () => {
  const writer = new DocumentWriter('index');
  const one = <T>(...values: T[]): T => values[Math.floor(Math.random() * values.length)] as T;
  for (let run = 0; run < 2000; run++) {
    const record: Partial<SourceRecord> = {
      topic: one('app-logs', 'b.c_d', 'x'),
      partition: one(0, 1, 12),
      offset: one(0, 7, 1_000_000, Number.MAX_SAFE_INTEGER),
      timestamp: one(-1, 0, 1_767_000_000_000, 1_767_000_000_001),
    };
    const output = one(0, 0, 3);
    const index = one('a', 'b');
    const { settlement: acknowledgement } = received(record);
    const { action } = writer.write(acknowledgement, index, output, '{}');
    expect(JSON.parse(action)).toEqual({
      index: { _index: index, _id: documentId(acknowledgement.record, output) },
    });
  }
});

it('a detached document keeps only its own bytes', () => {
  const writer = new DocumentWriter('index');
  const [first, second] = [inLogs('{"a":1}', writer), inLogs('{"a":2}', writer)];
  expect(first.chunk).toBe(second.chunk);
  second.detach();
  expect(second.chunk.bytes.length).toBe(second.bytes);
  expect([second.action, second.source]).toEqual([ACTION, '{"a":2}']);
});

describe('the documents of a run', () => {
  const records = recordsOf(['{"n":0}', '{"n":"\u{1f600}"}', '{"n":[2]}']);
  const lines = records.map(
    (record) => `{"index":{"_index":"app-logs","_id":"${documentId(record)}"}}\n${String(record.value)}\n`,
  );

  it('are one element of the list, and all are in the body', () => {
    const { document } = receivedRun(records);
    expect([document.count, countOf([document, document])]).toEqual([3, 6]);
    expect(document.bytes).toBe(Buffer.byteLength(lines.join('')));
    expect(document.action).toBe(lines[0]?.split('\n')[0]);
    expect(bulkBody([document]).toString()).toBe(lines.join(''));
  });

  it('have the same bytes after a split, whatever is between them', () => {
    const { document } = receivedRun(records);
    const other = receivedRun(records).document;
    const whole = bulkBody([document, other]).toString();
    const chain = {};
    document.chain = chain;
    const parts = document.split();
    expect(parts.map(({ count }) => count)).toEqual([1, 1, 1]);
    expect(parts.map(({ bytes }) => bytes)).toEqual(lines.map((line) => Buffer.byteLength(line)));
    expect(parts.map(({ action, source }) => `${action}\n${source}\n`)).toEqual(lines);
    expect(parts.every((part) => part.chain === chain && part.index === 'app-logs')).toBe(true);
    expect(bulkBody([...parts, other]).toString()).toBe(whole);
    const [first, second, third] = parts as [Document, Document, Document];
    second.detach();
    expect(bulkBody([...parts, other]).toString()).toBe(whole);
    expect(bulkBody([third, other, first]).toString()).toBe(`${lines[2]}${lines.join('')}${lines[0]}`);
  });

  it('cannot be sent as a run after a split', () => {
    const { document } = receivedRun(records);
    document.split();
    expect(() => bulkBody([document])).toThrow('settled record');
  });

  it('are the document itself if there is only one', () => {
    const { document } = receivedRun(records.slice(0, 1));
    expect(document.split()).toEqual([document]);
    expect(document.settlement.settled).toBe(false);
  });

  it('have no key or headers in the body', () => {
    const { document } = receivedRun(
      records.map((record) => ({
        ...record,
        key: Buffer.from('key'),
        headers: [{ h: Buffer.from('head') }],
      })),
    );
    expect(bulkBody([document]).toString()).toBe(lines.join(''));
    const [, second] = document.split() as [Document, Document];
    second.detach();
    expect(bulkBody([second]).toString()).toBe(lines[1]);
    expect(second.settlement.record.headers).toEqual([{ h: Buffer.from('head') }]);
    expect(String(second.settlement.record.key)).toBe('key');
  });
});

describe('the content of a request', () => {
  const runOf = (count: number): Document =>
    receivedRun(Array.from({ length: count }, (_, offset) => sourceRecord({ offset }))).document;
  const { bytes } = runOf(1);

  it('is limited in documents, those of runs counted, and in bytes', () => {
    const runs = [runOf(3), runOf(2), runOf(1)];
    expect(within(runs, 6, Infinity)).toEqual({ length: 3, count: 6, bytes: 6 * bytes });
    expect(within(runs, 5, Infinity)).toEqual({ length: 2, count: 5, bytes: 5 * bytes });
    expect(within(runs, 4, Infinity)).toEqual({ length: 1, count: 3, bytes: 3 * bytes });
    expect(within(runs, Infinity, 5 * bytes)).toMatchObject({ length: 2 });
    expect(within(runs, Infinity, 5 * bytes - 1)).toMatchObject({ length: 1 });
  });

  it('has at least one document, unless there is none', () => {
    expect(within([runOf(3)], 1, 1)).toEqual({ length: 1, count: 3, bytes: 3 * bytes });
    expect(within([], 1, 1)).toEqual({ length: 0, count: 0, bytes: 0 });
  });
});
