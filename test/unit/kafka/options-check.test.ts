import { afterAll, describe, expect, it } from 'vitest';
import { LogweirError } from '../../../src/errors.ts';
import { producerOptions } from '../../../src/kafka/client-config.ts';
import { connect, createProducer, disconnect, onError } from '../../../src/kafka/native.ts';
import { checkClientOptions } from '../../../src/kafka/options-check.ts';
import { configOf } from '../support/config.ts';

const NO_BROKER = '127.0.0.1:1';
const check = (kafka: string): Promise<void> =>
  checkClientOptions(configOf(`kafka: { bootstrap_servers: "${NO_BROKER}", ${kafka} }`));

describe('a setting that librdkafka rejects is an error that names its key, before any connection', () => {
  it.each<[string, string, RegExp]>([
    ['fetch.min.bytes: abc', 'librdkafka_options.fetch.min.bytes', /Invalid value/],
    ['fetch.min.bytes: -5', 'librdkafka_options.fetch.min.bytes', /outside allowed range/],
    ['socket.keepalive.enable: maybe', 'librdkafka_options.socket.keepalive.enable', /true or false/],
    ['group.protocol: modern', 'librdkafka_options.group.protocol', /Invalid value/],
    ['max.poll.interval.ms: 1000', 'librdkafka_options.max.poll.interval.ms', /must be >=/],
    ['partition.assignment.strategy: foo', 'librdkafka_options.partition.assignment.strategy', /unsupported/],
    ['linger.ms: 900001', 'librdkafka_options.linger.ms', /outside allowed range/],
    ['message.timeout.ms: 1', 'librdkafka_options.message.timeout.ms', /greater than `linger.ms`/],
    [
      'security.protocol: sasl_ssl, sasl.mechanisms: FOO',
      'librdkafka_options.sasl.mechanisms',
      /unsupported sasl mechanism/,
    ],
    [
      'security.protocol: ssl, ssl.ca.location: /nowhere/ca',
      'librdkafka_options.ssl.ca.location',
      /ssl\.ca\.location failed/,
    ],
    [
      'group.protocol: consumer, session.timeout.ms: 6000',
      'librdkafka_options.session.timeout.ms',
      /not supported for `group.protocol=consumer`/,
    ],
  ])('%s', async (options, key, reason) => {
    const checked = check(`librdkafka_options: { ${options} }`);
    await expect(checked).rejects.toThrow(LogweirError);
    await expect(checked).rejects.toMatchObject({ code: 'CONFIG' });
    await expect(checked).rejects.toThrow(reason);
    await expect(checked).rejects.toThrow(`kafka.${key}: `);
  });

  it('also for a key of our own', async () => {
    await expect(check('tls: { enabled: true, ca_file: /nowhere/ca }')).rejects.toThrow(
      /^kafka\.tls\.ca_file: /,
    );
  });

  it.each([
    '{}',
    '{ group.protocol: consumer }',
    '{ security.protocol: sasl_ssl, sasl.mechanisms: OAUTHBEARER, sasl.oauthbearer.config: principal=x }',
    '{ partition.assignment.strategy: "range,roundrobin", fetch.max.bytes: 262144, message.max.bytes: 262144 }',
    '{ message.max.bytes: 20000000, receive.message.max.bytes: 40000000 }',
    '{ compression.codec: gzip, linger.ms: 50, enable.idempotence: true }',
  ])('%s is accepted without a broker', async (options) => {
    await expect(check(`librdkafka_options: ${options}`)).resolves.toBeUndefined();
  });
});

describe('a producer without a broker', () => {
  const producer = createProducer(
    producerOptions(configOf(`kafka: { bootstrap_servers: "${NO_BROKER}" }`).kafka),
  );
  onError(producer, () => {});
  afterAll(() => disconnect(producer, 1000));

  it('fails without blaming its settings, and closes', async () => {
    await expect(connect(producer, 1)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(disconnect(producer, 1000)).resolves.toBeUndefined();
  });
});
