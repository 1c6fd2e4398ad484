import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { LogweirError, messageOf } from '../errors.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** What a record may be at most; what has no end is not read for ever. */
const BYTES_MAX = 100_000_000;

/** A line, without its end. */
export interface Line {
  readonly value: Buffer;
  /** Its number in the input, from 1. */
  readonly number: number;
}

/** The file, or standard input where none is named. That it cannot be read is told by {@link linesOf}, and not before somebody listens. */
export function openInput(file: string | undefined): Readable {
  return file === undefined ? process.stdin : createReadStream(file).on('error', () => {});
}

/**
 * Lines without their end, blank ones left out. Bytes and not text: a line of JSON may hold U+2028, which is no end.
 *
 * @throws LogweirError UNAVAILABLE where the input cannot be read, USAGE where a line is too long
 */
export async function* linesOf(input: Readable): AsyncGenerator<Line> {
  /** The line that has not ended, as it came: put together once, or a long one would be copied with each piece. */
  let pieces: Buffer[] = [];
  let length = 0;
  let number = 1;
  for await (const bytes of chunksOf(input)) {
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, start)) {
      pieces.push(bytes.subarray(start, end));
      const value = withoutReturn(Buffer.concat(pieces));
      if (value.length > 0) yield { value, number };
      pieces = [];
      length = 0;
      number++;
      start = end + 1;
    }
    if (start === bytes.length) continue;
    pieces.push(bytes.subarray(start));
    length += bytes.length - start;
    if (length > BYTES_MAX)
      throw new LogweirError('USAGE', `line ${number} of the input is longer than ${BYTES_MAX} bytes`);
  }
  const rest = withoutReturn(Buffer.concat(pieces));
  if (rest.length > 0) yield { value: rest, number };
}

async function* chunksOf(input: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of input as AsyncIterable<Buffer | string>) yield Buffer.from(chunk);
  } catch (error) {
    throw new LogweirError('UNAVAILABLE', `the input cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}
