import { actionFor, runbookUrl } from './remedies.ts';
import type { StatusView } from './status-view.ts';
import type { Table } from './view-model.ts';
import { UNKNOWN, counted, durationText, numberText, sinceText, timeText } from './wording.ts';

const ROWS_MAX = 100;

/** @param now milliseconds since the epoch */
export function tablesOf(status: StatusView, now: number): Table[] {
  return [
    blockedTable(status, now),
    warningsTable(status, now),
    partitionsTable(status),
    transformsTable(status),
    deadLettersTable(status, now),
    endpointsTable(status, now),
    ...(status.workers ? [workersTable(status.workers)] : []),
  ];
}

function blockedTable({ holds }: StatusView, now: number): Table {
  return {
    id: 'blocked',
    title: 'Blocked records',
    columns: ['Where', 'First offset', 'Records', 'Since', 'Cause', 'What to do'],
    rows: holds.slice(0, ROWS_MAX).map((hold) => {
      const href = runbookUrl(hold.reason);
      const said = hold.message ? `${hold.reason}: ${hold.message}` : hold.reason;
      const todo = hold.action ?? actionFor(hold.reason);
      return [
        { text: hold.partitions.length === 0 ? 'all partitions' : hold.partitions.join(', ') },
        { text: hold.offset === null || hold.offset === undefined ? UNKNOWN : String(hold.offset) },
        { text: numberText(hold.records) },
        { text: sinceText(hold.since, now).replace(/^since /, '') || UNKNOWN },
        { text: said, level: 'blocked' },
        href === null ? { text: todo } : { text: todo, href },
      ];
    }),
    empty: 'No record is blocked.',
  };
}

function warningsTable({ warnings }: StatusView, now: number): Table {
  return {
    id: 'warnings',
    title: 'Warnings',
    columns: ['What', 'Since', 'What to do'],
    rows: warnings.slice(0, ROWS_MAX).map(({ cause, message, since, action }) => {
      const href = runbookUrl(cause);
      return [
        { text: message, level: 'warning' },
        { text: sinceText(since, now).replace(/^since /, '') || UNKNOWN },
        href === null ? { text: action } : { text: action, href },
      ];
    }),
    empty: 'No warnings.',
  };
}

function partitionsTable({ kafka }: StatusView): Table {
  const byLag = kafka.partitions.toSorted((one, other) => (other.lag ?? 0) - (one.lag ?? 0));
  const hidden = byLag.length - ROWS_MAX;
  return {
    id: 'partitions',
    title: hidden > 0 ? `Partitions (the ${ROWS_MAX} with the most lag)` : 'Partitions',
    columns: ['Partition', 'Lag', 'Lag, last hour', 'Committed', 'Offsets, last hour', 'Unsettled', 'State'],
    rows: (hidden > 0 ? byLag.slice(0, ROWS_MAX) : kafka.partitions).map((one) => {
      const name = `${one.topic}[${one.partition}]`;
      const waits = one.waits_for ? `waits for ${one.waits_for}` : 'flowing';
      return [
        { text: name },
        { text: numberText(one.lag) },
        { text: '', chart: `lag:${name}` },
        { text: one.committed === null || one.committed === undefined ? UNKNOWN : String(one.committed) },
        { text: '', chart: `offset:${name}` },
        { text: numberText(one.unsettled) },
        one.paused === true
          ? { text: `paused: ${one.pause_reason ?? 'no reason given'}`, level: 'warning' }
          : { text: waits },
      ];
    }),
    empty: 'This instance owns no partition.',
  };
}

function transformsTable({ transforms }: StatusView): Table {
  return {
    id: 'transforms',
    title: 'Transforms',
    columns: ['Transform', 'In', 'Out', 'Dropped', 'Failed', 'Time', 'Time for an event'],
    rows: (transforms ?? [])
      .slice(0, ROWS_MAX)
      .map((one) => [
        { text: one.name },
        { text: numberText(one.in) },
        { text: numberText(one.out) },
        { text: numberText(one.dropped) },
        { text: numberText(one.failed), ...(one.failed ? { level: 'warning' as const } : {}) },
        { text: durationText(one.seconds) },
        { text: one.in && one.seconds ? `${((one.seconds / one.in) * 1e6).toFixed(1)} µs` : UNKNOWN },
      ]),
    empty: transforms ? 'There are no transforms: records pass unchanged.' : UNKNOWN,
  };
}

function deadLettersTable({ dead_letters, records }: StatusView, now: number): Table {
  const total = records['dead_lettered'] ?? 0;
  return {
    id: 'dead-letters',
    title: 'Dead letters since the start',
    columns: ['Reason', 'Records', 'Last'],
    rows: (dead_letters ?? [])
      .toSorted((one, other) => (other.count ?? 0) - (one.count ?? 0))
      .slice(0, ROWS_MAX)
      .map(({ reason, count, last }) => {
        const href = runbookUrl(reason);
        return [
          href === null ? { text: reason } : { text: reason, href },
          { text: numberText(count) },
          { text: timeText(last, now) },
        ];
      }),
    empty: total === 0 ? 'No dead letters.' : `${counted(total, 'dead letter')}; see logweir dlq list.`,
  };
}

function endpointsTable({ elasticsearch }: StatusView, now: number): Table {
  return {
    id: 'endpoints',
    title: 'Elasticsearch endpoints',
    columns: ['Endpoint', 'State', 'Failures', 'Since', 'Reason'],
    rows: (elasticsearch.endpoints ?? [])
      .slice(0, ROWS_MAX)
      .map(({ url, state, failures, since, reason }) => [
        { text: url },
        { text: state, level: state === 'failing' ? 'blocked' : 'ok' },
        { text: numberText(failures) },
        { text: sinceText(since, now).replace(/^since /, '') || UNKNOWN },
        { text: reason ?? '' },
      ]),
    empty: UNKNOWN,
  };
}

function workersTable(workers: NonNullable<StatusView['workers']>): Table {
  return {
    id: 'workers',
    title: 'Workers',
    columns: ['Worker', 'State', 'Restarts', 'Reason'],
    rows: workers.map(({ worker, state, restarts, reason }) => [
      { text: String(worker) },
      { text: state, level: state === 'running' ? 'ok' : 'warning' },
      { text: numberText(restarts) },
      { text: reason ?? '' },
    ]),
    empty: UNKNOWN,
  };
}
