import type { PendingCalls } from '../../transform/runtime/transform-counts.ts';
import type { Finding } from './warning.ts';

/** A call that only computes takes microseconds, one that asks a server milliseconds. */
const SLOW_SECONDS = 5;

/** The transforms with an asynchronous call that has not ended for seconds. */
export function slowTransforms(pending: readonly PendingCalls[]): Finding[] {
  return pending
    .filter(({ seconds }) => seconds >= SLOW_SECONDS)
    .map(({ name, calls, seconds: exact }) => {
      const seconds = Math.round(exact);
      return {
        cause: 'transform_slow',
        transform: name,
        message: `the transform ${name} has not finished an event for ${seconds} s; ${calls} calls of it are pending`,
        action:
          'Look at the server that it asks. After its timeout_ms the event fails, and on_error decides about it.',
        details: { calls, seconds },
      };
    });
}
