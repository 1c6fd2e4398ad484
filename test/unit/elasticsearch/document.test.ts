import { describe, expect, it } from 'vitest';
import { type Document, bulkBody } from '../../../src/elasticsearch/document.ts';
import { documentId } from '../../../src/elasticsearch/document-id.ts';
import { DocumentWriter } from '../../../src/elasticsearch/document-writer.ts';
import type { SourceRecord } from '../../../src/settlement.ts';
import { received } from '../support/fakes.ts';

const { settlement } = received();
const ID = documentId(settlement.record);
const ACTION = `{"index":{"_index":"logs-é","_id":"${ID}"}}`;

const inLogs = (source: Buffer | string, writer = new DocumentWriter('index')): Document =>
  writer.write(settlement, 'logs-é', 0, source);

describe('the body of a bulk request', () => {
  it('is two lines a document, each with its line feed, and nothing else', () => {
    const body = bulkBody([
      inLogs(Buffer.from('{"a":1}')),
      new DocumentWriter('create').write(settlement, 'stream', 2, '{"b":"text"}'),
    ]);
    expect(body.toString()).toBe(
      `${ACTION}\n{"a":1}\n{"create":{"_index":"stream","_id":"${ID}:2"}}\n{"b":"text"}\n`,
    );
  });

  it('holds the bytes of a record as they came', () => {
    const bytes = Buffer.from(' {"a" : 1.0,\t"é":"🚀\\u0000"} ');
    const body = bulkBody([inLogs(bytes)]);
    expect(body.subarray(Buffer.byteLength(ACTION) + 1, -1).equals(bytes)).toBe(true);
  });

  it.each(['plain', 'é', '🚀🚀', '漢字', 'lone \ud800 surrogate', ''])(
    'has exactly as many bytes as its documents say, text of several bytes a character included: %j',
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

  it('is the same in whatever order, from whatever chunks, and after documents were taken out of them', () => {
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

it('the id in the action line is that of the record, whatever was written before it', () => {
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
    const { settlement: token } = received(record);
    const { action } = writer.write(token, index, output, '{}');
    expect(JSON.parse(action)).toEqual({ index: { _index: index, _id: documentId(token.record, output) } });
  }
});

it('a document that waits keeps no more than its own bytes', () => {
  const writer = new DocumentWriter('index');
  const [first, second] = [inLogs('{"a":1}', writer), inLogs('{"a":2}', writer)];
  expect(first.chunk).toBe(second.chunk);
  second.detach();
  expect(second.chunk.bytes.length).toBe(second.bytes);
  expect([second.action, second.source]).toEqual([ACTION, '{"a":2}']);
});
