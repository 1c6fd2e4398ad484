import type { Settlement } from '../settlement.ts';

/** One document on its way into a bulk body, with the settle token of the record that it comes from. */
export interface Document {
  readonly settlement: Settlement;
  /** The index or data stream that it goes to. */
  readonly index: string;
  /** The action line, without its line feed. */
  readonly action: string;
  /** One JSON object on one line. */
  readonly source: Buffer | string;
  /** Set on a dead letter: called, instead of settling the record as indexed, when Elasticsearch has it. */
  readonly acknowledged?: () => void;
  /** Bytes that the document takes in a bulk body. */
  readonly bytes: number;
  /** How many answers said that it must be sent again. */
  refusals: number;
}

/** @param id the `_id`; neither it nor the index holds anything that JSON would escape */
export function makeDocument(
  settlement: Settlement,
  operation: 'index' | 'create',
  index: string,
  id: string,
  source: Buffer | string,
): Document {
  const action = `{"${operation}":{"_index":"${index}","_id":"${id}"}}`;
  const sourceBytes = typeof source === 'string' ? Buffer.byteLength(source) : source.length;
  return {
    settlement,
    index,
    action,
    source,
    bytes: Buffer.byteLength(action) + sourceBytes + 2,
    refusals: 0,
  };
}

/** The NDJSON body of a bulk request: one buffer, written once. */
export function bulkBody(documents: readonly Document[]): Buffer {
  let size = 0;
  for (const document of documents) size += document.bytes;
  const body = Buffer.allocUnsafe(size);
  let at = 0;
  for (const { action, source } of documents) {
    at += body.write(action, at);
    body[at++] = 0x0a;
    at += typeof source === 'string' ? body.write(source, at) : source.copy(body, at);
    body[at++] = 0x0a;
  }
  return body;
}
