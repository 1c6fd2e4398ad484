type Header = Record<string, Buffer | string | null | undefined>;

/** What stands before a value: whether there is one, and whether it is bytes or text. */
const NOTHING = 0;
const BYTES = 1;
const TEXT = 2;
/** The length of a name, the kind of its value, and the length of that. */
const FRAME_BYTES = 9;

/**
 * The headers of a record in one buffer, for as long as it is not settled. As the client gives them each costs an object, a name and
 * a buffer with memory of its own, which the garbage collector frees late.
 */
export function packHeaders(headers: readonly Header[]): Buffer {
  let size = 0;
  for (const header of headers) {
    size += 4;
    for (const name in header) size += FRAME_BYTES + Buffer.byteLength(name) + lengthOf(header[name]);
  }
  const packed = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const header of headers) {
    const names = Object.keys(header);
    at = packed.writeUInt32LE(names.length, at);
    for (const name of names) {
      const value = header[name];
      at = packed.writeUInt32LE(Buffer.byteLength(name), at);
      at += packed.write(name, at);
      at = packed.writeUInt8(value == null ? NOTHING : typeof value === 'string' ? TEXT : BYTES, at);
      at = packed.writeUInt32LE(lengthOf(value), at);
      if (typeof value === 'string') at += packed.write(value, at);
      else if (value != null) {
        packed.set(value, at);
        at += value.length;
      }
    }
  }
  return packed;
}

/** The headers as they were, each call anew. */
export function unpackHeaders(packed: Buffer): Record<string, Buffer | string>[] {
  const headers: Record<string, Buffer | string>[] = [];
  for (let at = 0; at < packed.length;) {
    const header: Header = {};
    let names = packed.readUInt32LE(at);
    at += 4;
    for (; names > 0; names--) {
      const valueAt = at + 4 + packed.readUInt32LE(at);
      const name = packed.toString('utf8', at + 4, valueAt);
      const kind = packed.readUInt8(valueAt);
      const start = valueAt + 5;
      at = start + packed.readUInt32LE(valueAt + 1);
      const value =
        kind === TEXT
          ? packed.toString('utf8', start, at)
          : kind === BYTES
            ? Buffer.from(packed.subarray(start, at))
            : null;
      // Data, whatever the name: __proto__ too.
      Object.defineProperty(header, name, { value, enumerable: true, writable: true, configurable: true });
    }
    headers.push(header as Record<string, Buffer | string>);
  }
  return headers;
}

function lengthOf(value: Buffer | string | null | undefined): number {
  return value == null ? 0 : Buffer.byteLength(value);
}
