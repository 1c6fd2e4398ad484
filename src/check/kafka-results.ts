import type { Config } from '../config/schema.ts';
import { type TopicFacts, topicResults } from './topic-results.ts';
import { type CheckResult, failed, named, ok, unchecked, warning } from './result.ts';

/** A broker's address, configured or advertised. */
export interface AddressFact {
  /** As `host:port`. */
  readonly address: string;
  /** Why no connection is possible, as a predicate; null if one is. */
  readonly reason: string | null;
}

export interface KafkaFacts extends TopicFacts {
  readonly bootstrap: readonly AddressFact[];
  /** Whether connections use TLS and SASL, with librdkafka's own settings taken into account. */
  readonly tls: boolean;
  readonly sasl: string | null;
  /** Why the client could not connect; null if it could. Without a reason no bootstrap server answers. */
  readonly connection: { readonly reason: string | null; readonly isLogin: boolean } | null;
  /** Empty if unknown. */
  readonly advertised: readonly AddressFact[];
}

/** The results of everything that concerns brokers and topics. */
export function kafkaResults(facts: KafkaFacts, config: Config): CheckResult[] {
  const results = connectionResults(facts, config);
  if (facts.connection !== null)
    return [
      ...results,
      unchecked('kafka.topics', 'there is no connection to Kafka', 'Repair the connection, and check again.'),
    ];
  return [...results, ...topicResults(facts, config)];
}

function connectionResults(facts: KafkaFacts, { kafka }: Config): CheckResult[] {
  const { tls, sasl, connection } = facts;
  const results = [bootstrapResult(facts.bootstrap)];
  if (connection?.reason === null) return results;
  if (connection !== null) {
    const isMisled = facts.advertised.some(({ reason }) => reason !== null);
    const isReached = facts.bootstrap.some(({ reason }) => reason === null);
    if (isMisled && isReached) return [...results, advertisedResult(facts.advertised)];
    return [...results, connectionFault(facts, kafka.bootstrap_servers)];
  }
  if (tls) results.push(ok('kafka.tls', 'the brokers accept the TLS connection'));
  results.push(
    sasl === null
      ? ok('kafka.login', `connected${tls ? '' : ' without TLS and'} without a SASL login`)
      : ok('kafka.login', `the brokers accept the login with ${sasl}`),
  );
  results.push(advertisedResult(facts.advertised));
  return results;
}

function bootstrapResult(bootstrap: readonly AddressFact[]): CheckResult {
  const away = bootstrap.filter(({ reason }) => reason !== null);
  const count = `${bootstrap.length - away.length} of ${bootstrap.length} bootstrap servers can be reached`;
  if (away.length === 0)
    return ok('kafka.brokers', `${count} (${named(bootstrap.map((one) => one.address))})`);
  const why = away.map(({ address, reason }) => `${address} ${reason}`);
  const remedy =
    'Check kafka.bootstrap_servers, that the brokers run, and that a firewall lets connections through.';
  const message = `${count}: ${named(why)}`;
  return away.length === bootstrap.length
    ? failed('kafka.brokers', message, remedy)
    : warning('kafka.brokers', message, remedy);
}

/** Signs of TLS in the client's messages about failed connections. */
const TLS_TROUBLE = /\bssl\b|certificate|tls/i;

function connectionFault(
  { bootstrap, connection, tls, sasl }: KafkaFacts,
  servers: readonly string[],
): CheckResult {
  const reason = connection?.reason ?? '';
  const where = named(servers);
  if (connection?.isLogin === true)
    return failed(
      'kafka.login',
      `the brokers at ${where} reject the login${sasl === null ? '' : ` with ${sasl}`}: ${reason}`,
      'Check kafka.sasl: mechanism, username and password (or the content of password_file).',
    );
  if (tls && TLS_TROUBLE.test(reason))
    return failed(
      'kafka.tls',
      `the TLS connection to ${where} fails: ${reason}`,
      "Check kafka.tls.ca_file (the authority of the brokers' certificates), the host names in the " +
        'certificates, and cert_file and key_file if the brokers require a client certificate.',
    );
  const isReachable = bootstrap.some((one) => one.reason === null);
  const advice = tls
    ? 'The port answers, but not with the Kafka protocol over TLS: is it a listener without TLS?'
    : 'The port answers, but not with the Kafka protocol: does this listener need kafka.tls.enabled or kafka.sasl?';
  return failed(
    'kafka.connection',
    `no broker at ${where} answers requests: ${reason}`,
    isReachable ? advice : 'See kafka.brokers.',
  );
}

function advertisedResult(advertised: readonly AddressFact[]): CheckResult {
  const again = 'Check again; look at the brokers if this remains.';
  if (advertised.length === 0)
    return unchecked('kafka.advertised', 'the brokers did not report their addresses in time', again);
  const away = advertised.filter(({ reason }) => reason !== null);
  if (away.length === 0)
    return ok(
      'kafka.advertised',
      `every advertised address can be reached (${named(advertised.map((one) => one.address))})`,
    );
  return failed(
    'kafka.advertised',
    `brokers advertise addresses that do not work from here: ${named(away.map(({ address, reason }) => `${address} ${reason}`))}`,
    'Set advertised.listeners of the brokers to addresses that clients can resolve and reach.',
  );
}
