import { once } from 'node:events';
import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { isatty } from 'node:tty';
import { getSystemErrorMessage } from 'node:util';
import { LogweirError, messageOf } from '../errors.ts';

/**
 * The shell's exit code for SIGPIPE, as of grep and jq when their reader has gone. Node ignores that signal.
 */
export const READER_GONE_EXIT_CODE = 141;
/**
 * Set by `bin/logweir`: Node replaces a closed output by /dev/null, so that all writes would seem to succeed.
 */
const CLOSED = 'LOGWEIR_STDOUT_CLOSED';
/** Bytes that may wait for a slow reader. */
const WAITING_BYTES = 65_536;

/**
 * Opens the standard output or standard error for a command. A command with much output waits for
 * {@link room}. A failed write is reported by {@link endOutput} only, so that it does not interrupt a command
 * that changes something.
 */
export function openOutput(fd: 1 | 2): Writable {
  const write = fd === 1 && process.env[CLOSED] !== undefined ? rejectWrite : writerOf(fd);
  const output = new Writable({
    highWaterMark: WAITING_BYTES,
    write: (chunk: Buffer, _encoding, done) => write(chunk, done),
    writev: (chunks, done) => write(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done),
  });
  output.on('error', () => {});
  return output;
}

/** Waits until the reader has consumed the output. @throws Error if it can no longer be written */
export async function room(output: Writable): Promise<void> {
  if (output.errored !== null) throw output.errored;
  if (output.writableNeedDrain) await once(output, 'drain');
}

/**
 * Waits until all output is written.
 *
 * @param name of the output, for the message
 * @returns undefined on success, null if the reader has gone, else the error
 */
export async function endOutput(output: Writable, name: string): Promise<LogweirError | null | undefined> {
  try {
    await finished(output.end());
    return undefined;
  } catch (error) {
    const { code, errno } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') return null;
    const why = errno === undefined ? messageOf(error) : `${getSystemErrorMessage(errno)} (${code})`;
    return new LogweirError('OUTPUT', `${name} is incomplete, it cannot be written: ${why}`, {
      cause: error,
    });
  }
}

type Write = (bytes: Buffer, done: (error?: Error | null) => void) => void;

/**
 * Uses Node's stream for pipes, sockets and terminals. To a file that stream writes only what the first call
 * accepts.
 */
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

function rejectWrite(_bytes: Buffer, done: (error: Error) => void): void {
  done(Object.assign(new Error('closed'), { code: 'EBADF', errno: -9 }));
}
