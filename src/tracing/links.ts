import type { Document } from '../elasticsearch/document.ts';
import { findHeader } from '../memory/packed-headers.ts';
import { type TraceContext, parseTraceparent } from './traceparent.ts';

/** Links of one span. The SDK's own limit is 128. */
export const LINKS_MAX = 100;

/** Different trace contexts of a request's records. */
interface Links {
  readonly contexts: readonly TraceContext[];
  /** Whether there are more than the limit. */
  readonly areMore: boolean;
}

const TRACEPARENT = Buffer.from('traceparent');

/**
 * Reads the trace contexts of the documents' records, in place, each once. An aggregated event has those of
 * all its records. It ends at the limit: a request has up to 100,000 records.
 */
export function linksOf(documents: readonly Document[]): Links {
  const contexts = new Map<string, TraceContext>();
  let areMore = false;
  let before: object | null = null;
  for (const { settlement } of documents) {
    // The documents of one record are neighbours.
    if (settlement === before) continue;
    before = settlement;
    areMore = !settlement.everyRecord((chunk, row) => {
      const packed = chunk.headersInPlace(row);
      const value = packed === undefined ? null : findHeader(packed, TRACEPARENT);
      const context = value === null ? null : parseTraceparent(value);
      if (context === null) return true;
      const id = context.traceId + context.spanId;
      if (contexts.has(id)) return true;
      if (contexts.size === LINKS_MAX) return false;
      contexts.set(id, context);
      return true;
    });
    if (areMore) break;
  }
  return { contexts: [...contexts.values()], areMore };
}
