import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadLetterIndex } from '../../../src/dead-letter/index.ts';
import { type Document, bulkBody } from '../../../src/elasticsearch/document.ts';
import { documentId } from '../../../src/elasticsearch/document-id.ts';
import { RECORD_TIME, received, settleDown, sourceRecord } from '../support/fakes.ts';

const WHY = { reason: 'invalid_json', message: 'unexpected end of the JSON text at byte 7' };

let added: Document[] = [];
let deadLetters: DeadLetterIndex;

beforeEach(() => {
  added = [];
  deadLetters = new DeadLetterIndex('dead-letters', (document) => void added.push(document));
});

function sent(partial: Parameters<typeof received>[0]): Document {
  void deadLetters.send(received(partial).settlement, WHY);
  expect(added).toHaveLength(1);
  return added[0] as Document;
}

const sourceOf = ({ source }: Document): unknown => JSON.parse(source);

it('a dead letter has the id of its record, so that it is stored once if it is written twice', () => {
  const document = sent({ partition: 3, offset: 7 });
  expect(document.index).toBe('dead-letters');
  expect(JSON.parse(document.action)).toEqual({
    index: { _index: 'dead-letters', _id: documentId(sourceRecord({ partition: 3, offset: 7 })) },
  });
  expect(bulkBody([document]).length).toBe(document.bytes);
});

it('a dead letter overrides the defaults of its request', () => {
  deadLetters = new DeadLetterIndex(
    'dead-letters',
    (document) => void added.push(document),
    () => '"pipeline":"_none","require_alias":false,',
  );
  const { index } = JSON.parse(sent({ offset: 7 }).action) as { index: object };
  expect(index).toMatchObject({ _index: 'dead-letters', pipeline: '_none', require_alias: false });
});

it('a dead letter contains the record, the reason, its origin and the time', () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 5, 1) });
  try {
    const document = sent({
      partition: 3,
      offset: 7,
      key: Buffer.from('k'),
      value: Buffer.from('{"open":'),
      headers: [{ a: 'text' }, { a: Buffer.from('again') }],
    });
    expect(sourceOf(document)).toEqual({
      '@timestamp': '2026-06-01T00:00:00.000Z',
      reason: 'invalid_json',
      message: 'unexpected end of the JSON text at byte 7',
      topic: 'app-logs',
      partition: 3,
      offset: 7,
      record_timestamp: RECORD_TIME,
      key: 'k',
      value: '{"open":',
      headers: [
        { key: 'a', value: 'text' },
        { key: 'a', value: 'again' },
      ],
    });
  } finally {
    vi.useRealTimers();
  }
});

it('binary data is kept as base64, and a missing value as null', () => {
  const bytes = Buffer.from([0xff, 0x00, 0xfe]);
  expect(sourceOf(sent({ key: null, value: bytes }))).toMatchObject({
    key: null,
    value: `base64:${bytes.toString('base64')}`,
    headers: [],
  });
});

it('headers without a value or with any name are kept', () => {
  const headers = [{ none: null }, { ['__proto__']: Buffer.from('p') }, { empty: Buffer.alloc(0) }];
  expect(sourceOf(sent({ key: Buffer.alloc(0), headers: headers as never }))).toMatchObject({
    key: '',
    headers: [
      // The client returns null as empty.
      { key: 'none', value: '' },
      { key: '__proto__', value: 'p' },
      { key: 'empty', value: '' },
    ],
  });
});

describe('a dead letter is sent', () => {
  it('only when it is acknowledged, and settles nothing by itself', async () => {
    const { settlement } = received();
    let acknowledged = false;
    const sending = deadLetters.send(settlement, WHY).then(() => {
      acknowledged = true;
    });
    await settleDown();
    expect(acknowledged).toBe(false);
    added[0]?.acknowledged?.();
    await sending;
    expect(acknowledged).toBe(true);
    expect(settlement.settled).toBe(false);
  });
});
