type Header = Record<string, Buffer | string | null | undefined>;

/** The length of a name or a value. */
const LENGTH_BYTES = 4;

/**
 * Headers in one buffer, in the format of native/reader.c: for each header its name and its value, each
 * preceded by its length (four bytes, little-endian). A null value becomes an empty one, as in the Kafka
 * client, and text becomes bytes.
 */
export function packHeaders(headers: readonly Header[]): Buffer {
  const packed = Buffer.allocUnsafeSlow(packedLength(headers));
  let at = 0;
  for (const header of headers) {
    for (const name of Object.keys(header)) {
      at = put(packed, at, name);
      at = put(packed, at, header[name] ?? '');
    }
  }
  return packed;
}

/** The length of {@link packHeaders}' result, in bytes. */
export function packedLength(headers: readonly Header[]): number {
  let length = 0;
  for (const header of headers) {
    for (const name of Object.keys(header))
      length += 2 * LENGTH_BYTES + Buffer.byteLength(name) + Buffer.byteLength(header[name] ?? '');
  }
  return length;
}

/** One object for each header, in order, with its own buffers. */
export function unpackHeaders(packed: Buffer): Record<string, Buffer | string>[] {
  const headers: Record<string, Buffer | string>[] = [];
  for (let at = 0; at < packed.length;) {
    const nameEnd = at + LENGTH_BYTES + packed.readUInt32LE(at);
    const name = packed.toString('utf8', at + LENGTH_BYTES, nameEnd);
    const start = nameEnd + LENGTH_BYTES;
    at = start + packed.readUInt32LE(nameEnd);
    const header = {};
    const value = Buffer.from(packed.subarray(start, at));
    // Names are data: __proto__ is a possible name.
    Object.defineProperty(header, name, { value, enumerable: true, writable: true, configurable: true });
    headers.push(header);
  }
  return headers;
}

/** The value of a header, in place. Null if there is none of that name, or more than one. */
export function findHeader(packed: Buffer, name: Buffer): Buffer | null {
  let found: Buffer | null = null;
  for (let at = 0; at < packed.length;) {
    const nameAt = at + LENGTH_BYTES;
    const nameEnd = nameAt + packed.readUInt32LE(at);
    const valueAt = nameEnd + LENGTH_BYTES;
    at = valueAt + packed.readUInt32LE(nameEnd);
    if (nameEnd - nameAt !== name.length || name.compare(packed, nameAt, nameEnd) !== 0) continue;
    if (found !== null) return null;
    found = packed.subarray(valueAt, at);
  }
  return found;
}

function put(packed: Buffer, at: number, part: Buffer | string): number {
  const start = at + LENGTH_BYTES;
  const length = typeof part === 'string' ? packed.write(part, start) : part.copy(packed, start);
  packed.writeUInt32LE(length, at);
  return start + length;
}
