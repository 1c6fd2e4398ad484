import { describe, expect, it } from 'vitest';
import type { TopicState } from '../../../src/kafka/brokers.ts';
import { AWAY_MS, type Facts, isAway, reasonOf } from '../../../src/kafka/health.ts';
import { ErrorCode } from '../../../src/kafka/native.ts';
import { configOf } from '../support/config.ts';

const NOW = 1_000_000;
const { kafka } = configOf('kafka: { bootstrap_servers: [a:1, b:2], topics: [app-logs], group_id: g }');

const topic = (over: Partial<TopicState> = {}): TopicState => ({
  name: 'app-logs',
  id: 'x',
  isInternal: false,
  operations: [3, 8],
  error: null,
  ...over,
});
const topics = (...states: TopicState[]) => new Map(states.map((one) => [one.name, one]));
const error = (code: number, message = 'said') => ({ code, message });
const reported = (code: number, secondsAgo = 1) =>
  new Map([[code, { error: error(code), at: NOW - secondsAgo * 1000 }]]);

const facts = (over: Partial<Facts> = {}): Facts => ({
  now: NOW,
  config: kafka,
  answered: { at: NOW - 1000, time: Date.UTC(2026, 0, 2, 3, 4, 5) },
  owned: [{ name: 'app-logs[0]', answeredAt: NOW - 1000 }],
  awaited: null,
  rebalanceProblem: null,
  topics: topics(topic()),
  isMatched: null,
  reported: new Map(),
  unreachable: null,
  ...over,
});
const NOTHING = { owned: [] };

describe('no fault of Kafka', () => {
  it.each<[string, Partial<Facts>]>([
    ['all is well', {}],
    ['an owner of nothing, since there are more members than partitions', NOTHING],
    ['a member that has just joined, and knows nothing yet', { ...NOTHING, topics: new Map() }],
    [
      'an old broker, or one without an authorizer, which does not tell what is allowed',
      { topics: topics(topic({ operations: null })) },
    ],
    ['and the same by an empty list', { topics: topics(topic({ operations: [] })) }],
    ['a broker that has not answered for some seconds', { answered: { at: NOW - AWAY_MS, time: 0 } }],
    [
      'a partition that has not been answered for for some seconds',
      { owned: [{ name: 'x', answeredAt: NOW - AWAY_MS }] },
    ],
    [
      'a start offset that is waited for for some seconds',
      { ...NOTHING, awaited: { partitions: ['x'], since: NOW - AWAY_MS } },
    ],
    ['errors while partitions are read', { reported: reported(ErrorCode.TRANSPORT) }],
    ['an error of long ago', { ...NOTHING, reported: reported(23, 40) }],
    [
      'a connection that was lost, where all brokers can be reached',
      { ...NOTHING, reported: reported(ErrorCode.TRANSPORT) },
    ],
    [
      'one of several topics that does not exist',
      {
        config: { ...kafka, topics: ['app-logs', 'typo'] },
        topics: topics(topic(), topic({ name: 'typo', error: error(3) })),
        ...NOTHING,
      },
    ],
    [
      'a regular expression that matches',
      { config: { ...kafka, topics: ['^a'] }, isMatched: true, topics: new Map(), ...NOTHING },
    ],
    [
      'a regular expression that nobody has looked for yet',
      { config: { ...kafka, topics: ['^a'] }, topics: new Map(), ...NOTHING },
    ],
  ])('is %s', (_name, over) => {
    expect(reasonOf(facts(over))).toBeNull();
  });
});

describe('a fault of Kafka is said in one sentence', () => {
  it.each<[string, Partial<Facts>, string]>([
    [
      'brokers that are away',
      { answered: { at: NOW - AWAY_MS - 1, time: Date.UTC(2026, 0, 2, 3, 4, 5) } },
      'no broker answers since 2026-01-02T03:04:05.000Z; bootstrap servers a:1, b:2',
    ],
    [
      'a missing ACL',
      { topics: topics(topic({ operations: [8] })) },
      'the ACL Read on topic app-logs is missing',
    ],
    [
      'a topic that may not be seen',
      { ...NOTHING, topics: topics(topic({ operations: null, error: error(29) })) },
      'the ACL Read (and Describe) on topic app-logs is missing',
    ],
    ['a group that may not be joined', { reported: reported(30) }, 'the ACL Read on group g is missing'],
    [
      'a topic that does not exist',
      { ...NOTHING, topics: topics(topic({ error: error(3), id: null, operations: null })) },
      'the topic app-logs of kafka.topics does not exist',
    ],
    [
      'a regular expression that matches none',
      { ...NOTHING, config: { ...kafka, topics: ['^x'] }, topics: new Map(), isMatched: false },
      'there is no topic that ^x of kafka.topics matches',
    ],
    [
      'members with another protocol',
      { ...NOTHING, reported: reported(ErrorCode.INCONSISTENT_GROUP_PROTOCOL) },
      'the group g has members with another assignment protocol',
    ],
    [
      'a login that is refused',
      { ...NOTHING, reported: reported(ErrorCode.AUTHENTICATION) },
      'the brokers refuse the login',
    ],
    [
      'an address that cannot be reached',
      { ...NOTHING, reported: reported(ErrorCode.RESOLVE), unreachable: 'a broker advertises x' },
      'a broker advertises x',
    ],
    [
      'a leader that is away',
      { owned: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, answeredAt: NOW - AWAY_MS - 1 })) },
      'no broker answers for a, b, c and 2 more: they have no leader, or it is away',
    ],
    [
      'start offsets that nobody tells',
      { ...NOTHING, awaited: { partitions: ['app-logs[3]'], since: NOW - AWAY_MS - 1 } },
      'no broker answers for app-logs[3]',
    ],
    [
      'an answer that is not taken',
      { rebalanceProblem: 'Erroneous state' },
      'does not take the answer to a rebalance: Erroneous state',
    ],
  ])('%s', (_name, over, sentence) => {
    const reason = reasonOf(facts(over));
    expect(reason).toContain(sentence);
    expect(reason).not.toContain('\n');
  });

  it('the silence of all brokers before everything else, with the address that is to blame', () => {
    const over = {
      answered: { at: 0, time: 0 },
      topics: topics(topic({ operations: [8] })),
      unreachable: 'it advertises x',
    };
    expect(reasonOf(facts(over))).toMatch(/^no broker answers since .*; it advertises x$/);
  });
});

it('brokers are away when none has answered for a while', () => {
  expect(isAway(facts({ answered: { at: NOW - AWAY_MS, time: 0 } }))).toBe(false);
  expect(isAway(facts({ answered: { at: NOW - AWAY_MS - 1, time: 0 } }))).toBe(true);
});
