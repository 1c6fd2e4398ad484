import { describe, expect, it } from 'vitest';
import { LogweirError } from '../../../src/errors.ts';
import {
  deadLetterTopicsOf,
  sourceTopics,
  splitTopics,
  topicProblem,
  topicRegex,
} from '../../../src/config/topics.ts';
import { configOf } from '../support/config.ts';

describe('topics in one text', () => {
  it.each<[string, string[]]>([
    ['app-logs', ['app-logs']],
    ['a, b ,c', ['a', 'b', 'c']],
    ['^app-[a-z]{1,3}$', ['^app-[a-z]{1,3}$']],
    ['^app-[a-z]{1,3}$,audit', ['^app-[a-z]{1,3}$', 'audit']],
    ['audit,^app-[a-z]{1,3}$, ^x{2,}$', ['audit', '^app-[a-z]{1,3}$', '^x{2,}$']],
    ['^(a,b|c){1,2}$,d', ['^(a,b|c){1,2}$', 'd']],
    ['^[,]$,d', ['^[,]$', 'd']],
    [String.raw`^a\{,b`, [String.raw`^a\{`, 'b']],
    ['a,,b', ['a', '', 'b']],
  ])('%j is %j', (text, topics) => {
    expect(splitTopics(text)).toEqual(topics);
  });

  it.each(['"^app-[a-z]{1,3}$"', '["^app-[a-z]{1,3}$"]'])('is one regular expression as %s', (source) => {
    expect(configOf(`kafka: { topics: ${source} }`).kafka.topics).toEqual(['^app-[a-z]{1,3}$']);
  });
});

describe('a regular expression matches as in the Kafka client', () => {
  it.each<[string, string[], string[]]>([
    ['^app-[a-z]{1,3}$', ['app-a', 'app-abc'], ['app-', 'app-abcd', 'app-1']],
    ['^app-', ['app-', 'app-logs'], ['my-app-logs']],
    ['^app|logs$', ['app-x', 'my-logs'], ['my-log']],
    [String.raw`^app\.logs$`, ['app.logs'], ['app-logs']],
    [String.raw`^app[.]logs[\.]x$`, ['app.logs.x'], ['app-logs.x', String.raw`app.logs\x`]],
    [String.raw`^app\-\w+$`, ['app-x_1'], ['app-']],
    ['^[[:alpha:]]+[^[:alpha:]]$', ['app1', 'a.'], ['app', '11']],
    ['^[[:digit:]_-]{3}$', ['1_-'], ['abc']],
    ['^(a|b)+x?$', ['ab', 'bx'], ['x']],
    ['^a{2}$', ['aa'], ['a', 'aaa']],
    ['^[^a-c-]x', ['dx'], ['ax', '-x']],
  ])('%s', (pattern, matched, others) => {
    const regex = topicRegex(pattern);
    expect(matched.filter((name) => !regex.test(name))).toEqual([]);
    expect(others.filter((name) => regex.test(name))).toEqual([]);
  });

  it.each<[string, RegExp]>([
    [String.raw`^app-\d+`, /\\d is not known: write \[0-9\]/],
    [String.raw`^app-[\d]+`, /a backslash in a set/],
    [String.raw`^app-[a\-z]+`, /a backslash in a set/],
    [String.raw`^(a)\1$`, /\\1 is not known/],
    ['^app\\', /is not known/],
    ['^(?:a|b)$', /\(\? is not known/],
    ['^(?!__).*', /\(\? is not known/],
    ['^app-[a-z', /\[ without its \]/],
    ['^app-[a-z]{1', /\{ must begin a count/],
    ['^app-[a-z]{,3}$', /\{ must begin a count/],
    ['^app-{a}', /\{ must begin a count/],
    ['^app-[]a]', /\] begins a set/],
    ['^app-[[:nonsense:]]', /\[:nonsense:\] is not known/],
    ['^app-[[:constructor:]]', /is not known/],
    ['^app-(', /Unterminated group|nterminated/i],
    ['^app)', /nmatched/i],
    ['^*app', /othing to repeat/i],
    ['^app-[z-a]', /out of order/i],
    ['^a{3,1}', /out of order/i],
  ])('%s is rejected with a reason', (pattern, reason) => {
    expect(topicProblem(pattern)).toMatch(reason);
    expect(topicProblem(pattern)).toContain(`'${pattern}' is not a regular expression`);
  });
});

describe('a topic name', () => {
  it.each(['__consumer_offsets', '__transaction_state', '__share_group_state'])(
    '%s is rejected: it is a topic of Kafka itself',
    (name) => {
      expect(() => configOf(`kafka: { topics: [app-logs, ${name}] }`)).toThrow(LogweirError);
      expect(() => configOf(`kafka: { topics: [app-logs, ${name}] }`)).toThrow(
        /kafka\.topics.*an internal topic of Kafka/,
      );
    },
  );

  it.each(['app-*', '3}$', 'a b', 'a/b', '.', '..', 'x'.repeat(250)])('%s is rejected', (name) => {
    expect(topicProblem(name)).toMatch(/is not a topic name/);
  });

  it.each(['app-logs', '__app', '_x.Y-1', 'x'.repeat(249)])('%s is accepted', (name) => {
    expect(topicProblem(name)).toBeNull();
  });
});

describe('of the existing topics a configuration matches', () => {
  const there = [
    'app-logs',
    'app-logs-dlq',
    'audit',
    'audit-dlq',
    'audit-dlq-dlq',
    '__consumer_offsets',
    '__transaction_state',
    '__share_group_state',
    '__mine',
  ];
  const read = (topics: string[], deadLetters: string | null = '{{topic}}-dlq'): string[] =>
    there.filter(sourceTopics(topics, deadLetters).matches);
  const deadLetterTopics = (topics: string[], template = '{{topic}}-dlq'): string[] =>
    there.filter(deadLetterTopicsOf(topics, template).matches);

  it('neither internal nor dead-letter topics by a regular expression', () => {
    expect(read(['^.*'])).toEqual(['app-logs', 'audit', '__mine']);
    expect(read(['^__'])).toEqual(['__mine']);
    expect(read(['^.*'], null)).toEqual(there.filter((name) => !name.startsWith('__') || name === '__mine'));
  });

  it('a named topic by its name', () => {
    expect(read(['audit', 'audit-dlq'])).toEqual(['audit', 'audit-dlq']);
    expect(read(['audit'], 'audit')).toEqual(['audit']);
  });

  it('the dead-letter topics of consumed topics', () => {
    expect(deadLetterTopics(['app-logs'])).toEqual(['app-logs-dlq']);
    expect(deadLetterTopics(['^a'])).toEqual(['app-logs-dlq', 'audit-dlq', 'audit-dlq-dlq']);
    expect(deadLetterTopics(['^audit$|^nothing$'])).toEqual(['audit-dlq']);
    expect(deadLetterTopics(['^a'], 'audit')).toEqual(['audit']);
    expect(deadLetterTopics(['^x'])).toEqual([]);
  });

  it('dead-letter topics whose template has the topic in the middle, or twice', () => {
    const { matches } = deadLetterTopicsOf(['^a.$'], 'dead.{{topic}}.of.{{topic}}');
    expect(['dead.ab.of.ab', 'dead.ab.of.ac', 'dead.b.of.b'].filter(matches)).toEqual(['dead.ab.of.ab']);
  });
});

it('a regular expression is rejected with the group protocol in which the broker matches topics', () => {
  const source = (topics: string): string =>
    `kafka: { topics: ${topics}, librdkafka_options: { group.protocol: Consumer } }`;
  expect(() => configOf(source('["^app"]'))).toThrow(/kafka\.topics: a regular expression needs group/);
  expect(configOf(source('[app]')).kafka.topics).toEqual(['app']);
});
