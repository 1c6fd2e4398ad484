import { type ExactValue, noteCopy, stringifyExact } from '../codec/exact-json.ts';
import { type LazyEvent, lazyOf } from '../codec/lazy-event.ts';
import type { Config } from '../config/schema.ts';
import type { RecordChunk } from '../memory/record-chunk.ts';
import type { Settlement } from '../pipeline/settlement.ts';
import type { Event } from '../transform/api/api.ts';
import type { Document } from './document.ts';
import { DocumentWriter } from './document-writer.ts';
import { targetOf } from '../transform/api/route.ts';
import { type EventId, idIn, keepsNewest, versionOf, whileWithout, withoutField } from './event-id.ts';
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

/** The kinds of targets: how they name the target of an event, and write its document. */
interface TargetKind {
  readonly passthrough: Passthrough | null;
  target(event: Event, lazy: LazyEvent | undefined, timestamp: number): string;
  write(
    settlement: Settlement,
    target: string,
    identity: number | EventId,
    event: Event,
    lazy: LazyEvent | undefined,
    exact: ExactValue | undefined,
  ): Document;
}

/** @throws LogweirError CONFIG if the name of the index or data stream is invalid */
export function createRenderer(config: Config['elasticsearch']): Renderer {
  const kind = config.mode === 'index' ? indexKind(config) : dataStreamKind(config.data_stream);
  if (config.id_key !== null) return rendererWithIds(kind, config.id_key, keepsNewest(config));
  return {
    passthrough: kind.passthrough,
    event: (settlement, event, output, exact) => {
      const lazy = lazyOf(event, exact);
      const target = kind.target(event, lazy, settlement.record.timestamp);
      return kind.write(settlement, target, output, event, lazy, exact);
    },
  };
}

/** Takes the id from the field, which the document then lacks, as in Vector. */
function rendererWithIds(kind: TargetKind, path: string, isVersioned: boolean): Renderer {
  const event: Renderer['event'] = (settlement, value, output, exact) => {
    const lazy = lazyOf(value, exact);
    const target = kind.target(value, lazy, settlement.record.timestamp);
    const id = idIn(value, path);
    if (id === undefined) return kind.write(settlement, target, output, value, lazy, exact);
    const identity = { id, version: isVersioned ? versionOf(settlement.record) : null };
    // The field is removed in a copy, or only temporarily: a transform may have kept the event.
    if (lazy !== undefined && lazy.materialised === undefined)
      return whileWithout(value, path, () => kind.write(settlement, target, identity, value, lazy, exact));
    const copy = withoutField(lazy?.materialised ?? value, path);
    return kind.write(settlement, target, identity, copy, undefined, lazy ?? exact);
  };
  return { passthrough: null, event };
}

/**
 * Uses `index`, so that a replay with a corrected transform overwrites the documents; or `create`, where the
 * first document of an id is kept.
 */
function indexKind({ index: template, id_key, same_id }: Config['elasticsearch']): TargetKind {
  const { name, needsEvent } = compileIndexName(template);
  const writer = new DocumentWriter(id_key !== null && same_id === 'first' ? 'create' : 'index');
  const passthrough: Passthrough = {
    index: template,
    room: writer.room(template),
    place: (chunk, row) => writer.place(chunk, row, template),
    copy: (settlement, source) => writer.write(settlement, template, 0, source),
  };
  return {
    passthrough: needsEvent ? null : passthrough,
    target: (event, lazy, timestamp) => routedTo(lazy?.target ?? event) ?? name(event, timestamp),
    write: (settlement, target, identity, event, lazy, exact) =>
      writer.write(settlement, target, identity, sourceOf(event, lazy, exact)),
  };
}

/** Uses `create`, since data streams are append-only, and ensures a `@timestamp`. */
function dataStreamKind(parts: Config['elasticsearch']['data_stream']): TargetKind {
  const stream = dataStreamName(parts);
  const writer = new DocumentWriter('create');
  const write: TargetKind['write'] = (settlement, target, identity, value, lazy, exact) => {
    const timestamp = timestampInstead(value, settlement.record.timestamp);
    if (timestamp === undefined)
      return writer.write(settlement, target, identity, sourceOf(value, lazy, exact));
    const before = value[TIMESTAMP];
    if (!isInJson(before)) {
      const source = sourceOf(value, lazy, exact);
      return writer.write(settlement, target, identity, source, `"${TIMESTAMP}":"${timestamp}"`);
    }
    // The timestamp is set in a copy, or only temporarily: a transform may have kept the event.
    if (lazy === undefined || lazy.materialised !== undefined) {
      const copy = { ...(lazy?.materialised ?? value), [TIMESTAMP]: timestamp };
      noteCopy(value, copy);
      return writer.write(settlement, target, identity, stringifyExact(copy, lazy ?? exact));
    }
    value[TIMESTAMP] = timestamp;
    try {
      return writer.write(settlement, target, identity, lazy);
    } finally {
      value[TIMESTAMP] = before;
    }
  };
  return {
    passthrough: null,
    target: (value, lazy) => routedTo(lazy?.target ?? value, DATA_STREAM_LENGTH_MAX) ?? stream,
    write,
  };
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
