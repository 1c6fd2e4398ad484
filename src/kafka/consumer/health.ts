import type { Config } from '../../config/schema.ts';
import { isPattern } from '../../config/topics.ts';
import type { OwnedPartition } from './assignment.ts';
import { READ, type TopicState } from '../brokers.ts';
import { errorMessage } from '../error-messages.ts';
import { ErrorCode, type KafkaError } from '../native.ts';
import type { Awaited } from './rebalance.ts';

/** Without an answer for this time, the brokers are away. Elections and rolling restarts take less. */
export const AWAY_MS = 20_000;
/**
 * The same if the client has lost all its connections since the last answer: brokers that only hang keep
 * them. It is longer than the interval of the queries, so that one of them had to find a new connection.
 */
export const DISCONNECTED_MS = 6000;
/** An error that the client has reported within this time explains the present state. */
const RECENT_MS = 30_000;
const NAMED_MAX = 3;

/** An error and the time of its report. */
export interface Reported {
  readonly error: KafkaError;
  readonly at: number;
}

/** The known state of Kafka at one moment; times by `performance.now()`. */
export interface Facts {
  readonly now: number;
  readonly config: Config['kafka'];
  /** Time of the last answer of any broker; `time` is in milliseconds since the epoch. */
  readonly answered: { readonly at: number; readonly time: number };
  readonly owned: readonly Pick<OwnedPartition, 'name' | 'answeredAt'>[];
  readonly awaited: Awaited | null;
  /** Why the client rejects the answer to a rebalance. */
  readonly rebalanceProblem: string | null;
  /** States of the configured topics, and of the consumed ones. */
  readonly topics: ReadonlyMap<string, TopicState>;
  /** Whether a regular expression matches any topic; null if that is unknown. */
  readonly isMatched: boolean | null;
  /** The last error of each code that the client has reported. */
  readonly reported: ReadonlyMap<number, Reported>;
  /** Which broker address cannot be reached, and why. */
  readonly unreachable: string | null;
}

/** Why records cannot be read from Kafka, in one sentence; null if they can, or if there are none to read. */
export function reasonOf(facts: Facts): string | null {
  return (
    awayReason(facts) ??
    rebalanceReason(facts) ??
    rightsReason(facts) ??
    emptyReason(facts) ??
    silentReason(facts)
  );
}

/** Whether no broker answers. */
export function isAway({ now, answered, reported }: Pick<Facts, 'now' | 'answered' | 'reported'>): boolean {
  const disconnectedAt = reported.get(ErrorCode.ALL_BROKERS_DOWN)?.at ?? -Infinity;
  return now - answered.at > (disconnectedAt > answered.at ? DISCONNECTED_MS : AWAY_MS);
}

function awayReason(facts: Facts): string | null {
  if (!isAway(facts)) return null;
  const since = new Date(facts.answered.time).toISOString();
  const servers = facts.config.bootstrap_servers.join(', ');
  const detail = facts.unreachable === null ? '' : `; ${facts.unreachable}`;
  return `no broker answers since ${since}; bootstrap servers ${servers}${detail}`;
}

function rebalanceReason({ rebalanceProblem }: Facts): string | null {
  return rebalanceProblem === null
    ? null
    : `the Kafka client rejects the answer to a rebalance: ${rebalanceProblem}`;
}

/** A consumer needs one ACL on both topic and group: Read, which includes Describe. */
function rightsReason({ now, topics, reported, config }: Facts): string | null {
  const forbidden = [...topics.values()].filter(
    ({ error, operations }) => error?.code === ErrorCode.TOPIC_AUTHORIZATION || isWithoutRead(operations),
  );
  if (forbidden.length > 0) {
    const [first] = forbidden;
    const acl = first?.error === null ? 'Read' : 'Read (and Describe)';
    return missing(acl, `topic ${named(forbidden.map(({ name }) => name))}`);
  }
  const group = reported.get(ErrorCode.GROUP_AUTHORIZATION);
  if (group !== undefined && isRecent(group, now)) return missing('Read', `group ${config.group_id}`);
  return null;
}

function isRecent({ at }: Reported, now: number): boolean {
  return now - at < RECENT_MS;
}

function isWithoutRead(operations: readonly number[] | null): boolean {
  return operations !== null && operations.length > 0 && !operations.includes(READ);
}

function missing(acl: string, resource: string): string {
  return `the ACL ${acl} on ${resource} is missing: grant it to the user that Logweir logs in as`;
}

/** A member without partitions is not a fault by itself: there may be more members than partitions. */
function emptyReason(facts: Facts): string | null {
  const { now, owned, awaited, topics, isMatched, reported, config, unreachable } = facts;
  if (owned.length > 0 || awaited !== null) return null;
  const recent = [...reported.values()].filter((one) => isRecent(one, now)).map(({ error }) => error);
  if (unreachable !== null && recent.some(({ code }) => UNREACHABLE.has(code))) return unreachable;
  const explained = recent.find(({ code }) => !HARMLESS.has(code) && !UNREACHABLE.has(code));
  if (explained !== undefined) return `${errorMessage(explained, config)} (${explained.message})`;
  const absent = config.topics.filter(
    (topic) => topics.get(topic)?.error?.code === ErrorCode.UNKNOWN_TOPIC_OR_PART,
  );
  const hasOther = config.topics.some((topic) => topics.has(topic) && !absent.includes(topic));
  if (absent.length > 0 && !hasOther && isMatched !== true)
    return `the topic ${named(absent)} of kafka.topics does not exist; waiting until it is created`;
  if (isMatched === false && config.topics.every(isPattern))
    return `there is no topic that ${named(config.topics)} of kafka.topics matches`;
  return null;
}

const UNREACHABLE: ReadonlySet<number> = new Set([
  ErrorCode.RESOLVE,
  ErrorCode.TRANSPORT,
  ErrorCode.ALL_BROKERS_DOWN,
]);
/** The states of the topics describe these faults more exactly. */
const HARMLESS: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC,
  ErrorCode.UNKNOWN_TOPIC_OR_PART,
  ErrorCode.AUTO_OFFSET_RESET,
  ErrorCode.MAX_POLL_EXCEEDED,
]);

/** Brokers answer, but not for these partitions. */
function silentReason({ now, owned, awaited, unreachable }: Facts): string | null {
  const silent = owned.filter(({ answeredAt }) => now - answeredAt > AWAY_MS).map(({ name }) => name);
  if (awaited !== null && now - awaited.since > AWAY_MS) silent.push(...awaited.partitions);
  if (silent.length === 0) return null;
  return `no broker answers for ${named(silent)}: ${unreachable ?? 'they have no leader, or it is away'}`;
}

function named(names: readonly string[]): string {
  const more = names.length - NAMED_MAX;
  return names.slice(0, NAMED_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
