import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { LogweirError, messageOf } from '../errors.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Longest line. The limit also ends the read of an input without a line feed. */
const BYTES_MAX = 100_000_000;

/** A line, without its end. */
export interface Line {
  readonly value: Buffer;
  /** Number of the line in the input, from 1. */
  readonly number: number;
}

/** Opens the file, or standard input if none is named. {@link linesOf} reports an error of opening. */
export function openInput(file: string | undefined): Readable {
  return file === undefined ? process.stdin : createReadStream(file).on('error', () => {});
}

/**
 * Splits the input into lines without their ends; blank lines are left out. Works on bytes: a line of JSON
 * may contain U+2028, which is not a line end here.
 *
 * @throws LogweirError UNAVAILABLE if the input cannot be read, USAGE if a line is too long
 */
export async function* linesOf(input: Readable): AsyncGenerator<Line> {
  /** Pieces of the current line, concatenated once: concatenating each would copy a long line repeatedly. */
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
