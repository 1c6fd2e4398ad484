import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { unzip } from 'node:zlib';
import { messageOf } from '../errors.ts';

const unpack = promisify(unzip);

/** The text of an answer, decompressed if necessary. @throws Error if it is longer than `bytesMax` */
export async function textOf(
  body: Readable,
  encoding: string | string[] | undefined,
  bytesMax: number,
): Promise<string> {
  const packed = await limited(body, bytesMax);
  const isPacked = encoding === 'gzip' || encoding === 'deflate';
  return (isPacked ? await unpack(packed, { maxOutputLength: bytesMax }) : packed).toString('utf8');
}

async function limited(body: Readable, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > bytesMax) throw new Error(`the answer is longer than ${bytesMax} bytes`);
  }
  return Buffer.concat(chunks, length);
}

/** Removes credentials: a URL in a message may contain a password. */
function withoutCredentials(message: string): string {
  return message.replaceAll(/\/\/[^/\s]*@/g, '//').slice(0, 500);
}

/** The message of a client error, without credentials. */
export function answerOf(error: unknown): { failure: string } {
  const message = messageOf(error);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
  return { failure: withoutCredentials(message.includes(cause) ? message : `${message} (${cause})`) };
}
