import type { BreakerState, CircuitBreaker } from '../elasticsearch/circuit-breaker.ts';
import type { Reachability, ReachabilityState } from '../elasticsearch/reachability.ts';
import type { KafkaWatch } from '../kafka/consumer/watch.ts';
import { type BlockInfo, type BlockedRecords, blockOfAll } from '../pipeline/blocked-records.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';

/** Whether Elasticsearch accepts documents, or at least answers. */
export interface ElasticsearchState {
  readonly state: ReachabilityState['state'] | BreakerState['kind'];
  readonly reason: string | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** Components whose state decides whether an aggregator is ready. */
export interface ReadinessSources {
  readonly circuitBreaker: Pick<CircuitBreaker, 'state'>;
  readonly reachability: Pick<Reachability, 'state'>;
  readonly blockedRecords: Pick<BlockedRecords, 'list'>;
  readonly pipeline: Pick<Pipeline, 'inFlight'>;
  readonly kafka: Pick<KafkaWatch, 'state'>;
}

/** The causes of a process that is not ready: `state_detail` of the status, label of `not_ready`. */
export const notReadyCauses = {
  stopping: 'The process stops.',
  elasticsearch_unknown: 'Elasticsearch has not answered yet.',
  elasticsearch_unreachable: 'No endpoint of Elasticsearch answers.',
  elasticsearch_outage: 'Bulk requests fail; consumption is paused, and resumes by itself.',
  elasticsearch_blocked: 'Elasticsearch rejects whole bulk requests: an operator must act.',
  records_blocked: 'Records are blocked: an operator must act. Their partitions are paused.',
  kafka_connecting: 'Kafka has not answered yet.',
  kafka_unavailable: 'Records cannot be read from Kafka.',
} as const satisfies Readonly<Record<string, string>>;

export type NotReadyCause = keyof typeof notReadyCauses;

interface NotReady {
  readonly cause: NotReadyCause;
  /** One sentence for the operator. */
  readonly reason: string;
}

const ELASTICSEARCH_CAUSES = {
  unknown: 'elasticsearch_unknown',
  unreachable: 'elasticsearch_unreachable',
  outage: 'elasticsearch_outage',
  hold: 'elasticsearch_blocked',
} as const;

/** Whether records flow: why not, or null. */
export function notReady(sources: ReadinessSources, isStopping: boolean): NotReady | null {
  if (isStopping) return { cause: 'stopping', reason: 'stopping' };
  const { state, reason } = elasticsearchState(sources);
  if (state !== 'ok')
    return { cause: ELASTICSEARCH_CAUSES[state], reason: `Elasticsearch: ${state}: ${reason}` };
  const [block] = sources.blockedRecords.list();
  if (block !== undefined) return { cause: 'records_blocked', reason: `held: ${block.reason}` };
  const { reason: kafka, lastContact } = sources.kafka.state;
  if (kafka === null) return null;
  return {
    cause: lastContact === null ? 'kafka_connecting' : 'kafka_unavailable',
    reason: `Kafka: ${kafka}`,
  };
}

/**
 * Whether a process that has just started can work: why not yet, or null. Both servers answer, accept the
 * login, and records can be read. Blocked records do not matter: another process would meet them too.
 */
export function notStarted(sources: ReadinessSources): string | null {
  const { state, reason } = elasticsearchState(sources);
  if (state !== 'ok') return `Elasticsearch: ${state}: ${reason}`;
  const { reason: kafka } = sources.kafka.state;
  return kafka === null ? null : `Kafka: ${kafka}`;
}

/** The result of the last bulk requests; while they show nothing, the result of asking the endpoints. */
export function elasticsearchState({
  circuitBreaker,
  reachability,
}: Pick<ReadinessSources, 'circuitBreaker' | 'reachability'>): ElasticsearchState {
  const { state } = circuitBreaker;
  if (state === null) return reachability.state;
  return { state: state.kind, reason: state.reason, since: state.began.at };
}

/** The causes that block single partitions, and the one of all where whole bulk requests are rejected. */
export function activeBlocks({
  circuitBreaker,
  blockedRecords,
  pipeline,
}: Pick<ReadinessSources, 'circuitBreaker' | 'blockedRecords' | 'pipeline'>): BlockInfo[] {
  const { state } = circuitBreaker;
  if (state?.kind !== 'hold') return blockedRecords.list();
  return [blockOfAll(state, pipeline.inFlight), ...blockedRecords.list()];
}
