/** Bytes of a buffer, from `start` up to `end`. The values change when the bytes are moved. */
export interface BytesAt {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** All of a buffer. */
export function bytesOf(bytes: Buffer): BytesAt {
  return { bytes, start: 0, end: bytes.length };
}
