import { describe, expect, it } from 'vitest';
import { loadConfig, parseConfig } from '../../../src/config/load.ts';
import { LogweirError } from '../../../src/errors.ts';

const parse = (source: string, environment: Record<string, string> = {}) =>
  parseConfig(source, 'l.yaml', environment);

function problems(source: string, environment: Record<string, string> = {}): string[] {
  try {
    parse(source, environment);
  } catch (error) {
    if (!(error instanceof LogweirError)) throw error;
    expect(error.exitCode).toBe(78);
    return error.message.split('\n  ').slice(1);
  }
  throw new Error('was accepted');
}

it('an empty file is every default', () => {
  const config = parse('');
  expect(config.kafka).toMatchObject({
    group_id: 'vector-aggregator',
    topics: ['app-logs'],
    commit_interval_ms: 1000,
  });
  expect(config.elasticsearch.batch).toEqual({ max_bytes: 5_000_000, max_events: 10_000, max_age_ms: 200 });
});

it('unknown keys name the nearest known one with the line, and all problems come at once', () => {
  expect(
    problems(
      'kafka:\n  gruop_id: x\n  commit_interval_ms: soon\nelasticserch: {}\nbuffer: { zzzzzzzzzz: 1 }\n',
    ),
  ).toEqual([
    'l.yaml:2:3 kafka.gruop_id: unknown key, did you mean kafka.group_id?',
    'l.yaml:3:3 kafka.commit_interval_ms: Invalid input: expected number, received string',
    'l.yaml:4:1 elasticserch: unknown key, did you mean elasticsearch?',
    'l.yaml:5:11 buffer.zzzzzzzzzz: unknown key; known here: max_bytes',
  ]);
});

it('an unknown key inside a transform is found with its line', () => {
  expect(problems('transforms:\n  - use: filter\n    wiht: {}\n')).toEqual([
    'l.yaml:3:5 transforms.0.wiht: unknown key, did you mean transforms.0.with?',
  ]);
});

describe('the environment', () => {
  it('is expanded inside values, as data', () => {
    const config = parse('kafka:\n  group_id: "${G}-x"\n  topics: ${T:-a,b}\n', { G: 'a: [b' });
    expect(config.kafka.group_id).toBe('a: [b-x');
    expect(config.kafka.topics).toEqual(['a', 'b']);
  });

  it('gives numbers and booleans where they are wanted', () => {
    const config = parse(
      'kafka: { commit_interval_ms: "${C}" }\nelasticsearch: { tls: { verify: "${V:-false}" } }',
      { C: '250' },
    );
    expect(config.kafka.commit_interval_ms).toBe(250);
    expect(config.elasticsearch.tls.verify).toBe(false);
  });

  it('a missing name is an error, an empty one takes the default', () => {
    expect(problems('kafka:\n  group_id: ${NOPE}\n')[0]).toMatch(
      /^l.yaml:2:13 the environment variable NOPE is not set/,
    );
    expect(parse('kafka: { group_id: "${E:-d}" }', { E: '' }).kafka.group_id).toBe('d');
  });
});

it.each([
  ['kafka: [1', /not valid YAML/],
  ['kafka: {}\nkafka: {}', /^l.yaml:2:1 kafka stands here a second time; the first is in line 1$/],
  ['kafka: { librdkafka_options: { enable.auto.commit: true } }', /may not set enable.auto.commit/],
  ['elasticsearch: { endpoints: ["localhost:9200"] }', /each must be a URL like/],
  ['dead_letter: { topic: app-logs }', /circles/],
  ['elasticsearch: { auth: { username: a, api_key: b } }', /not both/],
  ['elasticsearch: { index: 5 }', /elasticsearch.index: Invalid input: expected string/],
])('%s is refused', (source, message) => {
  expect(problems(source).join()).toMatch(message);
});

it('a missing file is one sentence', () => {
  expect(() => loadConfig('/nowhere/logweir.yaml', {})).toThrow(
    'there is no configuration file at /nowhere/logweir.yaml',
  );
});

it('a port above 65535 is refused', () => {
  expect(problems('admin: { listen: "127.0.0.1:99999" }').join()).toContain(
    'admin.listen: the port is above 65535',
  );
});
