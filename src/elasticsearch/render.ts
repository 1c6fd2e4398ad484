import type { Decoded } from '../codec/decode.ts';
import { type ExactValue, stringifyExact } from '../codec/exact-json.ts';
import { type LazyEvent, lazyOf } from '../codec/lazy-event.ts';
import type { Config } from '../config/schema.ts';
import { LogweirError } from '../errors.ts';
import type { Settlement } from '../settlement.ts';
import type { Event } from '../transform/api.ts';
import type { Document } from './document.ts';
import { DocumentWriter } from './document-writer.ts';
import { targetOf } from '../transform/route.ts';
import { compileIndexName, eventTime, parseTime, sanitise } from './index-name.ts';

/** Makes documents of events: index, id, and the JSON line. */
export interface Renderer {
  /** Whether an event must be parsed to know its index or to set its `@timestamp`. */
  readonly needsEvent: boolean;
  /** A record that nobody looked into: its bytes as they came. */
  untouched(settlement: Settlement, decoded: Decoded): Document;
  /** @param output number of the event among those that a transform made of the record */
  event(settlement: Settlement, event: Event, output: number, exact: ExactValue | undefined): Document;
}

/** @throws LogweirError CONFIG where the index or data stream cannot have that name */
export function createRenderer(config: Config['elasticsearch']): Renderer {
  return config.mode === 'index' ? indexRenderer(config.index) : dataStreamRenderer(config.data_stream);
}

/** `index`: a replay after mending a transform corrects the documents in place. */
function indexRenderer(template: string): Renderer {
  const { name, needsEvent } = compileIndexName(template);
  const writer = new DocumentWriter('index');
  return {
    needsEvent,
    untouched: (settlement, decoded) =>
      writer.write(settlement, name(undefined, settlement.record.timestamp), 0, decoded.bytes),
    event: (settlement, event, output, exact) => {
      const lazy = lazyOf(event, exact);
      const source = sourceOf(event, lazy, exact);
      const target = routedTo(lazy?.behind ?? event) ?? name(event, settlement.record.timestamp);
      return writer.write(settlement, target, output, source);
    },
  };
}

/** `create`, since data streams are append-only; every document has a `@timestamp`. */
function dataStreamRenderer({ type, dataset, namespace }: Config['elasticsearch']['data_stream']): Renderer {
  const stream = `${type}-${dataset}-${namespace}`;
  if (!/^[a-z0-9][a-z0-9_.-]{0,252}$/.test(stream)) {
    throw new LogweirError(
      'CONFIG',
      `elasticsearch.data_stream: '${stream}' is not a name that Elasticsearch accepts`,
    );
  }
  const writer = new DocumentWriter('create');
  const event: Renderer['event'] = (settlement, value, output, exact) => {
    const { record } = settlement;
    if (parseTime(value['@timestamp']) === undefined) {
      value['@timestamp'] = new Date(eventTime(value, '@timestamp', record.timestamp)).toISOString();
    }
    const lazy = lazyOf(value, exact);
    const target = routedTo(lazy?.behind ?? value) ?? stream;
    return writer.write(settlement, target, output, sourceOf(value, lazy, exact));
  };
  return {
    needsEvent: true,
    untouched: (settlement, decoded) => {
      const exact = decoded.event();
      return event(settlement, exact.value as Event, 0, exact);
    },
    event,
  };
}

/** @throws TypeError where something in the event is cyclic or has no JSON form */
function sourceOf(
  event: Event,
  lazy: LazyEvent | undefined,
  exact: ExactValue | undefined,
): string | LazyEvent {
  if (lazy === undefined) return stringifyExact(event, exact);
  return lazy.whole === undefined ? lazy : stringifyExact(lazy.whole, lazy);
}

/** Where a transform has sent the event by itself. */
function routedTo(event: Event): string | undefined {
  const target = targetOf(event);
  return target === undefined ? undefined : sanitise(target);
}
