import type { SourceRecord } from '../../record.ts';
import { logSchemaOf } from '../kafka-fields.ts';
import { type Component, mapOf, textOf, textsOf, type VectorConfig } from '../model.ts';
import { pathOf } from '../vector-template.ts';

/** The only field of a line. */
const RECORD = 'logweir_record';
/** Metadata of an event: `. = {}` and `del(.)` do not remove it. */
export const ID = 'logweir_verify_id';

/** A line of JSON for Vector's standard input. Keys and values of Kafka are bytes: base64. */
export function recordLine(record: SourceRecord, id: number): string {
  const { topic, partition, offset, timestamp, key, value, headers } = record;
  const base64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64');
  // The last header of a name counts, as in Vector. Not assignments: a header may be named __proto__.
  const pairs = (headers ?? []).flatMap((one) => Object.entries(one));
  const fields = {
    id,
    topic,
    partition,
    offset,
    timestamp: timestamp < 0 ? null : timestamp,
    key: key === null ? null : base64(key),
    headers: Object.fromEntries(pairs.map(([name, text]) => [name, base64(text)])),
    value: base64(value ?? ''),
  };
  return `${JSON.stringify({ [RECORD]: fields })}\n`;
}

/** Fields of Vector's kafka source: the option that names each, and the default. */
const FIELDS = [
  ['key_field', 'message_key', 'key'],
  ['topic_key', 'topic', 'topic'],
  ['partition_key', 'partition', 'partition'],
  ['offset_key', 'offset', 'offset'],
  ['headers_key', 'headers', 'headers'],
] as const;

/**
 * A program of VRL that makes the event of a kafka source from a {@link recordLine}: decoded as the source
 * does, with the fields of Kafka, and {@link ID} in the metadata.
 *
 * @param isOnly whether it is the only source: then the topic is not looked at
 */
export function sourceProgram(source: Component, config: VectorConfig, isOnly: boolean): string {
  const schema = logSchemaOf({ config });
  const fields: (readonly [path: string, value: string])[] = [
    [vrlPath(schema.sourceType), '"kafka"'],
    [vrlPath(schema.timestamp), 'written_at'],
  ];
  for (const [option, name, variable] of FIELDS) {
    const given = source.options[option];
    if (given !== '') fields.push([vrlPath(given === undefined ? name : textOf(given)), variable]);
  }
  const assign = (target: string): string[] => fields.map(([path, value]) => `${target}${path} = ${value}`);
  const isJson = mapOf(source.options['decoding'])['codec'] === 'json';
  return [
    `record = object!(.${RECORD})`,
    ...(isOnly ? [] : topicTest(source)),
    `%${ID} = record.id`,
    'topic = string!(record.topic)',
    'partition = int!(record.partition)',
    'offset = int!(record.offset)',
    'written_at = if is_null(record.timestamp) { null } else { ' +
      'from_unix_timestamp!(record.timestamp, unit: "milliseconds") }',
    'key = if is_null(record.key) { null } else { decode_base64!(record.key) }',
    'headers = map_values(object!(record.headers)) -> |value| { decode_base64!(value) }',
    'value = decode_base64!(record.value)',
    ...(isJson
      ? [
          'decoded = parse_json!(value)',
          // An array in a record is an event for each element.
          'events = if is_array(decoded) { array!(decoded) } else { [decoded] }',
          '. = map_values(events) -> |one| {',
          '  event = object!(one)',
          ...assign('event').map((line) => `  ${line}`),
          '  event',
          '}',
        ]
      : ['. = {}', `${vrlPath(schema.message)} = value`, ...assign('')]),
    '',
  ].join('\n');
}

/** Ends the program for a record of another source. */
function topicTest({ options }: Component): string[] {
  const topics = textsOf(options['topics']);
  const names = topics.filter((topic) => !topic.startsWith('^'));
  const tests = [
    `includes(${JSON.stringify(names)}, record.topic)`,
    ...topics
      .filter((topic) => topic.startsWith('^'))
      .map((pattern) => `match(string!(record.topic), r'${pattern.replaceAll("'", String.raw`\'`)}')`),
  ];
  return [`if !(${tests.join(' || ')}) { abort }`];
}

/** A path as VRL writes it, with its dot. */
function vrlPath(path: string): string {
  return pathOf(path)
    .map((segment) =>
      typeof segment === 'number'
        ? `[${segment}]`
        : `.${/^[A-Za-z_]\w*$/.test(segment) ? segment : JSON.stringify(segment)}`,
    )
    .join('');
}
