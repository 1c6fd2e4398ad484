import { describe, expect, it } from 'vitest';
import { type Decoded, decode } from '../../../src/codec/decode.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { documentId } from '../../../src/elasticsearch/document-id.ts';
import { type Renderer, createRenderer } from '../../../src/elasticsearch/render.ts';
import { LogweirError } from '../../../src/errors.ts';
import type { Event } from '../../../src/transform/api.ts';
import { configOf } from '../support/config.ts';
import { RECORD_TIME, received, sourceRecord } from '../support/fakes.ts';

const ID = documentId(sourceRecord({ offset: 7 }));

const renderer = (elasticsearch: string): Renderer =>
  createRenderer(configOf(`elasticsearch: ${elasticsearch}`).elasticsearch);

function decoded(text: string): Decoded {
  const result = decode(Buffer.from(text), 'json');
  if (result.kind === 'poison') throw new Error(result.message);
  return result;
}

/** The document of a record that was parsed and not changed. */
function render(by: Renderer, text: string, change: (event: Event) => Event = (event) => event): Document {
  const exact = decoded(text).parse();
  return by.event(received({ offset: 7 }).settlement, change(exact.value as Event), 0, exact);
}

describe('in index mode', () => {
  it('a document is written with `index` under the id of its record, so that a replay corrects it', () => {
    const { settlement } = received({ offset: 7 });
    const document = renderer('{ index: app-logs }').untouched(settlement, decoded('{"a":1}'));
    expect(JSON.parse(document.action)).toEqual({ index: { _index: 'app-logs', _id: ID } });
    expect(document.settlement).toBe(settlement);
  });

  it('a record that nobody looked into goes as the very bytes that came', () => {
    const text = decoded('{"a":1.0,  "b":"\\u00e9"}');
    const document = renderer('{ index: app-logs }').untouched(received().settlement, text);
    expect(document.source).toBe(text.bytes.toString());
  });

  it('wants the event only where the index name hangs on it', () => {
    expect(renderer('{ index: app-logs }').needsEvent).toBe(false);
    expect(renderer('{ index: "app-{{@timestamp|yyyy}}" }').needsEvent).toBe(true);
    expect(renderer('{ index: "app-{{service}}" }').needsEvent).toBe(true);
  });

  it('the index comes from the event as the transforms left it', () => {
    const by = renderer('{ index: "{{service}}-{{@timestamp|yyyy.MM.dd}}" }');
    const text = '{"service":"API","@timestamp":"2025-06-07T08:09:10Z"}';
    expect(render(by, text)).toMatchObject({ index: 'api-2025.06.07' });
    expect(render(by, text, (event) => ({ ...event, service: 'web' }))).toMatchObject({
      index: 'web-2025.06.07',
    });
  });

  it('the index of an event without a time comes from the record, never from the wall clock', () => {
    expect(render(renderer('{ index: "l-{{@timestamp|yyyy.MM.dd}}" }'), '{"a":1}').index).toBe(
      'l-2026.01.02',
    );
  });

  it('adds nothing to the event', () => {
    expect(render(renderer('{ index: app-logs }'), '{"a":1}').source).toBe('{"a":1}');
  });

  it('numbers are put out as they were written', () => {
    const text = '{"id":9007199254740993,"n":1.0,"nested":{"m":2.50}}';
    expect(render(renderer('{ index: app-logs }'), text).source).toBe(text);
  });

  it('each output of a record has an id of its own, and the first one the id of the record', () => {
    const by = renderer('{ index: app-logs }');
    const { settlement } = received({ offset: 7 });
    const ids = [0, 1, 2].map((output) => {
      const { action } = by.event(settlement, { output }, output, undefined);
      return (JSON.parse(action) as { index: { _id: string } }).index._id;
    });
    expect(ids).toEqual([ID, `${ID}:1`, `${ID}:2`]);
  });

  it('an event that has no JSON form throws, and makes no document', () => {
    const cyclic: Event = {};
    cyclic['self'] = cyclic;
    const by = renderer('{ index: app-logs }');
    expect(() => by.event(received().settlement, cyclic, 0, undefined)).toThrow(TypeError);
  });

  it('a name that Elasticsearch refuses is a configuration error', () => {
    expect(() => renderer('{ index: App }')).toThrow(LogweirError);
  });
});

describe('in data_stream mode', () => {
  const STREAM = '{ mode: data_stream, data_stream: { type: logs, dataset: app, namespace: prod } }';

  it('a document is created under the id of its record, since data streams are append-only', () => {
    const { action } = render(renderer(STREAM), '{"a":1}');
    expect(JSON.parse(action)).toEqual({ create: { _index: 'logs-app-prod', _id: ID } });
  });

  it('wants the event, since every document needs a @timestamp', () => {
    expect(renderer(STREAM).needsEvent).toBe(true);
  });

  it.each([
    ['the record', '{"a":1}', new Date(RECORD_TIME).toISOString()],
    ['`timestamp`, as Vector writes it', '{"timestamp":"2025-06-07T08:09:10Z"}', '2025-06-07T08:09:10.000Z'],
    ['the record, where `timestamp` is broken', '{"timestamp":"soon"}', new Date(RECORD_TIME).toISOString()],
  ])('a missing @timestamp comes from %s', (_from, text, expected) => {
    const { source } = render(renderer(STREAM), text);
    expect((JSON.parse(source) as Event)['@timestamp']).toBe(expected);
  });

  it.each(['null', '""', '"soon"', '{}', '-1'])(
    'a @timestamp of %s is replaced by that of the record',
    (broken) => {
      const { source } = render(renderer(STREAM), `{"@timestamp":${broken}}`);
      expect(source).toBe('{"@timestamp":"2026-01-02T03:04:05.678Z"}');
    },
  );

  it('a @timestamp that is there stays as it is, to the letter', () => {
    const text = '{"@timestamp":"2025-06-07T08:09:10.123456789+02:00"}';
    expect(render(renderer(STREAM), text).source).toBe(text);
  });

  it('a record that nobody looked into gets its @timestamp too, and keeps its numbers', () => {
    const { settlement } = received({ offset: 7 });
    const { source } = renderer(STREAM).untouched(settlement, decoded('{"id":9007199254740993,"n":1.0}'));
    expect(source).toBe('{"id":9007199254740993,"n":1.0,"@timestamp":"2026-01-02T03:04:05.678Z"}');
  });

  it.each(['Logs', 'lo gs', '-logs', 'a*', 'a"b', 'a/b', 'x'.repeat(250)])(
    'a name that Elasticsearch refuses (%.10s) is a configuration error',
    (type) => {
      const create = (): Renderer =>
        renderer(`{ mode: data_stream, data_stream: { type: ${JSON.stringify(type)} } }`);
      expect(create).toThrow(LogweirError);
      expect(create).toThrow(/not a name that Elasticsearch accepts/);
    },
  );
});
