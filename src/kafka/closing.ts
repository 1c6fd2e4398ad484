/** Number of clients whose close has not finished. */
let open = 0;

/** Called when a client starts to close. The caller calls the result once, when the close has finished. */
export function closing(): () => void {
  open++;
  return () => void open--;
}

/** Stops the readers that call librdkafka directly, without the client's knowledge. */
const readers = new WeakMap<object, () => Promise<void>>();

/** @param stop called before the client closes. The close waits until it resolves. */
export function stopBeforeClosing(client: object, stop: () => Promise<void>): void {
  readers.set(client, stop);
}

/** Resolves when the client's readers have stopped. Undefined if it has none. */
export function readersStopped(client: object): Promise<void> | undefined {
  return readers.get(client)?.();
}

/**
 * Ends the process, after all work is done. `process.exit` waits for the threads that close clients, which
 * may hang while a broker is away: in that case a shell replaces the process, and exits at once.
 */
export function exitWith(code: number): never {
  if (open > 0) process.execve?.('/bin/sh', ['sh', '-c', `exit ${code}`]);
  process.exit(code);
}
