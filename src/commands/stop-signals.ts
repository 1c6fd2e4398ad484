import type { Log } from '../log.ts';

/**
 * Process groups, `timeout` and supervisors repeat signals: within this time a signal is the same request.
 */
const SAME_REQUEST_MS = 1000;

interface SignalActions {
  /** The first SIGTERM or SIGINT. */
  stop(): void;
  /** Another one, at least a second after the first. The process must exit with `exitCode`. */
  exit(exitCode: number): void;
}

/**
 * Distinguishes the first stop signal, its repetitions, and the signal of an operator who does not wait.
 *
 * @param now a monotonic clock, in ms
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
      log.info({ code: 'signal_repeated', signal }, 'signal ignored: repeated within a second');
    } else {
      log.warn({ code: 'exit_forced', signal }, 'second signal: exiting immediately');
      actions.exit(signal === 'SIGINT' ? 130 : 143);
    }
  };
}
