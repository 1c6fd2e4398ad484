import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decoded, decode } from '../../../src/codec/decode.ts';
import { rawJson } from '../../../src/codec/raw-json.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { documentId } from '../../../src/elasticsearch/document-id.ts';
import { EventRejected, idIn, versionOf } from '../../../src/elasticsearch/event-id.ts';
import { createRenderer } from '../../../src/elasticsearch/render.ts';
import { type Event, routeTo } from '../../../src/transform/api/api.ts';
import { configOf } from '../support/config.ts';
import { RECORD_TIME, received, sourceRecord } from '../support/fakes.ts';

const OWN_ID = documentId(sourceRecord({ offset: 7 }));

function decoded(text: string, lazily: boolean): Decoded {
  const result = decode(Buffer.from(text), 'json', lazily);
  if (result.kind === 'poison') throw new Error(result.message);
  return result;
}

/** Renders events of one record, with the change of a transform. */
function rendered(
  elasticsearch: string,
  text: string,
  { change = (event) => event, lazily = false }: { change?: (event: Event) => Event; lazily?: boolean } = {},
): Document {
  const renderer = createRenderer(configOf(`elasticsearch: ${elasticsearch}`).elasticsearch);
  expect(renderer.passthrough).toBeNull();
  const exact = decoded(text, lazily).event();
  return renderer.event(received({ offset: 7 }).settlement, change(exact.value as Event), 0, exact);
}

/** Text, since a version has more digits than a JavaScript number. */
const versionIn = (action: string): string | undefined => /"version":(\d+)/.exec(action)?.[1];

describe('the id in a field', () => {
  it.each<[string, unknown, string]>([
    ['a text', 'order-7', 'order-7'],
    ['a text that JSON escapes', 'a"b\\c\n\u0000', 'a"b\\c\n\u0000'],
    ['a number', 7, '7'],
    ['zero', 0, '0'],
    ['a large integer', 12345678901234567890n, '12345678901234567890'],
    ['a number that no double holds', rawJson('1e400'), '1e400'],
    ['false', false, 'false'],
    ['half of a surrogate pair', 'a\ud800b', 'a\ufffdb'],
    ['512 bytes', 'é'.repeat(256), 'é'.repeat(256)],
  ])('%s', (_what, value, id) => {
    expect(idIn({ key: value }, 'key')).toBe(id);
    expect(idIn({ a: { key: value } }, 'a.key')).toBe(id);
    expect(idIn({ 'a.key': value, a: { key: 'other' } }, 'a.key')).toBe(id);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['an object', { id: 1 }],
    ['a list', ['1']],
    ['a number without a JSON form', Number.NaN],
  ])('%s is no id', (_what, value) => {
    expect(idIn({ key: value }, 'key')).toBeUndefined();
  });

  it('is rejected above 512 bytes, by the field and without its value', () => {
    const tooLong = (): unknown => idIn({ key: `${'é'.repeat(256)}x` }, 'key');
    expect(tooLong).toThrow(EventRejected);
    expect(tooLong).toThrow(
      'the field key has 513 bytes, and Elasticsearch allows an id of 512: shorten or hash it in a transform',
    );
  });
});

describe('the version', () => {
  const version = (timestamp: number, offset: number): bigint =>
    BigInt(versionOf({ topic: 't', partition: 0, timestamp, offset }));

  it('of a later timestamp is higher, whatever the offsets; of the same timestamp, that of a higher offset', () => {
    const time = integer({ min: 0, max: 2 ** 42 - 1 });
    const offset = integer({ min: 0, max: 2 ** 50 });
    assert(
      property(time, time, offset, offset, integer({ min: 0, max: 2 ** 21 - 2 }), (a, b, x, y, low) => {
        if (a !== b) expect(version(a, x) < version(b, y)).toBe(a < b);
        const block = x - (x % 2 ** 21);
        expect(version(a, block + low)).toBeLessThan(version(a, block + low + 1));
      }),
    );
  });

  it('is one that Elasticsearch accepts: from 0 to 2^63 - 1', () => {
    expect(version(-1, 0)).toBe(0n);
    expect(version(8.64e15, 2 ** 53 - 1)).toBe(2n ** 63n - 1n);
  });
});

describe.each([false, true])('with id_key, decoded lazily: %s', (lazily) => {
  it('the document has that id and the version of its record, and lacks the field', () => {
    const document = rendered('{ index: orders, id_key: id }', '{"a":1.50,"id":"o-1","b":"x"}', { lazily });
    expect(JSON.parse(document.action)).toMatchObject({
      index: { _index: 'orders', _id: 'o-1', version_type: 'external_gte' },
    });
    expect(versionIn(document.action)).toBe(versionOf(sourceRecord({ offset: 7 })));
    expect(document.source).toBe('{"a":1.50,"b":"x"}');
  });

  it('a nested field leaves the object that held it', () => {
    const document = rendered('{ id_key: a.b.id }', '{"a":{"b":{"id":7,"n":1.0}}}', { lazily });
    expect(JSON.parse(document.action)).toMatchObject({ index: { _id: '7' } });
    expect(document.source).toBe('{"a":{"b":{"n":1.0}}}');
  });

  it('an event without the field has the id of its record, and no version', () => {
    for (const text of ['{"a":1}', '{"id":null}', '{"id":""}', '{"id":{"x":1}}']) {
      const document = rendered('{ index: orders, id_key: id }', text, { lazily });
      expect(JSON.parse(document.action)).toEqual({ index: { _index: 'orders', _id: OWN_ID } });
      expect(document.source).toBe(text);
    }
  });

  it('a text that is not plain ASCII stays one line of JSON', () => {
    const document = rendered('{ id_key: id }', '{"id":"é\\n\\"\\u0000"}', { lazily });
    expect(JSON.parse(document.action)).toMatchObject({ index: { _id: 'é\n"\u0000' } });
    expect(document.source).toBe('{}');
  });

  it('the event is unchanged afterwards: a transform may have kept it, or returned it twice', () => {
    const kept: Event[] = [];
    const change = (event: Event): Event => {
      kept.push(event);
      return event;
    };
    rendered('{ id_key: a.id }', '{"a":{"id":"x","n":1}}', { change, lazily });
    rendered('{ id_key: id }', '{"id":"x"}', { change, lazily });
    expect(kept).toEqual([{ a: { id: 'x', n: 1 } }, { id: 'x' }]);
  });

  it('a frozen event is written', () => {
    const change = (event: Event): Event => Object.freeze(event);
    const document = rendered('{ id_key: id }', '{"id":"x","a":1}', { change, lazily });
    expect(document.source).toBe('{"a":1}');
  });

  it('the index name may contain the field, and a route is kept', () => {
    const text = '{"id":"x","a":1}';
    expect(rendered('{ index: "o-{{id}}", id_key: id }', text, { lazily }).index).toBe('o-x');
    const change = (event: Event): Event => routeTo(event, 'elsewhere');
    expect(rendered('{ id_key: id }', text, { change, lazily }).index).toBe('elsewhere');
  });

  it('`same_id: first` creates documents, without a version', () => {
    const document = rendered('{ index: orders, id_key: id, same_id: first }', '{"id":"x"}', { lazily });
    expect(JSON.parse(document.action)).toEqual({ create: { _index: 'orders', _id: 'x' } });
  });

  it('a data stream creates documents, with their @timestamp', () => {
    const document = rendered('{ mode: data_stream, id_key: id }', '{"id":"x","a":1}', { lazily });
    expect(JSON.parse(document.action)).toEqual({ create: { _index: 'logs-app-default', _id: 'x' } });
    const timestamp = new Date(RECORD_TIME).toISOString();
    expect(JSON.parse(document.source)).toEqual({ a: 1, '@timestamp': timestamp });
  });
});

it('the @timestamp of a data stream cannot be the id, since the document needs it', () => {
  expect(() => configOf('elasticsearch: { mode: data_stream, id_key: "@timestamp" }')).toThrow(
    'elasticsearch.id_key: a data stream needs @timestamp',
  );
  expect(() => configOf('elasticsearch: { id_key: "@timestamp" }')).not.toThrow();
});
