import type { Config } from '../config/schema.ts';
import { LogweirError, messageOf } from '../errors.ts';
import { adminOptions, consumerOptions, producerOptions } from './client-config.ts';
import { connect, createConsumer, createProducer, disconnect, onError } from './native.ts';

/** Settings of librdkafka that keys of the configuration set. */
const OUR_KEYS: Readonly<Record<string, string>> = {
  'ssl.ca.location': 'kafka.tls.ca_file',
  'ssl.certificate.location': 'kafka.tls.cert_file',
  'ssl.key.location': 'kafka.tls.key_file',
  'ssl.key.password': 'kafka.tls.key_password_file',
  'sasl.username': 'kafka.sasl.username',
  'sasl.password': 'kafka.sasl.password',
  'session.timeout.ms': 'kafka.session_timeout_ms',
  'group.instance.id': 'kafka.group_instance_id',
  'bootstrap.servers': 'kafka.bootstrap_servers',
};

/** The clients of the check have no brokers, so none of them can connect. */
const MAKING_MS = 1;
const CLOSING_MS = 1000;

/**
 * Lets librdkafka validate the settings of all clients that the aggregator may create, each setting by itself
 * and together. Connects to no broker.
 *
 * @throws LogweirError CONFIG, naming the setting
 */
export async function checkClientOptions({ kafka, dead_letter }: Config): Promise<void> {
  for (const make of [
    () => createConsumer(withoutBrokers(consumerOptions(kafka, dead_letter.topic))),
    () => createProducer(withoutBrokers(producerOptions(kafka))),
    () => createProducer(withoutBrokers(adminOptions(kafka))),
  ]) {
    const client = checked<unknown>(kafka, make);
    onError(client, () => {});
    try {
      await connect(client, MAKING_MS);
    } catch (error) {
      if (isConfigError(error)) throw settingsError(error, kafka);
    } finally {
      void disconnect(client, CLOSING_MS);
    }
  }
}

function withoutBrokers(options: Record<string, unknown>): Record<string, unknown> {
  const { 'bootstrap.servers': _ours, 'metadata.broker.list': _users, ...others } = options;
  return others;
}

/** Whether an attempt to connect has failed because librdkafka rejects the settings. */
export function isConfigError(error: unknown): error is LogweirError {
  return error instanceof LogweirError && error.code === 'CONFIG';
}

/** Creates a client. @throws LogweirError CONFIG, naming the setting that librdkafka rejects */
export function checked<T>(config: Config['kafka'], make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof LogweirError ? error : settingsError(error, config);
  }
}

/** Wraps librdkafka's error about a setting, and names the key of the configuration. */
export function settingsError(error: unknown, { librdkafka_options }: Config['kafka']): LogweirError {
  const message = messageOf(error).trim();
  return new LogweirError(
    'CONFIG',
    `${keyOf(message, librdkafka_options)}: the Kafka client rejects it: ${message}`,
    {
      cause: error,
    },
  );
}

/** The key of the rejected setting. If the message names an alias, the value identifies the key. */
function keyOf(message: string, own: Config['kafka']['librdkafka_options']): string {
  const longest = (names: readonly string[]): string =>
    names.filter((name) => message.includes(name)).sort((a, b) => b.length - a.length)[0] ?? '';
  const [users, ours] = [longest(Object.keys(own)), longest(Object.keys(OUR_KEYS))];
  if (users !== '' && users.length >= ours.length) return `kafka.librdkafka_options.${users}`;
  if (ours !== '') return OUR_KEYS[ours] ?? 'kafka';
  const words = new Set(message.toLowerCase().split(/[\s"`]+/));
  const [byValue] = Object.entries(own).find(([, value]) => words.has(String(value).toLowerCase())) ?? [];
  return byValue === undefined ? 'kafka' : `kafka.librdkafka_options.${byValue}`;
}
