import type { Context } from './context.ts';
import { elasticsearchSinkRules } from './elasticsearch-sink.ts';
import { kafkaSourceRules, reservedOptions } from './kafka-source.ts';
import { applyRules } from './keys.ts';
import type { Report } from './report.ts';
import { secretOf, secretSentence } from './secrets.ts';
import { type Component, type Fields, isMap, mapOf, textOf, textsOf } from './model.ts';
import { variableOf } from './quantity.ts';
import { bulkParameters, documentIds } from './bulk-settings.ts';
import { librdkafkaProperties } from '../config/librdkafka-properties.ts';

/** Settings of logweir.yaml by their paths. */
export type Settings = Map<string, unknown>;

/** `kafka:` for sources that differ in nothing but their topics. */
export function kafkaSettings(sources: readonly Component[], context: Context): Settings {
  const settings: Settings = new Map();
  for (const source of sources) {
    for (const [path, value] of applyRules(source, kafkaSourceRules, context.report))
      settings.set(path, value);
    for (const [path, value] of librdkafka(source, context)) settings.set(path, value);
    for (const [name, better] of Object.entries(PASSWORDS)) {
      const path = `kafka.librdkafka_options.${name}`;
      if (settings.has(path)) reportPassword(path, settings.get(path), better, source, context.report);
    }
    for (const [path, value] of sasl(source, context)) settings.set(path, value);
  }
  const [first] = sources;
  if (first === undefined) return settings;
  const topics = [...new Set(sources.flatMap(({ options }) => textsOf(options['topics'])))];
  settings.set('kafka.topics', topics);
  context.report.add('done', first, `\`topics\`: ${topics.join(', ')}.`);
  if (first.options['auto_offset_reset'] === undefined) {
    settings.set('kafka.auto_offset_reset', 'latest');
    context.report.add(
      'done',
      first,
      '`auto_offset_reset: latest`: the default of Vector, not that of Logweir.',
    );
  }
  return settings;
}

function librdkafka(source: Component, { report }: Context): Settings {
  const settings: Settings = new Map();
  for (const [name, value] of Object.entries(mapOf(source.options['librdkafka_options']))) {
    const reserved = Object.hasOwn(reservedOptions, name) ? reservedOptions[name] : undefined;
    if (name === 'security.protocol' && /SSL/i.test(textOf(value))) {
      settings.set('kafka.tls.enabled', true);
      report.add('done', source, '`security.protocol` is `kafka.tls.enabled`.');
    } else if (reserved !== undefined)
      report.add('done', source, `\`librdkafka_options.${name}\`: left out: ${reserved}`);
    else if (!librdkafkaProperties.includes(name))
      report.add('todo', source, `\`librdkafka_options.${name}\`: librdkafka does not know it; left out.`);
    else {
      settings.set(`kafka.librdkafka_options.${name}`, value);
      report.add('done', source, `\`librdkafka_options.${name}\`.`);
    }
  }
  return settings;
}

function sasl(source: Component, context: Context): Settings {
  const { enabled, mechanism, username, password } = mapOf(source.options['sasl']);
  const settings: Settings = new Map();
  if (mechanism === undefined && username === undefined && password === undefined && enabled === undefined)
    return settings;
  if (enabled !== true && variableOf(enabled) === null) {
    const isOff = enabled === undefined || enabled === null || enabled === false;
    context.report.add(
      isOff ? 'check' : 'todo',
      source,
      isOff
        ? '`sasl` is left out: in Vector it is off unless `sasl.enabled` is true.'
        : `\`sasl.enabled: ${textOf(enabled)}\`: true or false is expected; \`sasl\` is left out.`,
    );
    return settings;
  }
  if (enabled !== true)
    context.report.add(
      'todo',
      source,
      `\`sasl.enabled: ${textOf(enabled)}\`: Logweir logs in where \`kafka.sasl.mechanism\` is set, whatever the ` +
        'variable. Remove `kafka.sasl` for an installation where it is off.',
    );
  const name = textOf(mechanism ?? 'PLAIN');
  const isKnown = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'].includes(name) || name.includes('$');
  settings.set(isKnown ? 'kafka.sasl.mechanism' : 'kafka.librdkafka_options.sasl.mechanisms', name);
  if (username !== undefined) settings.set('kafka.sasl.username', username);
  if (password !== undefined) setPassword(settings, 'kafka.sasl', password, source, context);
  context.report.add(isKnown ? 'done' : 'check', source, `\`sasl\`: ${name}.`);
  return settings;
}

/** A password: a text, or a reference to a secret. */
function setPassword(
  settings: Settings,
  path: string,
  value: unknown,
  of: Component,
  { config, report }: Context,
): void {
  const secret = secretOf(value, config);
  if (secret === null) {
    settings.set(`${path}.password`, value);
    reportPassword(`${path}.password`, value, `${path}.password_file`, of, report);
    return;
  }
  const { name, variable, file } = secret;
  if (file !== null) {
    settings.set(`${path}.password_file`, file);
    report.add('done', of, `the secret \`${name}\` is \`${path}.password_file: ${file}\`.`);
    return;
  }
  settings.set(`${path}.password`, `\${${variable}}`);
  report.add('todo', of, secretSentence(secret));
}

/** Settings of librdkafka that hold a secret, and what is better. */
const PASSWORDS: Readonly<Record<string, string>> = {
  'sasl.password': 'kafka.sasl.password_file',
  'ssl.key.password': 'kafka.tls.key_password_file',
  'ssl.key.pem': 'kafka.tls.key_file',
  'ssl.keystore.password': 'a variable',
  'sasl.oauthbearer.client.secret': 'a variable',
};

/** Says that a secret stands in the file, unless a variable has it. */
function reportPassword(path: string, value: unknown, better: string, of: Component, report: Report): void {
  if (textOf(value).includes('$')) return;
  const what = better.startsWith('a ') ? better : `\`${better.slice(better.lastIndexOf('.') + 1)}\``;
  report.add('check', of, `\`${path}\` stands in the file as before: better ${what}.`);
}

/** `elasticsearch:` without the index. */
export function elasticsearchSettings(sink: Component, context: Context): Settings {
  const { report } = context;
  const settings: Settings = applyRules(sink, elasticsearchSinkRules, report);
  const { options } = sink;
  const endpoints = endpointsOf(sink);
  if (endpoints.length > 0) settings.set('elasticsearch.endpoints', endpoints);
  report.add('done', sink, `\`endpoints\`: ${endpoints.map(withoutPassword).join(', ')}.`);
  for (const endpoint of endpoints)
    if (/^https?:\/\/[^/]+\/[^/]/.test(endpoint))
      report.add(
        'todo',
        sink,
        `the endpoint ${withoutPassword(endpoint)} has a path: that is a proxy, or not Elasticsearch (VictoriaLogs). ` +
          'Leave such a sink in Vector.',
      );
  const auth = mapOf(options['auth']);
  if (auth['strategy'] === 'aws')
    report.add('todo', sink, '`auth.strategy: aws`: Logweir does not sign requests.');
  else if (auth['strategy'] !== undefined)
    report.add('done', sink, `\`auth.strategy: ${textOf(auth['strategy'])}\`.`);
  if (auth['password'] !== undefined)
    setPassword(settings, 'elasticsearch.auth', auth['password'], sink, context);
  compression(sink, settings, context);
  const pipeline = options['pipeline'];
  if (typeof pipeline === 'string' && pipeline !== '') {
    if (pipeline.includes('{{'))
      report.add(
        'todo',
        sink,
        '`pipeline` from a field: Logweir has one pipeline. Use a `pipeline` processor in it.',
      );
    else {
      settings.set('elasticsearch.pipeline', pipeline);
      report.add('done', sink, '`pipeline`.');
    }
  }
  for (const [path, value] of bulkParameters(sink, report)) settings.set(path, value);
  for (const [path, value] of documentIds(sink, context)) settings.set(path, value);
  if (mapOf(options['encoding'])['timestamp_format'] !== undefined)
    report.add('check', sink, '`encoding.timestamp_format`: left out: times are written as RFC 3339.');
  return settings;
}

export function endpointsOf({ options }: Component): string[] {
  return textsOf(options['endpoints'] ?? options['endpoint'] ?? options['host']).map((one) =>
    one.replace(/\/$/, ''),
  );
}

function withoutPassword(endpoint: string): string {
  return endpoint.replace(/\/\/[^/@]*@/, '//…@');
}

function compression(sink: Component, settings: Settings, { report }: Context): void {
  const given = sink.options['compression'];
  if (given === undefined) return;
  const algorithm = textOf(isMap(given) ? (given['algorithm'] ?? 'gzip') : given);
  settings.set('elasticsearch.compression', algorithm === 'none' ? 'none' : 'gzip');
  if (algorithm === 'none' || algorithm === 'gzip')
    report.add('done', sink, `\`compression: ${algorithm}\`.`);
  else report.add('check', sink, `\`compression: ${algorithm}\` is gzip: Logweir has no other.`);
}

/** Settings by path as a nested object. Names of librdkafka contain dots. */
export function nested(settings: Settings): Fields {
  const root: Record<string, unknown> = {};
  for (const [path, value] of settings) {
    const keys = path.startsWith('kafka.librdkafka_options.')
      ? ['kafka', 'librdkafka_options', path.slice('kafka.librdkafka_options.'.length)]
      : path.split('.');
    let at = root;
    for (const key of keys.slice(0, -1)) {
      const next = (at[key] ?? {}) as Record<string, unknown>;
      at[key] = next;
      at = next;
    }
    at[keys.at(-1) ?? path] = value;
  }
  return root;
}
