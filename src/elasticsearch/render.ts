import type { Decoded } from '../codec/decode.ts';
import { type ExactValue, noteCopy, stringifyExact } from '../codec/exact-json.ts';
import { type LazyEvent, lazyOf } from '../codec/lazy-event.ts';
import type { Config } from '../config/schema.ts';
import type { Settlement } from '../settlement.ts';
import type { Event } from '../transform/api.ts';
import type { Document } from './document.ts';
import { DocumentWriter } from './document-writer.ts';
import { targetOf } from '../transform/route.ts';
import { timestampInstead } from './event-time.ts';
import { DATA_STREAM_LENGTH_MAX, compileIndexName, dataStreamName, sanitise } from './index-name.ts';

const TIMESTAMP = '@timestamp';

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
      const target = routedTo(lazy?.behind ?? event) ?? name(event, settlement.record.timestamp);
      return writer.write(settlement, target, output, sourceOf(event, lazy, exact));
    },
  };
}

/** `create`, since data streams are append-only; every document has a `@timestamp`. */
function dataStreamRenderer(parts: Config['elasticsearch']['data_stream']): Renderer {
  const stream = dataStreamName(parts);
  const writer = new DocumentWriter('create');
  const event: Renderer['event'] = (settlement, value, output, exact) => {
    const lazy = lazyOf(value, exact);
    const target = routedTo(lazy?.behind ?? value, DATA_STREAM_LENGTH_MAX) ?? stream;
    const timestamp = timestampInstead(value, settlement.record.timestamp);
    if (timestamp === undefined)
      return writer.write(settlement, target, output, sourceOf(value, lazy, exact));
    const before = value[TIMESTAMP];
    if (!isInJson(before)) {
      const source = sourceOf(value, lazy, exact);
      return writer.write(settlement, target, output, source, `"${TIMESTAMP}":"${timestamp}"`);
    }
    // A transform may have kept the event: it never sees this.
    if (lazy === undefined || lazy.whole !== undefined) {
      const copy = { ...(lazy?.whole ?? value), [TIMESTAMP]: timestamp };
      noteCopy(value, copy);
      return writer.write(settlement, target, output, stringifyExact(copy, lazy ?? exact));
    }
    value[TIMESTAMP] = timestamp;
    try {
      return writer.write(settlement, target, output, lazy);
    } finally {
      value[TIMESTAMP] = before;
    }
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

/** Whether a field with that value is written at all. */
function isInJson(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}

/** Where a transform has sent the event by itself. */
function routedTo(event: Event, bytesMax?: number): string | undefined {
  const target = targetOf(event);
  return target === undefined ? undefined : sanitise(target, bytesMax);
}
