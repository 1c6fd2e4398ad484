import { describe, expect, it } from 'vitest';
import { type KafkaFacts, kafkaResults } from '../../../src/check/kafka-results.ts';
import { type TopicFact, topicsToAsk } from '../../../src/check/topic-results.ts';
import type { CheckResult } from '../../../src/check/result.ts';
import { configOf } from '../support/config.ts';

const [READ, WRITE, DESCRIBE] = [3, 4, 8];

function topic(name: string, part: Partial<TopicFact> = {}): [string, TopicFact] {
  const operations = [READ, WRITE, DESCRIBE];
  return [name, { name, state: 'exists', operations, partitions: 3, leaderless: [], ...part }];
}

const good: KafkaFacts = {
  bootstrap: [{ address: 'a:1', reason: null }],
  tls: true,
  sasl: 'PLAIN',
  connection: null,
  advertised: [{ address: 'a:1', reason: null }],
  matched: ['app-logs'],
  topics: new Map([topic('app-logs'), topic('app-logs-dlq')]),
};

function resultsOf(facts: Partial<KafkaFacts>, yaml = ''): readonly CheckResult[] {
  return kafkaResults({ ...good, ...facts }, configOf(yaml));
}

const brief = (results: readonly CheckResult[]): string[] =>
  results.map(({ check, result }) => `${check} ${result}`);

describe('the connection', () => {
  it('is ok with reachable brokers, TLS and login', () => {
    expect(brief(resultsOf({}))).toEqual([
      'kafka.brokers ok',
      'kafka.tls ok',
      'kafka.login ok',
      'kafka.advertised ok',
      'kafka.topics ok',
      'kafka.topic_acl ok',
      'dead_letter.topic ok',
    ]);
  });

  it('warns if one of two bootstrap servers is away, and fails if all are', () => {
    const away = { address: 'b:1', reason: 'cannot be resolved here (ENOTFOUND)' };
    const [one] = resultsOf({ bootstrap: [...good.bootstrap, away] });
    expect(one).toMatchObject({ check: 'kafka.brokers', result: 'warning' });
    expect(one?.message).toBe(
      '1 of 2 bootstrap servers can be reached: b:1 cannot be resolved here (ENOTFOUND)',
    );
    expect(resultsOf({ bootstrap: [away] })[0]).toMatchObject({ result: 'failed' });
  });

  it.each([
    ['kafka.login', { reason: 'SASL authentication error', isLogin: true }, {}],
    ['kafka.tls', { reason: 'SSL handshake failed: certificate verify failed', isLogin: false }, {}],
    ['kafka.connection', { reason: 'Connection refused', isLogin: false }, {}],
    ['kafka.connection', { reason: 'SSL is what this port speaks', isLogin: false }, { tls: false }],
  ])('that fails is told as %s', (check, connection, more) => {
    const results = resultsOf({ connection, advertised: [], matched: null, topics: null, ...more });
    expect(brief(results)).toEqual(['kafka.brokers ok', `${check} failed`, 'kafka.topics warning']);
    expect(results.every(({ result, remedy }) => result === 'ok' || remedy !== null)).toBe(true);
  });

  it('to no bootstrap server is told once', () => {
    const bootstrap = [{ address: 'a:1', reason: 'does not answer' }];
    const connection = { reason: null, isLogin: false };
    const results = resultsOf({ bootstrap, connection, advertised: [], matched: null, topics: null });
    expect(brief(results)).toEqual(['kafka.brokers failed', 'kafka.topics warning']);
  });

  it('without advertised addresses is no ok for them', () => {
    expect(brief(resultsOf({ advertised: [] }))).toContain('kafka.advertised warning');
  });

  it('fails if an advertised address cannot be reached', () => {
    const advertised = [...good.advertised, { address: 'x:9', reason: 'does not answer' }];
    expect(brief(resultsOf({ advertised }))).toContain('kafka.advertised failed');
  });
});

describe('topics', () => {
  it.each([
    ['missing', 'kafka.topics failed'],
    ['forbidden', 'kafka.topic_acl failed'],
    ['unknown', 'kafka.topics warning'],
  ] as const)('that are %s', (state, expected) => {
    const topics = new Map([topic('app-logs', { state, operations: null }), topic('app-logs-dlq')]);
    expect(brief(resultsOf({ topics, matched: [] })).slice(4)).toEqual([expected, 'dead_letter.topic ok']);
  });

  it('need Read; brokers that do not tell the rights are never an ok', () => {
    const withRights = (operations: number[] | null): string[] =>
      brief(resultsOf({ topics: new Map([topic('app-logs', { operations }), topic('app-logs-dlq')]) }));
    expect(withRights([READ])).toContain('kafka.topic_acl ok');
    expect(withRights([DESCRIBE])).toContain('kafka.topic_acl failed');
    expect(withRights([])).toContain('kafka.topic_acl failed');
    expect(withRights(null)).toContain('kafka.topic_acl warning');
  });

  it('without leaders fail', () => {
    const topics = new Map([topic('app-logs', { leaderless: [1] }), topic('app-logs-dlq')]);
    const found = resultsOf({ topics }).find(({ check }) => check === 'kafka.partitions');
    expect(found?.message).toBe('1 partition of topic app-logs has no leader: 1');
  });

  it('by a regular expression need a match', () => {
    const yaml = 'kafka: { topics: ["^app-.*"] }';
    expect(resultsOf({}, yaml).find(({ check }) => check === 'kafka.topics')?.message).toBe(
      '^app-.* matches 1 topic: app-logs',
    );
    expect(brief(resultsOf({ matched: [], topics: new Map() }, yaml))).toContain('kafka.topics failed');
  });

  it('that the brokers did not describe are not checkable', () => {
    expect(brief(resultsOf({ topics: null }))).toContain('kafka.topics warning');
  });
});

describe('the dead-letter topic', () => {
  const withLetters = (part: Partial<TopicFact>): CheckResult | undefined =>
    resultsOf({ topics: new Map([topic('app-logs'), topic('app-logs-dlq', part)]) }).at(-1);

  it.each([
    [{ operations: [WRITE] }, 'ok'],
    [{ operations: [READ, DESCRIBE] }, 'failed'],
    [{ operations: null }, 'warning'],
    [{ state: 'forbidden' as const, operations: null }, 'failed'],
    [{ state: 'missing' as const, operations: null }, 'warning'],
    [{ state: 'unknown' as const, operations: null }, 'warning'],
  ])('%j is %s', (part, result) => {
    expect(withLetters(part)).toMatchObject({ check: 'dead_letter.topic', result });
  });

  it('is asked for each source topic, and not if dead letters go elsewhere', () => {
    expect(topicsToAsk(configOf('kafka: { topics: [a, "^b"] }'), ['a', 'b1'])).toEqual([
      'a',
      'b1',
      'a-dlq',
      'b1-dlq',
    ]);
    expect(topicsToAsk(configOf('dead_letter: { to: index }'), [])).toEqual(['app-logs']);
    expect(resultsOf({}, 'dead_letter: { to: hold }').at(-1)).toMatchObject({ result: 'ok' });
  });
});
