import type { Readable, Writable } from 'node:stream';
import { parseObject } from '../../codec/exact-json.ts';
import type { Output } from '../../comparison/pairs.ts';
import { isPattern } from '../../config/topics.ts';
import type { Config } from '../../config/schema.ts';
import { LogweirError } from '../../errors.ts';
import type { VectorConfig } from '../../migrate/model.ts';
import type { Topology } from '../../migrate/topology.ts';
import { ID, recordLine } from '../../migrate/verification/record-lines.ts';
import { verificationConfig } from '../../migrate/verification/vector-config.ts';
import type { Event } from '../../transform/api/api.ts';
import { loadConfigWhole } from '../../transform/loader/load-config.ts';
import { room } from '../output.ts';
import { linesAsRecords, type NamedRecord, newestRecords } from '../sample-records.ts';
import { BulkReceiver, type ReceivedDocument } from './bulk-receiver.ts';
import { logweirOutputs } from './logweir-outputs.ts';
import { runVector, vectorVersion } from './run-vector.ts';
import { Verification } from './verification.ts';

/** Records are kept in memory. */
const LIMIT_MAX = 100_000;
const BYTES_MAX = 1_073_741_824;

export interface VerifyOptions {
  readonly limit: number;
  /** The program of Vector. */
  readonly vector: string;
  /** Fields that may differ. */
  readonly ignore: readonly string[];
  /** In seconds. */
  readonly timeout: number;
}

/** The two to compare. */
interface Compared {
  readonly topology: Topology;
  readonly vector: VectorConfig;
  /** Path of logweir.yaml. */
  readonly logweir: string;
  /** The path of a file that Vector's configuration names, from the current folder. */
  readonly findFile: (path: string) => string;
}

/**
 * `logweir migrate --verify`: runs records through the user's own Vector and through the generated chain, and
 * shows which documents differ.
 *
 * @param events values of records, one a line; undefined for the newest records of the topics
 * @returns whether all documents are equal
 * @throws LogweirError USAGE if an option is wrong or Vector is not there; CONFIG if logweir.yaml is wrong;
 *   UNAVAILABLE if Vector fails, or Kafka cannot be read
 */
export async function verify(
  compared: Compared,
  options: VerifyOptions,
  events: Readable | undefined,
  output: Writable,
): Promise<boolean> {
  checkOptions(options);
  const run = { program: options.vector, timeoutMs: options.timeout * 1000 };
  const version = await vectorVersion(run);
  const loaded = await loadConfigWhole(compared.logweir);
  const named = await recordsOf(loaded.config, events, options.limit);
  output.write(`${named.length} records: - Vector ${version}, + Logweir with ${compared.logweir}\n`);
  const records = named.map(({ record }) => record);
  const received = await vectorDocuments(compared, run, records);
  const made = await logweirOutputs(loaded, records);
  const byRecord = Map.groupBy(received, ({ record }) => record);
  const verification = new Verification(options.ignore, (text) => output.write(text));
  for (const [index, { name }] of named.entries()) {
    await room(output);
    verification.record(name, byRecord.get(index) ?? [], made[index] ?? { outputs: [], failures: [] });
  }
  verification.unmatched(received.filter(({ record }) => made[record] === undefined));
  output.write(
    verification
      .end()
      .map((line) => `${line}\n`)
      .join(''),
  );
  return verification.isEqual;
}

function checkOptions({ limit, timeout }: VerifyOptions): void {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw new LogweirError('USAGE', `--limit must be an integer from 1 to ${LIMIT_MAX}, not ${limit}`);
  if (!(timeout > 0 && timeout <= 86_400))
    throw new LogweirError('USAGE', `--timeout must be a number of seconds from 1 to 86400, not ${timeout}`);
}

async function recordsOf(
  config: Config,
  events: Readable | undefined,
  limit: number,
): Promise<NamedRecord[]> {
  const topic = config.kafka.topics.find((one) => !isPattern(one)) ?? 'stdin';
  const records: NamedRecord[] = [];
  let bytes = 0;
  const all = events === undefined ? newestRecords(config, limit) : linesAsRecords(events, topic);
  for await (const one of all) {
    if (records.length === limit) break;
    if (one.record.value === null) continue;
    bytes += one.record.value.length;
    if (bytes > BYTES_MAX)
      throw new LogweirError('USAGE', `these are more than ${BYTES_MAX} bytes of records: lower --limit`);
    records.push(one);
  }
  if (records.length === 0)
    throw new LogweirError(
      'USAGE',
      'there is no record to compare: ' +
        (events === undefined ? `${config.kafka.topics.join(', ')} are empty` : 'the input has no lines'),
    );
  return records;
}

interface VectorOutput extends Output {
  /** Number of its record; -1 if the document does not tell. */
  readonly record: number;
}

/** @throws LogweirError UNAVAILABLE */
async function vectorDocuments(
  { topology, vector, findFile }: Compared,
  run: Parameters<typeof runVector>[0],
  records: readonly NamedRecord['record'][],
): Promise<VectorOutput[]> {
  const receiver = await BulkReceiver.open();
  try {
    const configurationOf = (dataDirectory: string): object =>
      verificationConfig(topology, vector, {
        endpointOf: (sink) => receiver.endpoint(encodeURIComponent(sink.id)),
        dataDirectory,
        findFile,
      });
    const said = await runVector(run, configurationOf, linesOf(records)).finally(() => {
      if (receiver.fault !== null)
        throw new LogweirError('UNAVAILABLE', `${run.program} sent ${receiver.fault}`);
    });
    if (receiver.documents.length === 0 && said.trim() !== '')
      throw new LogweirError('UNAVAILABLE', `${run.program} sent no document. It says:\n${said.trim()}`);
    return receiver.documents.map(vectorOutput);
  } finally {
    await receiver.close();
  }
}

function* linesOf(records: readonly NamedRecord['record'][]): Generator<string> {
  for (const [index, record] of records.entries()) yield recordLine(record, index);
}

function vectorOutput({ index, id, source }: ReceivedDocument): VectorOutput {
  const whole = parseObject(source) ?? {};
  // With `bulk.action: update` the document is a part of the line.
  const { [ID]: record, ...document } = ID in whole ? whole : asEvent(whole['doc'] ?? whole);
  return { index, id, document, record: typeof record === 'number' ? record : -1 };
}

function asEvent(value: unknown): Event {
  return typeof value === 'object' && value !== null ? (value as Event) : {};
}
