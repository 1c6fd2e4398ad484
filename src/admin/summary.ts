import { actionFor } from './remedies.ts';
import type { StatusView } from './status-view.ts';
import type { Summary } from './view-model.ts';
import { counted, durationText, numberText, sinceText, timeText } from './wording.ts';

const GROWING_RECORDS = 1000;
const SLOW_SECONDS = 60;

/**
 * Whether events flow, what blocks them, how far behind it is and what to do.
 *
 * @param now milliseconds since the epoch
 */
export function summaryOf(status: StatusView, now: number): Summary {
  return (
    stopping(status) ??
    downWorkers(status) ??
    blocked(status, now) ??
    elasticsearchAway(status, now) ??
    kafkaAway(status) ??
    notReady(status) ??
    warned(status) ??
    flowing(status)
  );
}

function stopping({ state, records }: StatusView): Summary | null {
  if (state !== 'stopping') return null;
  const sentence = `Stopping: ${counted(records['in_flight'] ?? 0, 'record')} in flight are being settled.`;
  return { level: 'warning', sentence, action: null };
}

function downWorkers({ workers }: StatusView): Summary | null {
  // The first worker starts alone; the others are down until then.
  const isFirst = workers?.some(({ state }) => state === 'starting') === true;
  const down = (workers ?? []).filter(
    ({ state, restarts }) => state === 'silent' || (state === 'down' && !(isFirst && restarts === 0)),
  );
  const [first] = down;
  if (first === undefined) return null;
  const sentence =
    `${down.length} of ${counted(workers?.length ?? 0, 'worker')} ${down.length === 1 ? 'does' : 'do'} not ` +
    `run (worker ${first.worker}: ${first.state}${first.reason ? `, ${first.reason}` : ''}).`;
  return { level: 'blocked', sentence, action: 'Look for worker_exited and worker_stuck in the log.' };
}

function blocked(status: StatusView, now: number): Summary | null {
  const { holds, kafka } = status;
  const [first] = holds;
  if (first === undefined) return null;
  const records = holds.reduce((sum, hold) => sum + (hold.records ?? 0), 0);
  const where = first.partitions.length === 0 ? 'all partitions' : listed(first.partitions);
  const more = holds.length > 1 ? ` and ${counted(holds.length - 1, 'other cause')}` : '';
  const blockedNames = new Set(holds.flatMap(({ partitions }) => partitions));
  const isAll = first.partitions.length === 0 || blockedNames.size >= kafka.partitions.length;
  const rest = isAll ? 'No event flows.' : `The other partitions flow.`;
  const sentence =
    `Blocked ${sinceText(first.since, now)}: ${counted(records, 'record')} in ${where} cannot be delivered: ` +
    `${first.reason}${more}. ${rest}${behind(status)}`;
  return { level: 'blocked', sentence, action: first.action ?? actionFor(first.reason) };
}

function elasticsearchAway(status: StatusView, now: number): Summary | null {
  const { state, reason, since, next_try } = status.elasticsearch;
  if (state === 'ok') return null;
  if (state === 'unknown')
    return { level: 'warning', sentence: 'Starting: Elasticsearch has not answered yet.', action: null };
  const next = next_try === null || next_try === undefined ? '' : `, next at ${timeText(next_try, now)}`;
  const sentence =
    `Paused ${sinceText(since, now)}: Elasticsearch does not accept documents: ${reason ?? state}. ` +
    `Kafka keeps the records, nothing is lost.${behind(status)}`;
  const action = `Check Elasticsearch; delivery resumes by itself (it is tried again and again${next}).`;
  return { level: 'blocked', sentence, action };
}

function kafkaAway({ kafka }: StatusView): Summary | null {
  if (kafka.connected && !kafka.reason) return null;
  const sentence = `No event flows: Kafka: ${kafka.reason ?? 'no broker has answered yet'}.`;
  const action = kafka.connected
    ? 'Remove this cause; consumption resumes by itself.'
    : 'Check that the brokers run, and the network between; consumption resumes by itself.';
  return { level: 'blocked', sentence, action };
}

function notReady({ state, reason }: StatusView): Summary | null {
  if (state !== 'held' || !reason) return null;
  return { level: 'warning', sentence: `Not ready: ${reason}.`, action: null };
}

/** Events flow, or could, but something needs a look. */
function warned(status: StatusView): Summary | null {
  const { kafka, rates, reject_storm, oldest_unsettled, lag_growth, chain, elasticsearch, warnings } = status;
  const rate = `${numberText(rates?.indexed_per_second ?? 0)} events/s are indexed`;
  if (kafka.partitions.length === 0) {
    const sentence = 'No event flows: this instance owns no partition.';
    return {
      level: 'warning',
      sentence,
      action: 'Check kafka.topics, and whether the group has more members than the topics have partitions.',
    };
  }
  const warn = (sentence: string, action: string): Summary => ({ level: 'warning', sentence, action });
  const told = (warning: StatusView['warnings'][number]): Summary => {
    const more = warnings.length > 1 ? ` (and ${counted(warnings.length - 1, 'other warning')})` : '';
    return warn(`Events flow (${rate}), but ${warning.message}${more}.${behind(status)}`, warning.action);
  };
  // It says more than the rejections that it makes.
  const broken = warnings.find(({ transform }) => transform);
  if (broken) return told(broken);
  if (reject_storm)
    return warn(
      `Events flow, but most are rejected: ${reject_storm.reason}.${behind(status)}`,
      'Check the mapping, the transforms and the producers; `logweir dlq list` shows the records.',
    );
  if (rates && rates.dropped_per_second > 0 && rates.indexed_per_second === 0)
    return warn(
      `Events arrive, but all are dropped (${numberText(rates.dropped_per_second)}/s).${behind(status)}`,
      'Check the transforms: `logweir transform --from-topic --explain` names the one that drops.',
    );
  const last = status.dead_letters?.toSorted((a, b) => (b.last ?? '').localeCompare(a.last ?? '')).at(0);
  if (rates && last && rates.dead_lettered_per_second > 0)
    return warn(
      `Events flow (${rate}), but ${numberText(rates.dead_lettered_per_second)}/s are dead-lettered: ` +
        `${last.reason}.${behind(status)}`,
      'Correct the mapping, the transform or the producer; `logweir dlq list` shows the records, and ' +
        '`logweir dlq retry` sends them again.',
    );
  const [warning] = warnings;
  if (warning) return told(warning);
  const failing = elasticsearch.endpoints?.find((one) => one.state === 'failing');
  if (failing)
    return warn(
      `Events flow (${rate}), but ${failing.url} fails: ${failing.reason ?? 'no reason given'}.${behind(status)}`,
      'Check that node, or remove it from elasticsearch.endpoints.',
    );
  if (chain?.failed_reload)
    return warn(
      `Events flow (${rate}) through the previous transforms: the last reload failed: ` +
        `${chain.failed_reload.reason}.`,
      'Correct the error, and reload again.',
    );
  if (lag_growth && lag_growth > GROWING_RECORDS)
    return warn(
      `Events flow (${rate}), but more arrive: ${numberText(lag_growth)} records more behind than a minute ` +
        `ago.${behind(status)}`,
      'If it lasts: more workers or instances, up to the number of partitions, or a faster Elasticsearch.',
    );
  if (oldest_unsettled && oldest_unsettled.seconds > SLOW_SECONDS && kafka.lag)
    return warn(`Catching up: ${rate}.${behind(status)}`, 'Nothing to do while the lag falls.');
  return null;
}

function flowing(status: StatusView): Summary {
  const { rates, kafka } = status;
  const indexed = rates?.indexed_per_second ?? 0;
  if (indexed === 0 && kafka.lag === 0)
    return { level: 'ok', sentence: 'Ready: all records are settled, and no new ones arrive.', action: null };
  const sentence = `Events flow: ${numberText(indexed)} events/s are indexed.${behind(status)}`;
  return { level: 'ok', sentence, action: null };
}

/** ` 1,234 records behind (5 min).` */
function behind({ kafka }: StatusView): string {
  if (kafka.lag === null || kafka.lag === undefined) return ' How far behind it is, is not known.';
  if (kafka.lag === 0) return ' No record is behind.';
  const age = kafka.backlog_seconds ? `, the oldest is ${durationText(kafka.backlog_seconds)} old` : '';
  return ` ${counted(kafka.lag, 'record')} behind${age}.`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
