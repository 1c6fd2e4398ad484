import { describe, expect, it } from 'vitest';
import { type Document, bulkBody, makeDocument } from '../../../src/elasticsearch/document.ts';
import { received } from '../support/fakes.ts';

const { settlement } = received();
const ACTION = '{"index":{"_index":"logs-é","_id":"1"}}';

const inLogs = (source: Buffer | string): Document =>
  makeDocument(settlement, 'index', 'logs-é', '1', source);

describe('the body of a bulk request', () => {
  it('is two lines a document, each with its line feed, and nothing else', () => {
    const body = bulkBody([
      inLogs(Buffer.from('{"a":1}')),
      makeDocument(settlement, 'create', 'stream', '2', '{"b":"text"}'),
    ]);
    expect(body.toString()).toBe(
      `${ACTION}\n{"a":1}\n{"create":{"_index":"stream","_id":"2"}}\n{"b":"text"}\n`,
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
        makeDocument(settlement, 'create', '🚀', '2', asText),
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
    const body = bulkBody([inLogs(source)]);
    source.fill('x');
    expect(body.toString()).toBe(`${ACTION}\n{"a":1}\n`);
  });

  it('is empty without documents', () => {
    expect(bulkBody([]).length).toBe(0);
  });
});
