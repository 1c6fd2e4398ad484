import { describe, expect, it } from 'vitest';
import { type Decoded, decode } from '../../../src/codec/decode.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { documentId } from '../../../src/elasticsearch/document-id.ts';
import { type Renderer, createRenderer } from '../../../src/elasticsearch/render.ts';
import { LogweirError } from '../../../src/errors.ts';
import type { Settlement } from '../../../src/pipeline/settlement.ts';
import { type Event, routeTo } from '../../../src/transform/api/api.ts';
import { configOf } from '../support/config.ts';
import { RECORD_TIME, received, sourceRecord } from '../support/fakes.ts';

const ID = documentId(sourceRecord({ offset: 7 }));

const renderer = (elasticsearch: string): Renderer =>
  createRenderer(configOf(`elasticsearch: ${elasticsearch}`).elasticsearch);

/** Events are parsed eagerly or lazily. */
const LAZILY: [string, boolean][] = [
  ['', false],
  [' (lazily)', true],
];

function decoded(text: string, lazily = false): Decoded {
  const result = decode(Buffer.from(text), 'json', lazily);
  if (result.kind === 'poison') throw new Error(result.message);
  return result;
}

/** Renders the document of a parsed record, with an optional change. */
function render(
  by: Renderer,
  text: string,
  change: (event: Event) => Event = (event) => event,
  lazily = false,
): Document {
  const exact = decoded(text, lazily).event();
  return by.event(received({ offset: 7 }).settlement, change(exact.value as Event), 0, exact);
}

/** The document of an unparsed record that cannot be built in place. */
function copied(elasticsearch: string, settlement: Settlement, text: string): Document {
  const { passthrough } = renderer(elasticsearch);
  if (passthrough === null) throw new Error('the renderer needs events');
  return passthrough.copy(settlement, decoded(text).bytes);
}

describe('in index mode', () => {
  it('a document is written with `index` under the id of its record, so that a replay overwrites it', () => {
    const { settlement } = received({ offset: 7 });
    const document = copied('{ index: app-logs }', settlement, '{"a":1}');
    expect(JSON.parse(document.action)).toEqual({ index: { _index: 'app-logs', _id: ID } });
    expect(document.settlement).toBe(settlement);
  });

  it('an unparsed record keeps its exact bytes', () => {
    const text = '{"a":1.0,  "b":"\\u00e9"}';
    expect(copied('{ index: app-logs }', received().settlement, text).source).toBe(text);
  });

  it('needs the event only if the index name depends on it', () => {
    expect(renderer('{ index: app-logs }').passthrough?.index).toBe('app-logs');
    expect(renderer('{ index: "app-{{@timestamp|yyyy}}" }').passthrough).toBeNull();
    expect(renderer('{ index: "app-{{service}}" }').passthrough).toBeNull();
  });

  it('the index comes from the event after the transforms', () => {
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

  it.each([
    ['seconds with a trailing 0', '{"@timestamp":1763800000.120}', '2025.11.22'],
    ['seconds without a trailing 0', '{"@timestamp":1763800000.123}', '2025.11.22'],
    ['milliseconds in another notation', '{"@timestamp":1.763800000123E12}', '2025.11.22'],
    ['nanoseconds', '{"@timestamp":1763800000123456789}', '2025.11.22'],
    ['more digits than a double has', '{"@timestamp":1763800000.12345678901234567890}', '2025.11.22'],
    ['`timestamp`', '{"timestamp":1763800000.10}', '2025.11.22'],
  ])('the notation of a number does not change the index: %s', (_, text, day) => {
    const document = render(renderer('{ index: "l-{{@timestamp|yyyy.MM.dd}}" }'), text);
    expect(document).toMatchObject({ index: `l-${day}`, source: text });
  });

  it.each([
    ['7', '7'],
    ['7.0', '7'],
    ['7e0', '7'],
    ['2.50', '2.5'],
    ['-0', '0'],
    ['9007199254740993', '9007199254740993'],
    ['0.12345678901234567890', '0.12345678901234567890'],
    ['1E400', '1e400'],
  ])('a number in a name has the format of JavaScript: %s → %s', (number, printed) => {
    const text = `{"tenant":${number}}`;
    const document = render(renderer('{ index: "l-{{tenant}}" }'), text);
    expect(document).toMatchObject({ index: `l-${printed}`, source: text });
  });

  it('an event that a transform keeps is not changed when it is written', () => {
    const kept: Event[] = [];
    const text = '{"price":12.50,"items":[{"n":1.0}],"id":9007199254740993}';
    render(renderer('{ index: app-logs }'), text, (event) => {
      kept.push(event);
      return event;
    });
    expect(kept).toEqual([{ price: 12.5, items: [{ n: 1 }], id: 9_007_199_254_740_993n }]);
  });

  it('adds nothing to the event', () => {
    expect(render(renderer('{ index: app-logs }'), '{"a":1}').source).toBe('{"a":1}');
  });

  it('numbers keep their literals', () => {
    const text = '{"id":9007199254740993,"n":1.0,"nested":{"m":2.50}}';
    expect(render(renderer('{ index: app-logs }'), text).source).toBe(text);
  });

  it('each output of a record has its own id, and the first has that of the record', () => {
    const by = renderer('{ index: app-logs }');
    const { settlement } = received({ offset: 7 });
    const ids = [0, 1, 2].map((output) => {
      const { action } = by.event(settlement, { output }, output, undefined);
      return (JSON.parse(action) as { index: { _id: string } }).index._id;
    });
    expect(ids).toEqual([ID, `${ID}:1`, `${ID}:2`]);
  });

  it('an event without a JSON form throws', () => {
    const cyclic: Event = {};
    cyclic['self'] = cyclic;
    const by = renderer('{ index: app-logs }');
    expect(() => by.event(received().settlement, cyclic, 0, undefined)).toThrow(TypeError);
  });

  it('an invalid name is a configuration error', () => {
    expect(() => renderer('{ index: App }')).toThrow(LogweirError);
  });
});

describe('in data_stream mode', () => {
  const STREAM = '{ mode: data_stream, data_stream: { type: logs, dataset: app, namespace: prod } }';

  it('a document is created under the id of its record, since data streams are append-only', () => {
    const { action } = render(renderer(STREAM), '{"a":1}');
    expect(JSON.parse(action)).toEqual({ create: { _index: 'logs-app-prod', _id: ID } });
  });

  it('needs the event, since every document needs a @timestamp', () => {
    expect(renderer(STREAM).passthrough).toBeNull();
  });

  it.each([
    ['the record', '{"a":1}', new Date(RECORD_TIME).toISOString()],
    ['`timestamp`, as Vector writes it', '{"timestamp":"2025-06-07T08:09:10Z"}', '2025-06-07T08:09:10.000Z'],
    ['the record, if `timestamp` is invalid', '{"timestamp":"soon"}', new Date(RECORD_TIME).toISOString()],
  ])('a missing @timestamp comes from %s', (_from, text, expected) => {
    const { source } = render(renderer(STREAM), text);
    expect((JSON.parse(source) as Event)['@timestamp']).toBe(expected);
  });

  it.each(LAZILY)('a @timestamp of null is replaced in place by that of the record%s', (_, lazily) => {
    const { source } = render(renderer(STREAM), '{"@timestamp":null,"n":1}', undefined, lazily);
    expect(source).toBe('{"@timestamp":"2026-01-02T03:04:05.678Z","n":1}');
  });

  it.each([
    ['nanoseconds', '"2025-06-07T08:09:10.123456789+02:00"'],
    ['milliseconds', '1763800000123'],
    ['milliseconds with a fraction', '1763800000123.450'],
    ['milliseconds as text', '"1763800000123"'],
    ['a zone in hours', '"2025-11-22T09:26:40+01"'],
    ['before 1970', '"1969-07-20T20:17:40Z"'],
    ['before 1970 in milliseconds', '-14182940000'],
    ['a year', '2025'],
    ['the epoch', '0'],
    ['a small number, in milliseconds as in Elasticsearch', '86400000'],
    ['a list with one element', '["2025-11-22"]'],
    ['a time that Elasticsearch rejects', '"2025-W47-6T08:26:40Z"'],
    ['a space for the T, which Elasticsearch rejects', '"2025-11-22 08:26:40"'],
    ['text that is no time', '"soon"'],
    ['empty text', '""'],
    ['an object', '{"at":1}'],
    ['a boolean', 'true'],
    ['a number above every unit', '1e400'],
    ['a number beyond the last time', '1763800000123456789000'],
  ])('a @timestamp that Elasticsearch parses or rejects is unchanged: %s', (_, timestamp) => {
    const text = `{"@timestamp":${timestamp}}`;
    for (const [, lazily] of LAZILY) {
      expect(render(renderer(STREAM), text, undefined, lazily).source).toBe(text);
    }
  });

  it.each([
    ['seconds', '1763800000', '2025-11-22T08:26:40.000Z'],
    ['seconds as text', '"1763800000"', '2025-11-22T08:26:40.000Z'],
    ['seconds with a fraction', '1763800000.018632', '2025-11-22T08:26:40.018632Z'],
    ['seconds with a trailing 0', '1763800000.120', '2025-11-22T08:26:40.120Z'],
    ['seconds in another notation', '1.7638e9', '2025-11-22T08:26:40.000Z'],
    ['seconds with nanoseconds', '1763800000.123456789', '2025-11-22T08:26:40.123456789Z'],
    [
      'seconds with more digits than nanoseconds',
      '1763800000.1234567891234',
      '2025-11-22T08:26:40.123456789Z',
    ],
    ['the first number of seconds', '100000000', '1973-03-03T09:46:40.000Z'],
    ['the last number of seconds', '99999999999', '5138-11-16T09:46:39.000Z'],
    ['microseconds', '1763800000123456', '2025-11-22T08:26:40.123456Z'],
    ['microseconds as text', '"1763800000123456"', '2025-11-22T08:26:40.123456Z'],
    ['nanoseconds', '1763800000123456789', '2025-11-22T08:26:40.123456789Z'],
  ])('a @timestamp in another unit becomes a date with all its digits: %s', (_, timestamp, expected) => {
    for (const [, lazily] of LAZILY) {
      const { source } = render(renderer(STREAM), `{"@timestamp":${timestamp},"n":1.50}`, undefined, lazily);
      expect(source).toBe(`{"@timestamp":"${expected}","n":1.50}`);
    }
  });

  it.each([
    ['a date in nanoseconds', '"2025-11-22T08:26:40.123456789Z"', '2025-11-22T08:26:40.123456789Z'],
    ['a date in another zone', '"2025-11-22T09:26:40.5+01"', '2025-11-22T08:26:40.500Z'],
    ['a space for the T', '"2025-11-22 08:26:40,25"', '2025-11-22T08:26:40.250Z'],
    ['milliseconds with a fraction', '1763800000123.456', '2025-11-22T08:26:40.123456Z'],
    ['seconds', '1763800000.5', '2025-11-22T08:26:40.500Z'],
    ['nanoseconds', '1763800000123456789', '2025-11-22T08:26:40.123456789Z'],
    ['before 1970', '"1969-07-20T20:17:40.25Z"', '1969-07-20T20:17:40.250Z'],
  ])('a @timestamp from `timestamp` keeps its digits: %s', (_, timestamp, expected) => {
    for (const [, lazily] of LAZILY) {
      const { source } = render(renderer(STREAM), `{"timestamp":${timestamp}}`, undefined, lazily);
      expect(source).toBe(`{"timestamp":${timestamp},"@timestamp":"${expected}"}`);
    }
  });

  it.each<[string, unknown, string]>([
    ['a Date', new Date(1_763_800_000_123), '{"@timestamp":"2025-11-22T08:26:40.123Z"}'],
    ['NaN, which is null in JSON', Number.NaN, '{"@timestamp":"2026-01-02T03:04:05.678Z"}'],
    ['an invalid Date', new Date('soon'), '{"@timestamp":"2026-01-02T03:04:05.678Z"}'],
    ['undefined', undefined, '{"@timestamp":"2026-01-02T03:04:05.678Z"}'],
  ])('a @timestamp that a transform sets: %s', (_, timestamp, expected) => {
    for (const [, lazily] of LAZILY) {
      const { source } = render(
        renderer(STREAM),
        '{"a":1}',
        (event) => {
          delete event['a'];
          event['@timestamp'] = timestamp;
          return event;
        },
        lazily,
      );
      expect(source).toBe(expected);
    }
  });

  it.each(LAZILY)('an event that a transform keeps is not changed by it%s', (_, lazily) => {
    for (const text of ['{}', '{"n":1}', '{"@timestamp":null,"n":1}', '{"@timestamp":1763800000,"n":1.0}']) {
      let kept: Event = {};
      render(renderer(STREAM), text, (event) => (kept = event), lazily);
      expect({ ...kept }).toEqual(JSON.parse(text));
    }
  });

  it.each(LAZILY)('an untransformed record gets its @timestamp too, and keeps its numbers%s', (_, lazily) => {
    const { source } = render(renderer(STREAM), '{"id":9007199254740993,"n":1.0}', undefined, lazily);
    expect(source).toBe('{"id":9007199254740993,"n":1.0,"@timestamp":"2026-01-02T03:04:05.678Z"}');
  });

  it.each(['Logs', 'lo gs', '-logs', 'a*', 'a"b', 'a/b', 'a:b', '.ds-logs', 'x'.repeat(222)])(
    'an invalid name (%.10s) is a configuration error',
    (type) => {
      const create = (): Renderer =>
        renderer(`{ mode: data_stream, data_stream: { type: ${JSON.stringify(type)} } }`);
      expect(create).toThrow(LogweirError);
      expect(create).toThrow(/not a name that Elasticsearch accepts: it /);
    },
  );

  it('a name leaves room for the prefix and suffix of backing indices', () => {
    const type = 'x'.repeat(233 - '-app-default'.length);
    const by = renderer(`{ mode: data_stream, data_stream: { type: ${type}, dataset: app } }`);
    expect(render(by, '{"a":1}').index).toBe(`${type}-app-default`);
    const routed = render(by, '{"a":1}', (event) => routeTo(event, 'y'.repeat(300)));
    expect(routed.index).toBe('y'.repeat(233));
  });
});
