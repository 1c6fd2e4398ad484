import type { LogCode } from './log-code.ts';

/** The codes of the warnings in `/api/status`, a part of the list in `log-codes.ts`. */
export const warningLogCodes = {
  elasticsearch_slow: {
    level: 'warn',
    meaning:
      'Bulk requests are answered, but their answers take 5 s or more, on average over 10 s, or one waits for so ' +
      'long. Nothing is lost.',
    action:
      'Look at the load, the disks and the rejected writes of the nodes of Elasticsearch, and at what is between.',
  },
  lag_growing: {
    level: 'warn',
    meaning:
      'The lag has grown for 5 s or more, by 1,000 records or more, and settling it takes 10 s or more: more is ' +
      'produced than is settled. While an outage or a block explains the lag, this line is not logged.',
    action:
      'If it lasts, add workers or instances, up to the number of partitions, or make Elasticsearch faster. ' +
      '[Sizing](operations.md#sizing) has measured numbers.',
  },
  transform_slow: {
    level: 'warn',
    meaning: 'An asynchronous call of a transform has not ended for 5 s or more; `calls` of it are pending.',
    action:
      'Look at the server that the transform asks. After its `timeout_ms` the event fails, and `on_error` decides.',
  },
  transform_drops_all: {
    level: 'warn',
    meaning:
      'A transform has dropped each of its last `dropped` events: for 5 s or more, and more of them than earlier runs ' +
      'and chance explain. Dropped events are in no dead letter.',
    action:
      'If this is not intended, look at its condition, and at what the producers send now: ' +
      '`logweir transform --from-topic --explain`.',
  },
  event_loop_blocked: {
    level: 'warn',
    meaning:
      'A record has occupied the event loop for 5 s: nothing is consumed, and the admin endpoint does not answer. ' +
      '`transform` is the one that has not returned.',
    action:
      'Correct the transform; `logweir check` names the record it hangs on. After `stuck_after_ms` the line ' +
      '`event_loop_stuck` follows.',
  },
  event_loop_released: { level: 'info', meaning: 'The event loop runs again, after `seconds`.' },
  warning_ended: {
    level: 'info',
    meaning:
      'The warning with the code `cause` is over, after `seconds`; also when an outage begins that explains it, or ' +
      'when the transforms are reloaded.',
  },
} as const satisfies Readonly<Record<string, LogCode>>;
