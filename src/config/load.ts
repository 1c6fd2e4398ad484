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

/** A configuration and where it came from; relative paths in it are relative to `directory`. */
export interface LoadedConfig {
  readonly config: Config;
  readonly path: string;
  readonly directory: string;
  readonly places: Places;
}

/** A configuration as far as it was understood. */
export interface Draft {
  /** Null where something is wrong. */
  readonly config: Config | null;
  /** Those that are understood by themselves, each at its place; null for the others. */
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

/** As {@link loadConfig}, for whoever adds problems of his own. @throws LogweirError CONFIG where there is nothing to read */
export function readConfig(option: string | undefined, environment: Environment = process.env): Draft {
  const { path, namedBy } = whereabouts(option, environment);
  return draftOf(readText(path, namedBy), path, environment);
}

/** @throws LogweirError CONFIG where something is wrong */
export function settled({ config, problems, path, directory, places }: Draft): LoadedConfig {
  if (config === null || problems.length > 0) throw configError(places.file, problems);
  return { config, path, directory, places };
}

/**
 * Checks the text of a configuration. `name` stands in messages for the file.
 *
 * @throws LogweirError CONFIG
 */
export function parseConfig(source: string, name: string, environment: Environment): Config {
  return settled(draftOf(source, name, environment)).config;
}

function readText(path: string, namedBy: string | null): string {
  const by = namedBy === null ? '' : ` (${namedBy})`;
  let bytes: Buffer;
  try {
    bytes = readBounded(path);
  } catch (error) {
    const hint = namedBy === null ? ': write one, or name one with --config or $LOGWEIR_CONFIG' : by;
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
    throw new LogweirError('CONFIG', `the configuration ${path}${by} is not UTF-8: save it as that`);
  return bytes.toString();
}

/** A pipe too can be read, and a device that has no end is not read for ever. */
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
  // What is no YAML has no settings to be looked at.
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
      const source = places.isExpanded(at) ? ' (what came of the variables in it)' : '';
      problems.push({ ...places.at(at), message: message + source });
    }
  }
  return { ...draft, config: null, transforms: transformsOf(value, places), problems };
}

/** The transforms of a configuration that is wrong elsewhere. */
function transformsOf(value: unknown, places: Places): (TransformConfig | null)[] {
  const list = typeof value === 'object' && value !== null && 'transforms' in value ? value.transforms : [];
  if (!Array.isArray(list)) return [];
  return list.map((one: unknown, index) => {
    const isExpanded = (path: readonly PropertyKey[]): boolean =>
      places.isExpanded(['transforms', index, ...path]);
    return parseExpanded(transformSchema, one, isExpanded).data ?? null;
  });
}

/** What no single key's schema can see. Each message begins with the setting that it is about, and a colon. */
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
    messages.push('elasticsearch.require_alias: is for mode: index; a data stream is no alias');
  }
  try {
    checkTarget(config.elasticsearch);
  } catch (error) {
    messages.push(messageOf(error));
  }
  const { topics, librdkafka_options } = config.kafka;
  if (isBrokersProtocol(librdkafka_options) && topics.some(isPattern)) {
    messages.push(
      'kafka.topics: a regular expression goes with group.protocol: classic only: with consumer it is the broker that looks for topics, ' +
        "and finds Kafka's own and those of dead letters too; name the topics",
    );
  }
  const { to, topic } = config.dead_letter;
  const letters = topics.map((source) => topic.replaceAll('{{topic}}', isPattern(source) ? 'x' : source));
  const [misnamed] = to === 'topic' ? letters.flatMap((letter) => topicNameProblem(letter) ?? []) : [];
  if (misnamed !== undefined) messages.push(`dead_letter.topic: ${misnamed}`);
  if (to === 'topic' && letters.some((letter) => config.kafka.topics.includes(letter))) {
    messages.push(`dead_letter.topic: '${topic}' is also read, so dead letters would go round in circles`);
  }
  return messages;
}
