import { once } from 'node:events';
import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { isatty } from 'node:tty';
import { getSystemErrorMessage } from 'node:util';
import { LogweirError, messageOf } from '../errors.ts';

/** As a shell calls the end by SIGPIPE, which is how grep and jq end when their reader has gone. Node ignores that signal. */
export const READER_GONE_EXIT_CODE = 141;
/** Set by `bin/logweir`: Node puts /dev/null in the place of what is closed, and all would seem to be written. */
const CLOSED = 'LOGWEIR_STDOUT_CLOSED';
/** What may wait for a slow reader. */
const WAITING_BYTES = 65_536;

/**
 * The standard output or the standard error, as all commands write to it. Whoever writes much waits for {@link room}; what fails is kept
 * until {@link endOutput} tells it, so that a command that changes something is not left in the middle.
 */
export function openOutput(fd: 1 | 2): Writable {
  const write = fd === 1 && process.env[CLOSED] !== undefined ? refuse : writerOf(fd);
  const output = new Writable({
    highWaterMark: WAITING_BYTES,
    write: (chunk: Buffer, _encoding, done) => write(chunk, done),
    writev: (chunks, done) => write(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done),
  });
  output.on('error', () => {});
  return output;
}

/** Waits until the reader has taken what was written. @throws Error where nothing can be written any more */
export async function room(output: Writable): Promise<void> {
  if (output.errored !== null) throw output.errored;
  if (output.writableNeedDrain) await once(output, 'drain');
}

/**
 * Waits until all is written.
 *
 * @param name for the message
 * @returns what is to be said of the failure where it is not, null for a reader that has gone; undefined where all is well
 */
export async function endOutput(output: Writable, name: string): Promise<LogweirError | null | undefined> {
  try {
    await finished(output.end());
    return undefined;
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') return null;
    const why = errno === undefined ? messageOf(error) : `${getSystemErrorMessage(errno)} (${code})`;
    return new LogweirError('OUTPUT', `${name} is not whole, it cannot be written: ${why}`, { cause: error });
  }
}

type Write = (bytes: Buffer, done: (error?: Error | null) => void) => void;

/** Pipes, sockets and terminals through Node's own stream; to a file that writes no more than the system takes at the first time. */
function writerOf(fd: 1 | 2): Write {
  const stat = fstatSync(fd);
  if (!stat.isFIFO() && !stat.isSocket() && !isatty(fd)) return (bytes, done) => writeFile(fd, bytes, done);
  const stream = fd === 1 ? process.stdout : process.stderr;
  stream.on('error', () => {});
  return (bytes, done) => stream.write(bytes, done);
}

function writeFile(fd: number, bytes: Buffer, done: (error?: Error) => void): void {
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    done();
  } catch (error) {
    done(error as Error);
  }
}

function refuse(_bytes: Buffer, done: (error: Error) => void): void {
  done(Object.assign(new Error('closed'), { code: 'EBADF', errno: -9 }));
}
