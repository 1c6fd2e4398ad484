import type { SourceRecord } from './settlement.ts';

/** What a record costs beside its bytes: the objects around it, about. */
export const RECORD_OVERHEAD_BYTES = 512;
/** An object, its name and a buffer for each header. */
const HEADER_OVERHEAD_BYTES = 200;

/** Memory that a record takes as the client gives it: value, key and headers, without the objects around them but those of headers. */
export function payloadBytes({
  key,
  value,
  headers,
}: Pick<SourceRecord, 'key' | 'value' | 'headers'>): number {
  const bytes = (value?.length ?? 0) + (key?.length ?? 0);
  return headers === undefined ? bytes : bytes + headerBytes(headers);
}

function headerBytes(headers: NonNullable<SourceRecord['headers']>): number {
  let bytes = 0;
  for (const header of headers) {
    for (const name in header) {
      // A header may have no value.
      const value: Buffer | string | null | undefined = header[name];
      bytes +=
        HEADER_OVERHEAD_BYTES + Buffer.byteLength(name) + (value == null ? 0 : Buffer.byteLength(value));
    }
  }
  return bytes;
}
