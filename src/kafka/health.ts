import type { Config } from '../config/schema.ts';
import { isPattern } from '../config/topics.ts';
import type { OwnedPartition } from './assignment.ts';
import { READ, type TopicState } from './brokers.ts';
import { explain } from './explain.ts';
import { ErrorCode, type KafkaError } from './native.ts';
import type { Awaited } from './rebalance.ts';

/** Without an answer for so long the brokers are away. Elections, and restarts one by one, take less. */
export const AWAY_MS = 20_000;
/** What the client has reported in this time says what is wrong now. */
const RECENT_MS = 30_000;
const NAMED_MAX = 3;

/** An error, and when it was reported. */
export interface Reported {
  readonly error: KafkaError;
  readonly at: number;
}

/** What is known of Kafka at a moment; times by `performance.now()`. */
export interface Facts {
  readonly now: number;
  readonly config: Config['kafka'];
  /** When a broker last answered, also in milliseconds since the epoch. */
  readonly answered: { readonly at: number; readonly time: number };
  readonly owned: readonly Pick<OwnedPartition, 'name' | 'answeredAt'>[];
  readonly awaited: Awaited | null;
  /** Why the client does not take the answer to a rebalance. */
  readonly rebalanceProblem: string | null;
  /** Of the topics that are named, and of those that are read. */
  readonly topics: ReadonlyMap<string, TopicState>;
  /** Whether there is a topic that a regular expression matches; null where that was not looked for. */
  readonly isMatched: boolean | null;
  /** The last error of each code that the client has reported. */
  readonly reported: ReadonlyMap<number, Reported>;
  /** The address of a broker that cannot be reached, and why. */
  readonly unreachable: string | null;
}

/** Why records of Kafka cannot be read, in one sentence; null where they can, or there is nothing to be read. */
export function reasonOf(facts: Facts): string | null {
  return (
    awayReason(facts) ??
    rebalanceReason(facts) ??
    rightsReason(facts) ??
    emptyReason(facts) ??
    silentReason(facts)
  );
}

/** Whether brokers answer at all. */
export function isAway({ now, answered }: Pick<Facts, 'now' | 'answered'>): boolean {
  return now - answered.at > AWAY_MS;
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
    : `the Kafka client does not take the answer to a rebalance: ${rebalanceProblem}`;
}

/** Read is the one ACL that reading needs on both; it grants Describe with it. */
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

/** Having nothing is no fault by itself: there may be more members than partitions. */
function emptyReason(facts: Facts): string | null {
  const { now, owned, awaited, topics, isMatched, reported, config, unreachable } = facts;
  if (owned.length > 0 || awaited !== null) return null;
  const recent = [...reported.values()].filter((one) => isRecent(one, now)).map(({ error }) => error);
  if (unreachable !== null && recent.some(({ code }) => UNREACHED.has(code))) return unreachable;
  const telling = recent.find(({ code }) => !HARMLESS.has(code) && !UNREACHED.has(code));
  if (telling !== undefined) return `${explain(telling, config)} (${telling.message})`;
  const absent = config.topics.filter(
    (topic) => topics.get(topic)?.error?.code === ErrorCode.UNKNOWN_TOPIC_OR_PART,
  );
  const hasOther = config.topics.some((topic) => topics.has(topic) && !absent.includes(topic));
  if (absent.length > 0 && !hasOther && isMatched !== true)
    return `the topic ${named(absent)} of kafka.topics does not exist; waiting for somebody to create it`;
  if (isMatched === false && config.topics.every(isPattern))
    return `there is no topic that ${named(config.topics)} of kafka.topics matches`;
  return null;
}

const UNREACHED: ReadonlySet<number> = new Set([
  ErrorCode.RESOLVE,
  ErrorCode.TRANSPORT,
  ErrorCode.ALL_BROKERS_DOWN,
]);
/** They are told of more exactly by the state of the topics. */
const HARMLESS: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC,
  ErrorCode.UNKNOWN_TOPIC_OR_PART,
  ErrorCode.AUTO_OFFSET_RESET,
  ErrorCode.MAX_POLL_EXCEEDED,
]);

/** Somebody answers, but not for these. */
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
