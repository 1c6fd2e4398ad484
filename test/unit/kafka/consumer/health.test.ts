import { describe, expect, it } from 'vitest';
import type { TopicState } from '../../../../src/kafka/brokers.ts';
import {
  AWAY_MS,
  DISCONNECTED_MS,
  type Facts,
  isAway,
  reasonOf,
} from '../../../../src/kafka/consumer/health.ts';
import { ErrorCode } from '../../../../src/kafka/native.ts';
import { configOf } from '../../support/config.ts';

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

describe('no reason is given for', () => {
  it.each<[string, Partial<Facts>]>([
    ['a healthy state', {}],
    ['a member without partitions, as there are more members than partitions', NOTHING],
    ['a member that has just joined, without any states of topics', { ...NOTHING, topics: new Map() }],
    [
      'an old broker, or one without an authorizer, which does not send the allowed operations',
      { topics: topics(topic({ operations: null })) },
    ],
    ['an empty list of allowed operations', { topics: topics(topic({ operations: [] })) }],
    ['brokers without an answer for up to AWAY_MS', { answered: { at: NOW - AWAY_MS, time: 0 } }],
    [
      'a partition without an answer for up to AWAY_MS',
      { owned: [{ name: 'x', answeredAt: NOW - AWAY_MS }] },
    ],
    [
      'a start offset that is awaited for up to AWAY_MS',
      { ...NOTHING, awaited: { partitions: ['x'], since: NOW - AWAY_MS } },
    ],
    ['errors while partitions are consumed', { reported: reported(ErrorCode.TRANSPORT) }],
    ['an old error', { ...NOTHING, reported: reported(23, 40) }],
    [
      'a lost connection, if all brokers can be reached',
      { ...NOTHING, reported: reported(ErrorCode.TRANSPORT) },
    ],
    [
      'a topic that does not exist beside one that does',
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
      'a regular expression whose matches are not known yet',
      { config: { ...kafka, topics: ['^a'] }, topics: new Map(), ...NOTHING },
    ],
  ])('%s', (_name, over) => {
    expect(reasonOf(facts(over))).toBeNull();
  });
});

describe('one sentence describes', () => {
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
      'a topic without the ACL Describe',
      { ...NOTHING, topics: topics(topic({ operations: null, error: error(29) })) },
      'the ACL Read (and Describe) on topic app-logs is missing',
    ],
    ['a group without the ACL Read', { reported: reported(30) }, 'the ACL Read on group g is missing'],
    [
      'a topic that does not exist',
      { ...NOTHING, topics: topics(topic({ error: error(3), id: null, operations: null })) },
      'the topic app-logs of kafka.topics does not exist',
    ],
    [
      'a regular expression that matches no topic',
      { ...NOTHING, config: { ...kafka, topics: ['^x'] }, topics: new Map(), isMatched: false },
      'there is no topic that ^x of kafka.topics matches',
    ],
    [
      'members with another protocol',
      { ...NOTHING, reported: reported(ErrorCode.INCONSISTENT_GROUP_PROTOCOL) },
      'the group g has members with another assignment protocol',
    ],
    [
      'a rejected login',
      { ...NOTHING, reported: reported(ErrorCode.AUTHENTICATION) },
      'the brokers reject the login',
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
      'start offsets without an answer',
      { ...NOTHING, awaited: { partitions: ['app-logs[3]'], since: NOW - AWAY_MS - 1 } },
      'no broker answers for app-logs[3]',
    ],
    [
      'a rejected answer to a rebalance',
      { rebalanceProblem: 'Erroneous state' },
      'the Kafka client rejects the answer to a rebalance: Erroneous state',
    ],
  ])('%s', (_name, over, sentence) => {
    const reason = reasonOf(facts(over));
    expect(reason).toContain(sentence);
    expect(reason).not.toContain('\n');
  });

  it('the silence of all brokers before any other fault, with the unreachable address', () => {
    const over = {
      answered: { at: 0, time: 0 },
      topics: topics(topic({ operations: [8] })),
      unreachable: 'it advertises x',
    };
    expect(reasonOf(facts(over))).toMatch(/^no broker answers since .*; it advertises x$/);
  });
});

it('brokers are away when none has answered for more than AWAY_MS', () => {
  expect(isAway(facts({ answered: { at: NOW - AWAY_MS, time: 0 } }))).toBe(false);
  expect(isAway(facts({ answered: { at: NOW - AWAY_MS - 1, time: 0 } }))).toBe(true);
});

it('brokers whose connections are all lost since the last answer are away after DISCONNECTED_MS', () => {
  const lost = (secondsAgo: number, answeredMsAgo: number): boolean =>
    isAway(
      facts({
        answered: { at: NOW - answeredMsAgo, time: 0 },
        reported: reported(ErrorCode.ALL_BROKERS_DOWN, secondsAgo),
      }),
    );
  expect(lost(1, DISCONNECTED_MS + 1)).toBe(true);
  expect(lost(1, DISCONNECTED_MS)).toBe(false);
  // They have answered after the loss: over a new connection.
  expect(lost(9, DISCONNECTED_MS + 1)).toBe(false);
  const other = facts({
    answered: { at: NOW - DISCONNECTED_MS - 1, time: 0 },
    reported: reported(ErrorCode.TRANSPORT),
  });
  expect(isAway(other)).toBe(false);
});
