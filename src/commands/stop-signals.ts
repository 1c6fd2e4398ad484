import type { Log } from '../log.ts';

/** A process group, `timeout` and supervisors send a signal more than once: within this time it is the same request. */
const SAME_REQUEST_MS = 1000;

export interface SignalActions {
  /** The first SIGTERM or SIGINT. */
  stop(): void;
  /** Another one, a second or more after the first; the process ends with `exitCode` behind it. */
  endAtOnce(exitCode: number): void;
}

/**
 * Tells the first signal that asks the process to end from one of somebody who will not wait.
 *
 * @param now in ms, of a clock that only goes forward
 */
export function stopOnSignals(
  log: Log,
  actions: SignalActions,
  now: () => number = () => performance.now(),
): (signal: NodeJS.Signals) => void {
  let askedAt: number | null = null;
  return (signal) => {
    if (askedAt === null) {
      askedAt = now();
      actions.stop();
    } else if (now() - askedAt < SAME_REQUEST_MS) {
      log.info({ signal }, 'another signal within a second: the same request; a later one ends at once');
    } else {
      log.warn({ signal }, 'second signal: ending at once');
      actions.endAtOnce(signal === 'SIGINT' ? 130 : 143);
    }
  };
}
