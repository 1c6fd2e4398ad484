import { type ExactValue, noteCopy, stringifyExact } from '../codec/exact-json.ts';
import { type LazyEvent, lazyOf } from '../codec/lazy-event.ts';
import type { Config } from '../config/schema.ts';
import type { RecordChunk } from '../memory/record-chunk.ts';
import type { Settlement } from '../pipeline/settlement.ts';
import type { Event } from '../transform/api/api.ts';
import type { Document } from './document.ts';
import { DocumentWriter } from './document-writer.ts';
import { targetOf } from '../transform/api/route.ts';
import { timestampInstead } from './event-time.ts';
import { DATA_STREAM_LENGTH_MAX, compileIndexName, dataStreamName, sanitise } from './index-name.ts';

const TIMESTAMP = '@timestamp';

/** Creates documents from events: index, id, and JSON line. */
export interface Renderer {
  /** For unparsed records; null if every event must be parsed for its index or its `@timestamp`. */
  readonly passthrough: Passthrough | null;
  /** @param output number of the event among the outputs of its record */
  event(settlement: Settlement, event: Event, output: number, exact: ExactValue | undefined): Document;
}

/** Creates documents from the unchanged bytes of records. */
export interface Passthrough {
  readonly index: string;
  /** Bytes to reserve before a value; see {@link DocumentWriter.room}. */
  readonly room: number;
  /** Creates the document in place. @returns its start; -1 if that is impossible */
  place(chunk: RecordChunk, row: number): number;
  /** @param source one JSON object on one line */
  copy(settlement: Settlement, source: Buffer): Document;
}

/** @throws LogweirError CONFIG if the name of the index or data stream is invalid */
export function createRenderer(config: Config['elasticsearch']): Renderer {
  return config.mode === 'index' ? indexRenderer(config.index) : dataStreamRenderer(config.data_stream);
}

/** Uses `index`, so that a replay with a corrected transform overwrites the documents. */
function indexRenderer(template: string): Renderer {
  const { name, needsEvent } = compileIndexName(template);
  const writer = new DocumentWriter('index');
  const passthrough: Passthrough = {
    index: template,
    room: writer.room(template),
    place: (chunk, row) => writer.place(chunk, row, template),
    copy: (settlement, source) => writer.write(settlement, template, 0, source),
  };
  return {
    passthrough: needsEvent ? null : passthrough,
    event: (settlement, event, output, exact) => {
      const lazy = lazyOf(event, exact);
      const target = routedTo(lazy?.target ?? event) ?? name(event, settlement.record.timestamp);
      return writer.write(settlement, target, output, sourceOf(event, lazy, exact));
    },
  };
}

/** Uses `create`, since data streams are append-only, and ensures a `@timestamp`. */
function dataStreamRenderer(parts: Config['elasticsearch']['data_stream']): Renderer {
  const stream = dataStreamName(parts);
  const writer = new DocumentWriter('create');
  const event: Renderer['event'] = (settlement, value, output, exact) => {
    const lazy = lazyOf(value, exact);
    const target = routedTo(lazy?.target ?? value, DATA_STREAM_LENGTH_MAX) ?? stream;
    const timestamp = timestampInstead(value, settlement.record.timestamp);
    if (timestamp === undefined)
      return writer.write(settlement, target, output, sourceOf(value, lazy, exact));
    const before = value[TIMESTAMP];
    if (!isInJson(before)) {
      const source = sourceOf(value, lazy, exact);
      return writer.write(settlement, target, output, source, `"${TIMESTAMP}":"${timestamp}"`);
    }
    // The timestamp is set in a copy, or only temporarily: a transform may have kept the event.
    if (lazy === undefined || lazy.materialised !== undefined) {
      const copy = { ...(lazy?.materialised ?? value), [TIMESTAMP]: timestamp };
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
  return { passthrough: null, event };
}

/** @throws TypeError if a value in the event is cyclic or has no JSON form */
function sourceOf(
  event: Event,
  lazy: LazyEvent | undefined,
  exact: ExactValue | undefined,
): string | LazyEvent {
  if (lazy === undefined) return stringifyExact(event, exact);
  return lazy.materialised === undefined ? lazy : stringifyExact(lazy.materialised, lazy);
}

/** Whether JSON includes a field with that value. */
function isInJson(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}

/** The target that a transform has set for the event, if any. */
function routedTo(event: Event, bytesMax?: number): string | undefined {
  const target = targetOf(event);
  return target === undefined ? undefined : sanitise(target, bytesMax);
}
