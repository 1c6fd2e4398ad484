import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogweirError } from '../../../src/errors.ts';
import {
  adminOptions as clientOptions,
  consumerOptions,
  producerOptions,
  readerOptions,
} from '../../../src/kafka/client-config.ts';
import { configOf } from '../support/config.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'logweir-client-config-'));
  writeFileSync(join(folder, 'secret'), 'from-file\n');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const kafka = (source: string) => configOf(`kafka: ${source.replaceAll('DIR', folder)}`).kafka;

describe('every client', () => {
  it('knows all brokers', () => {
    expect(clientOptions(kafka('{ bootstrap_servers: [a:9092, "b:9093"] }'))).toMatchObject({
      'bootstrap.servers': 'a:9092,b:9093',
    });
  });

  it.each<[string, string | undefined]>([
    ['{}', undefined],
    ['{ tls: { enabled: true } }', 'ssl'],
    ['{ sasl: { mechanism: PLAIN, username: u, password: p } }', 'sasl_plaintext'],
    ['{ tls: { enabled: true }, sasl: { mechanism: SCRAM-SHA-512, username: u, password: p } }', 'sasl_ssl'],
  ])('%s speaks %s', (source, protocol) => {
    expect(clientOptions(kafka(source))['security.protocol']).toBe(protocol);
  });

  it('logs in with the configured credentials', () => {
    expect(
      clientOptions(kafka('{ sasl: { mechanism: SCRAM-SHA-256, username: u, password: p } }')),
    ).toMatchObject({
      'sasl.mechanisms': 'SCRAM-SHA-256',
      'sasl.username': 'u',
      'sasl.password': 'p',
    });
  });

  it('reads secrets from files, without the line end that editors add', () => {
    const options = clientOptions(
      kafka(
        '{ tls: { enabled: true, key_password_file: DIR/secret }, ' +
          'sasl: { mechanism: PLAIN, username: u, password_file: DIR/secret } }',
      ),
    );
    expect(options).toMatchObject({ 'ssl.key.password': 'from-file', 'sasl.password': 'from-file' });
  });

  it('has the paths of the certificates', () => {
    const source = '{ tls: { enabled: true, ca_file: /ca, cert_file: /cert, key_file: /key } }';
    expect(clientOptions(kafka(source))).toMatchObject({
      'ssl.ca.location': '/ca',
      'ssl.certificate.location': '/cert',
      'ssl.key.location': '/key',
    });
  });

  it('a file that is missing is a configuration error that names the key', () => {
    const config = kafka('{ sasl: { mechanism: PLAIN, username: u, password_file: DIR/nothing } }');
    expect(() => clientOptions(config)).toThrow(LogweirError);
    expect(() => clientOptions(config)).toThrow(/kafka\.sasl\.password_file: cannot read .*nothing/);
  });
});

describe('the consumer', () => {
  it('never commits or stores offsets by itself, and receives no aborted records', () => {
    expect(consumerOptions(kafka('{}'), null)).toMatchObject({
      'group.id': 'vector-aggregator',
      'enable.auto.commit': false,
      'enable.auto.offset.store': false,
      'isolation.level': 'read_committed',
      'partition.assignment.strategy': 'cooperative-sticky',
    });
  });

  it('has a bounded queue of its own', () => {
    expect(Number(consumerOptions(kafka('{}'), null)['queued.max.messages.kbytes'])).toBeLessThanOrEqual(
      4096,
    );
  });

  it('limits one fetch, but not below the largest record that the user allows', () => {
    const fetchBytes = (options: string): unknown =>
      consumerOptions(kafka(`{ librdkafka_options: ${options} }`), null)['fetch.max.bytes'];
    expect(fetchBytes('{}')).toBe(2_097_152);
    expect(fetchBytes('{ message.max.bytes: 20000000 }')).toBe(20_000_000);
    expect(fetchBytes('{ fetch.max.bytes: 50000000 }')).toBe(50_000_000);
    // librdkafka reports the invalid value.
    expect(fetchBytes('{ message.max.bytes: much }')).toBe(2_097_152);
  });

  it.each([
    [6000, 1200],
    [10_000, 2000],
    [1000, 300],
  ])('with a session timeout of %d ms has a heartbeat each %d ms', (session, heartbeat) => {
    expect(consumerOptions(kafka(`{ session_timeout_ms: ${session} }`), null)).toMatchObject({
      'session.timeout.ms': session,
      'heartbeat.interval.ms': heartbeat,
    });
  });

  it('is a static member only if configured', () => {
    expect(consumerOptions(kafka('{}'), null)).not.toHaveProperty('group.instance.id');
    expect(consumerOptions(kafka('{ group_instance_id: pod-1 }'), null)).toMatchObject({
      'group.instance.id': 'pod-1',
    });
  });

  it("prefers the user's own settings", () => {
    const source = '{ librdkafka_options: { fetch.wait.max.ms: 7, client.rack: eu-1a } }';
    expect(consumerOptions(kafka(source), null)).toMatchObject({
      'fetch.wait.max.ms': 7,
      'client.rack': 'eu-1a',
    });
  });
});

describe("the user's settings reach each client that supports them", () => {
  const config = kafka(
    '{ librdkafka_options: { security.protocol: sasl_ssl, sasl.mechanisms: OAUTHBEARER, ssl.ca.location: /ca, ' +
      'ssl.endpoint.identification.algorithm: none, client.id: mine, socket.timeout.ms: 9000, ' +
      'fetch.min.bytes: 5, compression.codec: zstd, linger.ms: 50 } }',
  );
  const shared = {
    'security.protocol': 'sasl_ssl',
    'sasl.mechanisms': 'OAUTHBEARER',
    'ssl.ca.location': '/ca',
    'ssl.endpoint.identification.algorithm': 'none',
    'client.id': 'mine',
    'socket.timeout.ms': 9000,
  };

  it.each<[string, Record<string, unknown>, object, string[]]>([
    ['the consumer', consumerOptions(config, null), { 'fetch.min.bytes': 5 }, ['linger.ms']],
    ['the reader of commands', readerOptions(config), { 'fetch.min.bytes': 5 }, ['linger.ms']],
    [
      'the dead-letter producer',
      producerOptions(config),
      { 'compression.codec': 'zstd', 'linger.ms': 50 },
      ['fetch.min.bytes'],
    ],
    ['the admin', clientOptions(config), {}, ['fetch.min.bytes', 'linger.ms']],
  ])('%s', (_name, options, own, unknown) => {
    expect(options).toMatchObject({ ...shared, ...own });
    expect(unknown.filter((name) => name in options)).toEqual([]);
  });

  it('except for settings that protect dead letters', () => {
    const options = producerOptions(kafka('{ librdkafka_options: { message.max.bytes: 1000000 } }'));
    expect(options).toMatchObject({
      'request.required.acks': -1,
      'message.max.bytes': 100_000_000,
      dr_cb: true,
    });
  });

  it('and the reader of commands never commits by itself either', () => {
    expect(readerOptions(kafka('{ librdkafka_options: { message.max.bytes: 60000000 } }'))).toMatchObject({
      'enable.auto.commit': false,
      'fetch.max.bytes': 60_000_000,
    });
  });
});

describe('with the group protocol of KIP-848', () => {
  it.each(['consumer', 'CONSUMER'])('settings that the broker decides are left out (%s)', (protocol) => {
    const options = consumerOptions(kafka(`{ librdkafka_options: { group.protocol: ${protocol} } }`), null);
    expect(options['group.protocol']).toBe(protocol);
    for (const name of ['session.timeout.ms', 'heartbeat.interval.ms', 'partition.assignment.strategy'])
      expect(options).not.toHaveProperty([name]);
  });

  it('the classic protocol keeps them', () => {
    expect(
      consumerOptions(kafka('{ librdkafka_options: { group.protocol: classic } }'), null),
    ).toHaveProperty(['session.timeout.ms']);
  });
});

describe('a regular expression over topics', () => {
  const blacklist = (topics: string, deadLetterTopic: string | null): unknown =>
    consumerOptions(kafka(`{ topics: ${topics} }`), deadLetterTopic)['topic.blacklist'];
  const excluded = (topics: string, deadLetterTopic: string | null) => {
    const patterns = String(blacklist(topics, deadLetterTopic)).split(',');
    return (name: string): boolean => patterns.some((one) => new RegExp(one).test(name));
  };

  it('never matches the dead letters of any topic', () => {
    const isExcluded = excluded('["^app-.*"]', '{{topic}}-dlq');
    expect(isExcluded('app-logs-dlq')).toBe(true);
    expect(isExcluded('app-logs')).toBe(false);
    expect(isExcluded('app-dlq-logs')).toBe(false);
  });

  it('treats a dot in the name of the dead-letter topic as a dot', () => {
    const isExcluded = excluded('["^app.*"]', 'app.dead');
    expect(isExcluded('app.dead')).toBe(true);
    expect(isExcluded('app-dead')).toBe(false);
  });

  it.each([null, '{{topic}}-dlq'])(
    "never matches Kafka's internal topics (dead letters: %s)",
    (deadLetters) => {
      const isExcluded = excluded('["^.*"]', deadLetters);
      for (const name of ['__consumer_offsets', '__transaction_state', '__share_group_state'])
        expect([name, isExcluded(name)]).toEqual([name, true]);
      for (const name of ['__consumer_offsets_of_mine', 'x__transaction_state', '__mine'])
        expect([name, isExcluded(name)]).toEqual([name, false]);
    },
  );

  it('does not match topics that the user excludes either', () => {
    const isExcluded = excluded('["^.*"], librdkafka_options: { topic.blacklist: "^a,^b" }', '{{topic}}-dlq');
    expect(['a', 'b', 'x-dlq', '__consumer_offsets', 'c'].filter((name) => !isExcluded(name))).toEqual(['c']);
  });

  it('is not needed for topics by name', () => {
    expect(blacklist('[app-logs]', '{{topic}}-dlq')).toBeUndefined();
  });
});

it('the queue is bounded in records too, because the client does not count headers; the user may override it', () => {
  expect(consumerOptions(configOf('').kafka, null)).toMatchObject({ 'queued.min.messages': 5000 });
  const own = configOf('kafka: { librdkafka_options: { queued.min.messages: 100000 } }').kafka;
  expect(consumerOptions(own, null)).toMatchObject({ 'queued.min.messages': 100_000 });
});
