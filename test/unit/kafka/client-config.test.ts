import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogweirError } from '../../../src/errors.ts';
import { clientOptions, consumerOptions } from '../../../src/kafka/client-config.ts';
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

  it('logs in with what is given', () => {
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

  it('hands the paths of certificates on', () => {
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
  it('never commits or stores offsets behind our back, and sees no aborted records', () => {
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

  it('lets one fetch bring little, and the largest record that the user allows', () => {
    const fetchBytes = (options: string): unknown =>
      consumerOptions(kafka(`{ librdkafka_options: ${options} }`), null)['fetch.max.bytes'];
    expect(fetchBytes('{}')).toBe(2_097_152);
    expect(fetchBytes('{ message.max.bytes: 20000000 }')).toBe(20_000_000);
    expect(fetchBytes('{ fetch.max.bytes: 50000000 }')).toBe(50_000_000);
    // It is librdkafka that says what is wrong with it.
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

  it('is a static member only where that is asked for', () => {
    expect(consumerOptions(kafka('{}'), null)).not.toHaveProperty('group.instance.id');
    expect(consumerOptions(kafka('{ group_instance_id: pod-1 }'), null)).toMatchObject({
      'group.instance.id': 'pod-1',
    });
  });

  it("takes the user's own settings, which win over ours", () => {
    const source = '{ librdkafka_options: { fetch.wait.max.ms: 7, client.rack: eu-1a } }';
    expect(consumerOptions(kafka(source), null)).toMatchObject({
      'fetch.wait.max.ms': 7,
      'client.rack': 'eu-1a',
    });
  });
});

describe('a regular expression over topics', () => {
  const blacklist = (topics: string, deadLetterTopic: string | null): unknown =>
    consumerOptions(kafka(`{ topics: ${topics} }`), deadLetterTopic)['topic.blacklist'];

  it('never matches the dead letters of any topic', () => {
    const pattern = new RegExp(String(blacklist('["^app-.*"]', '{{topic}}-dlq')));
    expect(pattern.test('app-logs-dlq')).toBe(true);
    expect(pattern.test('app-logs')).toBe(false);
    expect(pattern.test('app-dlq-logs')).toBe(false);
  });

  it('takes a dot in the name of the dead-letter topic for a dot', () => {
    const pattern = new RegExp(String(blacklist('["^app.*"]', 'app.dead')));
    expect(pattern.test('app.dead')).toBe(true);
    expect(pattern.test('app-dead')).toBe(false);
  });

  it('is not needed for topics by name, nor without a dead-letter topic', () => {
    expect(blacklist('[app-logs]', '{{topic}}-dlq')).toBeUndefined();
    expect(blacklist('["^app-.*"]', null)).toBeUndefined();
  });
});

it('the queue is bounded by records too, since the client does not count headers; whoever knows better may set it', () => {
  expect(consumerOptions(configOf('').kafka, null)).toMatchObject({ 'queued.min.messages': 5000 });
  const own = configOf('kafka: { librdkafka_options: { queued.min.messages: 100000 } }').kafka;
  expect(consumerOptions(own, null)).toMatchObject({ 'queued.min.messages': 100_000 });
});
