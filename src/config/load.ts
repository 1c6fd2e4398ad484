import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { dirname } from 'node:path';
import { checkTarget } from '../elasticsearch/index-name.ts';
import { LogweirError, messageOf } from '../errors.ts';
import { parseExpanded } from './expanded.ts';
import type { Environment } from './interpolate.ts';
import { PROBLEMS_MAX, type Problem, configError, describeIssue } from './problems.ts';
import { type Config, type TransformConfig, configSchema, transformSchema } from './schema.ts';
import type { Places } from './places.ts';
import { readSource } from './source.ts';
import { isBrokersProtocol } from './librdkafka-properties.ts';
import { isPattern, topicNameProblem } from './topics.ts';
import { whereabouts } from './whereabouts.ts';
import { distinctNames } from '../transform/runtime/transform-counts.ts';

/** A configuration and its file. Relative paths in it are relative to `directory`. */
export interface LoadedConfig {
  readonly config: Config;
  readonly path: string;
  readonly directory: string;
  readonly places: Places;
  /** With `run --shadow`: what `config` no longer tells; see shadow.ts. */
  readonly shadow?: { readonly liveDeadLetterTopic: string | null };
}

/** A configuration, possibly with problems. */
interface Draft {
  /** Null if there are problems. */
  readonly config: Config | null;
  /** The transforms in their order; null for each that is not valid. */
  readonly transforms: readonly (TransformConfig | null)[];
  readonly problems: readonly Problem[];
  readonly path: string;
  readonly directory: string;
  readonly places: Places;
}

const BYTES_MAX = 1_048_576;

/**
 * Reads and checks the configuration: `--config`, else `$LOGWEIR_CONFIG`, else `./logweir.yaml`.
 *
 * @throws LogweirError CONFIG, whose message lists every problem at once, each with its line
 */
export function loadConfig(option: string | undefined, environment: Environment = process.env): LoadedConfig {
  return settled(readConfig(option, environment));
}

/**
 * As {@link loadConfig}, for callers that add problems.
 *
 * @throws LogweirError CONFIG if the file cannot be read
 */
export function readConfig(option: string | undefined, environment: Environment = process.env): Draft {
  const { path, namedBy } = whereabouts(option, environment);
  return draftOf(readText(path, namedBy), path, environment);
}

/** @throws LogweirError CONFIG if there are problems */
export function settled({ config, problems, path, directory, places }: Draft): LoadedConfig {
  if (config === null || problems.length > 0) throw configError(places.file, problems);
  return { config, path, directory, places };
}

/**
 * Checks the text of a configuration.
 *
 * @param name of the file, for messages
 * @throws LogweirError CONFIG
 */
export function parseConfig(source: string, name: string, environment: Environment): Config {
  return settled(draftOf(source, name, environment)).config;
}

/** Everything that is wrong with the text of a configuration; its file is not read. */
export function problemsOf(source: string, name: string, environment: Environment): readonly Problem[] {
  return draftOf(source, name, environment).problems;
}

function readText(path: string, namedBy: string | null): string {
  const by = namedBy === null ? '' : ` (${namedBy})`;
  let bytes: Buffer;
  try {
    bytes = readBounded(path);
  } catch (error) {
    const hint = namedBy === null ? ': create it, or name one with --config or $LOGWEIR_CONFIG' : by;
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === 'ENOENT'
        ? `there is no configuration file at ${path}${hint}`
        : code === 'EISDIR'
          ? `the configuration ${path}${by} is a folder: name the file in it`
          : `cannot read the configuration ${path}${by}: ${messageOf(error)}`;
    throw new LogweirError('CONFIG', reason, { cause: error });
  }
  if (!isUtf8(bytes))
    throw new LogweirError('CONFIG', `the configuration ${path}${by} is not UTF-8: save it as UTF-8`);
  return bytes.toString();
}

/** Reads files and pipes. The limit also ends the read of a device without an end. */
function readBounded(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    if (fstatSync(file).isDirectory()) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
    const bytes = Buffer.alloc(BYTES_MAX + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    if (length > BYTES_MAX) throw new Error(`it is longer than ${BYTES_MAX} bytes`);
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function draftOf(text: string, path: string, environment: Environment): Draft {
  const { value, problems: found, places } = readSource(text, path, environment);
  const problems = [...found];
  const draft = { path, directory: dirname(path), places };
  // A text that is not YAML has no settings to check.
  if (value === undefined) return { ...draft, config: null, transforms: [], problems };
  const isExpanded = places.isExpanded.bind(places);
  const result = parseExpanded(configSchema, value, isExpanded);
  if (result.success) {
    for (const message of checkTogether(result.data)) {
      const setting = message.slice(0, message.indexOf(':')).split('.');
      problems.push({ ...places.at(setting), message });
    }
    const config = problems.length > 0 ? null : result.data;
    return { ...draft, config, transforms: result.data.transforms, problems };
  }
  for (const issue of result.error.issues.slice(0, PROBLEMS_MAX)) {
    if (places.isFaulty(issue.path)) continue;
    for (const { path: at, message } of describeIssue(issue, configSchema)) {
      const source = places.isExpanded(at) ? ' (after expanding its variables)' : '';
      problems.push({ ...places.at(at), message: message + source });
    }
  }
  return { ...draft, config: null, transforms: transformsOf(value, places), problems };
}

/** The transforms of a configuration with problems elsewhere, so that these are checked too. */
function transformsOf(value: unknown, places: Places): (TransformConfig | null)[] {
  const list = typeof value === 'object' && value !== null && 'transforms' in value ? value.transforms : [];
  if (!Array.isArray(list)) return [];
  return list.map((one: unknown, index) => {
    const isExpanded = (path: readonly PropertyKey[]): boolean =>
      places.isExpanded(['transforms', index, ...path]);
    return parseExpanded(transformSchema, one, isExpanded).data ?? null;
  });
}

/** Checks that concern several keys. Each message starts with its setting and a colon. */
function checkTogether(config: Config): string[] {
  const messages: string[] = [];
  const { auth } = config.elasticsearch;
  if ((auth.api_key ?? auth.api_key_file) !== null && auth.username !== null) {
    messages.push('elasticsearch.auth: give either username and password or an API key, not both');
  }
  if (config.elasticsearch.request.backoff.initial_ms > config.elasticsearch.request.backoff.max_ms) {
    messages.push('elasticsearch.request.backoff: initial_ms is above max_ms');
  }
  if (config.elasticsearch.require_alias && config.elasticsearch.mode === 'data_stream') {
    messages.push('elasticsearch.require_alias: needs mode: index; a data stream is not an alias');
  }
  if (config.elasticsearch.id_key === '@timestamp' && config.elasticsearch.mode === 'data_stream') {
    messages.push(
      'elasticsearch.id_key: a data stream needs @timestamp in its documents, and the field of the id is ' +
        'removed; copy it to another field in a transform',
    );
  }
  try {
    checkTarget(config.elasticsearch);
  } catch (error) {
    messages.push(messageOf(error));
  }
  const { topics, librdkafka_options } = config.kafka;
  if (isBrokersProtocol(librdkafka_options) && topics.some(isPattern)) {
    messages.push(
      'kafka.topics: a regular expression needs group.protocol: classic. With consumer the broker matches ' +
        "topics, including Kafka's own and those of dead letters; name the topics",
    );
  }
  const transforms = distinctNames(config.transforms.map(({ use }) => use));
  const stray = Object.keys(config.admin.component_ids.transforms).find((name) => !transforms.includes(name));
  if (stray !== undefined) {
    const known = transforms.length === 0 ? 'there are no transforms' : `they are ${transforms.join(', ')}`;
    messages.push(`admin.component_ids.transforms: '${stray}' is the name of no transform; ${known}`);
  }
  const { to, topic } = config.dead_letter;
  const deadLetterTopics = topics.map((source) =>
    topic.replaceAll('{{topic}}', isPattern(source) ? 'x' : source),
  );
  const [misnamed] = to === 'topic' ? deadLetterTopics.flatMap((name) => topicNameProblem(name) ?? []) : [];
  if (misnamed !== undefined) messages.push(`dead_letter.topic: ${misnamed}`);
  if (to === 'topic' && deadLetterTopics.some((name) => config.kafka.topics.includes(name))) {
    messages.push(
      `dead_letter.topic: '${topic}' is also in kafka.topics, so dead letters would be consumed again; ` +
        'name another topic',
    );
  }
  return messages;
}
