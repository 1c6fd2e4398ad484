/** Clients that have not come to the end of their closing. */
let open = 0;

/** To be called when a client begins to close; what it returns, once, when that has come to its end. */
export function closing(): () => void {
  open++;
  return () => void open--;
}

/**
 * Ends the process. `process.exit` waits for the threads that close clients, and with a broker that is away they
 * may never come to an end: then the process becomes another one, which ends at once. Everything of ours is done by now.
 */
export function exitWith(code: number): never {
  if (open > 0) process.execve?.('/bin/sh', ['sh', '-c', `exit ${code}`]);
  process.exit(code);
}
