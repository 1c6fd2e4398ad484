import { describe, expect, it } from 'vitest';
import {
  type NotReadyCause,
  type ReadinessSources,
  activeBlocks,
  elasticsearchState,
  notReady,
  notReadyCauses,
  notStarted,
} from '../../../src/admin/readiness.ts';
import { Beginning } from '../../../src/clock.ts';
import type { BreakerState } from '../../../src/elasticsearch/circuit-breaker.ts';
import type { ReachabilityState } from '../../../src/elasticsearch/reachability.ts';
import type { BlockInfo } from '../../../src/pipeline/blocked-records.ts';

const block: BlockInfo = {
  reason: 'transform x failed',
  since: 1,
  seconds: 2,
  records: 3,
  partitions: ['t[0]'],
  offset: 9,
  record: 't:0:9',
  message: null,
  action: 'reload',
};

interface State {
  readonly breaker?: BreakerState['kind'];
  readonly reachability?: ReachabilityState['state'];
  readonly blocks?: BlockInfo[];
  readonly kafka?: string | null;
  readonly connected?: boolean;
}

function sourcesWith(state: State = {}): ReadinessSources {
  const { breaker, reachability = 'ok', blocks = [], kafka = null, connected = true } = state;
  return {
    circuitBreaker: {
      state: breaker === undefined ? null : { kind: breaker, reason: 'HTTP 503', began: new Beginning() },
    },
    reachability: { state: { state: reachability, reason: reachability === 'ok' ? null : 'why', since: 7 } },
    blockedRecords: { list: () => blocks },
    pipeline: { inFlight: 5 },
    kafka: {
      state: {
        connected: kafka === null,
        reason: kafka,
        lastContact: connected ? 1 : null,
        silentSeconds: 0,
      },
    },
  };
}

/** The rows of the table in docs/runbook.md#health: a state, and whether `ready` and `started` are 200. */
const table: [string, State, string | null, NotReadyCause | null, boolean][] = [
  ['nothing is wrong', {}, null, null, true],
  [
    'at the start, before Elasticsearch has answered',
    { reachability: 'unknown', kafka: 'not connected to Kafka', connected: false },
    'Elasticsearch: unknown: why',
    'elasticsearch_unknown',
    false,
  ],
  [
    'at the start, before Kafka has answered',
    { kafka: 'not connected to Kafka', connected: false },
    'Kafka: not connected to Kafka',
    'kafka_connecting',
    false,
  ],
  [
    'an outage of Elasticsearch without records',
    { reachability: 'unreachable' },
    'Elasticsearch: unreachable: why',
    'elasticsearch_unreachable',
    false,
  ],
  [
    'an outage of Elasticsearch with records',
    { breaker: 'outage' },
    'Elasticsearch: outage: HTTP 503',
    'elasticsearch_outage',
    false,
  ],
  [
    'Elasticsearch rejects all requests',
    { breaker: 'hold', blocks: [block] },
    'Elasticsearch: hold: HTTP 503',
    'elasticsearch_blocked',
    false,
  ],
  ['records are blocked', { blocks: [block] }, 'held: transform x failed', 'records_blocked', true],
  [
    'an outage of Kafka',
    { kafka: 'no broker answers' },
    'Kafka: no broker answers',
    'kafka_unavailable',
    false,
  ],
  ['a rebalance', { kafka: null }, null, null, true],
];

describe.each(table)('%s', (_name, state, reason, cause, isStarted) => {
  it(`ready is ${reason === null ? 200 : 503}, with the reason and its cause`, () => {
    expect(notReady(sourcesWith(state), false)).toEqual(reason === null ? null : { cause, reason });
  });

  it(`a new process has ${isStarted ? '' : 'not '}started`, () => {
    expect(notStarted(sourcesWith(state)) === null).toBe(isStarted);
  });

  it('a shutdown is not ready', () => {
    expect(notReady(sourcesWith(state), true)).toEqual({ cause: 'stopping', reason: 'stopping' });
  });
});

it('the table has each cause', () => {
  const named = table.flatMap(([, , , cause]) => cause ?? []);
  expect([...new Set(named), 'stopping'].toSorted()).toEqual(Object.keys(notReadyCauses).toSorted());
});

it('the reachability of Elasticsearch counts while bulk requests do not fail', () => {
  expect(elasticsearchState(sourcesWith())).toEqual({ state: 'ok', reason: null, since: 7 });
  expect(elasticsearchState(sourcesWith({ breaker: 'outage' }))).toMatchObject({
    state: 'outage',
    reason: 'HTTP 503',
  });
});

it('the cause of rejected requests blocks all records in flight, and an outage blocks none', () => {
  expect(activeBlocks(sourcesWith({ breaker: 'hold', blocks: [block] }))).toMatchObject([
    { reason: 'HTTP 503', records: 5, partitions: [], offset: null, action: expect.any(String) },
    block,
  ]);
  expect(activeBlocks(sourcesWith({ breaker: 'outage', blocks: [block] }))).toEqual([block]);
});
