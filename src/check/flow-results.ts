import { type CheckResult, counted, ok, unchecked, warning } from './result.ts';

/** The lag of the group and what it has settled, seen twice. */
export interface LagFact {
  /** Records between the committed offsets and the ends, first and last. */
  readonly before: number;
  readonly after: number;
  /** By how many records the committed offsets have moved between both. */
  readonly settled: number;
  readonly seconds: number;
}

export interface FlowFacts {
  /** Null if it is unknown, for the reason. */
  readonly lag: LagFact | null;
  /** The dead letters of the last hour, by topic; null if unknown. */
  readonly deadLetters: readonly { readonly topic: string; readonly count: number }[] | null;
  readonly reason: string;
}

/** Less than this is no backlog, as in the warning lag_growing. */
const BACKLOG_MIN = 1000;
/** Nor is what is settled in so many seconds: offsets are committed every second. */
const BEHIND_SECONDS = 10;

/** Whether the group keeps pace with the producers, and whether records are dead-lettered now. */
export function flowResults({ lag, deadLetters, reason }: FlowFacts, group: string): CheckResult[] {
  const again = 'Repair the failed checks of Kafka, and check again.';
  return [
    lag === null ? unchecked('kafka.lag', reason, again) : lagResult(lag, group),
    ...(deadLetters ?? []).map(({ topic, count }) => deadLetterResult(topic, count)),
  ];
}

function lagResult({ before, after, settled, seconds }: LagFact, group: string): CheckResult {
  const check = 'kafka.lag';
  const rate = Math.round(settled / seconds);
  const is = `group ${group} is ${counted(after, 'record')} behind, and settles ${rate}/s`;
  const isBehind = after >= BACKLOG_MIN && after >= BEHIND_SECONDS * rate;
  if (!isBehind || after < before) return ok(check, is);
  if (settled === 0)
    return warning(
      check,
      `${is}: nothing was settled in ${Math.round(seconds)} s`,
      'If an instance runs, its status tells why: logweir top. If none runs, start one.',
    );
  return warning(
    check,
    `${is}: the lag has grown by ${counted(after - before, 'record')} in ${Math.round(seconds)} s`,
    'If it lasts: more workers or instances, up to the number of partitions, or a faster Elasticsearch.',
  );
}

function deadLetterResult(topic: string, count: number): CheckResult {
  const check = 'dead_letter.recent';
  if (count === 0) return ok(check, `no dead letter came to ${topic} in the last hour`);
  return warning(
    check,
    `${counted(count, 'dead letter')} came to ${topic} in the last hour`,
    'logweir dlq list tells the reasons, such as a mapping conflict. Correct the mapping, the transform or the ' +
      'producer, and send them again with logweir dlq retry.',
  );
}
