import { LogweirError } from '../../errors.ts';
import { type Component, type Fields, mapOf, textOf, textsOf, type VectorConfig, whereIs } from '../model.ts';
import type { Topology } from '../topology.ts';
import { ID, sourceProgram } from './record-lines.ts';

/** The source of all records, in place of the kafka sources. */
const INPUT = 'logweir_verify_records';
/** A record of Kafka may be longer than what Vector reads as a line by default. */
const LINE_BYTES_MAX = 268_435_456;
/** Global options that the transforms depend on. */
const GLOBALS = ['log_schema', 'timezone', 'schema', 'secret', 'wildcard_matching'];
/** Options of a sink that are about a real Elasticsearch. */
const OF_SERVERS = [
  'acknowledgements',
  'auth',
  'aws',
  'batch',
  'batch_size',
  'batch_timeout',
  'buffer',
  'buffers',
  'compression',
  'distribution',
  'endpoint',
  'endpoints',
  'healthcheck',
  'healthcheck_uri',
  'host',
  'opensearch_service_type',
  'proxy',
  'request',
  'tls',
] as const;

interface Substitutes {
  /** The address in place of Elasticsearch, for a sink. */
  readonly endpointOf: (sink: Component) => string;
  /** For what Vector writes. */
  readonly dataDirectory: string;
  /** The path of a file that the configuration names, as Vector finds it from the current folder. */
  readonly findFile: (path: string) => string;
}

/**
 * Vector's configuration between Kafka and Elasticsearch, with other ends: records come from the standard
 * input, as `recordLine` writes them, and go to a server that Vector takes for Elasticsearch. Each document
 * has the field {@link ID}, the number of its record.
 *
 * @throws LogweirError CONFIG if a source decodes in a way that cannot be imitated
 */
export function verificationConfig(
  { sources, transforms, sinks, edges }: Topology,
  config: VectorConfig,
  substitutes: Substitutes,
): Fields {
  const inputsOf = (one: Component): string[] =>
    edges
      .filter(({ to }) => to === one)
      .map(({ from, port }) => (port === null ? from.id : `${from.id}.${port}`));
  const made: Record<string, Fields> = {};
  for (const source of sources) {
    checkSource(source);
    // Under the id of the source, so that what reads from it need not change.
    made[source.id] = remap([INPUT], sourceProgram(source, config, sources.length === 1));
  }
  for (const one of transforms)
    made[one.id] = {
      type: one.type,
      inputs: inputsOf(one),
      ...withFiles(one.options, substitutes.findFile),
    };
  const ends: Record<string, Fields> = {};
  for (const sink of sinks) {
    const before = `logweir_verify_${sink.id}`;
    made[before] = remap(inputsOf(sink), `.${ID} = %${ID}\n`);
    ends[sink.id] = sinkFields(sink, before, substitutes.endpointOf(sink));
  }
  const globals = GLOBALS.flatMap((name) => {
    const found = config.globals.get(name);
    return found === undefined ? [] : [[name, found.value] as const];
  });
  const tables = [...config.tables].map(
    ([id, { type, options }]) => [id, { type, ...withFiles(options, substitutes.findFile) }] as const,
  );
  return {
    ...Object.fromEntries(globals),
    data_dir: substitutes.dataDirectory,
    ...(tables.length > 0 && { enrichment_tables: Object.fromEntries(tables) }),
    sources: { [INPUT]: { type: 'stdin', max_length: LINE_BYTES_MAX, decoding: { codec: 'json' } } },
    transforms: made,
    sinks: ends,
  };
}

function remap(inputs: readonly string[], source: string): Fields {
  return { type: 'remap', inputs, drop_on_error: true, drop_on_abort: true, source };
}

/** What a source does that {@link sourceProgram} cannot. */
function checkSource(source: Component): void {
  const { options, id, place } = source;
  const codec = textOf(mapOf(options['decoding'])['codec'] ?? 'bytes');
  const framing = textOf(mapOf(options['framing'])['method'] ?? 'bytes');
  const fault =
    codec !== 'bytes' && codec !== 'json'
      ? `decoding.codec: ${codec}`
      : framing !== 'bytes'
        ? `framing.method: ${framing}`
        : options['log_namespace'] === true
          ? 'log_namespace: true'
          : null;
  if (fault !== null)
    throw new LogweirError(
      'CONFIG',
      `${whereIs(place)}: sources.${id} has ${fault}, which --verify cannot imitate: it decodes records as ` +
        '`json` or `bytes`, one event each',
    );
}

/** Programs and tables in files, by paths that Vector finds from the current folder. */
function withFiles(options: Fields, findFile: (path: string) => string): Fields {
  const { file, files } = options;
  const path = mapOf(file)['path'];
  return {
    ...options,
    ...(typeof file === 'string' && { file: findFile(file) }),
    ...(typeof path === 'string' && { file: { ...mapOf(file), path: findFile(path) } }),
    ...(files !== undefined && { files: textsOf(files).map(findFile) }),
  };
}

function sinkFields({ type, options }: Component, input: string, endpoint: string): Fields {
  const kept = Object.fromEntries(
    Object.entries(options).filter(([name]) => !OF_SERVERS.some((other) => other === name)),
  );
  // The name that this version of Vector knows.
  const address = options['endpoints'] !== undefined ? { endpoints: [endpoint] } : { endpoint };
  const old = options['host'] === undefined ? address : { host: endpoint };
  const encoding = mapOf(options['encoding']);
  const only = encoding['only_fields'];
  return {
    ...kept,
    type,
    inputs: [input],
    ...old,
    healthcheck: { enabled: false },
    compression: 'none',
    ...(only !== undefined && { encoding: { ...encoding, only_fields: [...textsOf(only), ID] } }),
  };
}
