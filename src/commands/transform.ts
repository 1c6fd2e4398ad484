import type { Readable, Writable } from 'node:stream';
import type { LoadedConfig } from '../config/load.ts';
import { LogweirError } from '../errors.ts';
import { openGroupOffsets, readTopics } from '../kafka/admin/group-offsets.ts';
import { readRanges } from '../kafka/admin/range-reader.ts';
import type { SourceRecord } from '../record.ts';
import { positionOf } from '../transform/loader/code-frame.ts';
import { loadConfigWhole } from '../transform/loader/load-config.ts';
import { loadChain } from '../transform/loader/loader.ts';
import { DryRun } from './dry-run.ts';
import { explained } from './explain-chain.ts';
import { linesOf } from './lines.ts';
import { room } from './output.ts';

export interface TransformOptions {
  readonly config?: string;
  readonly fromTopic?: boolean;
  readonly limit?: number;
  readonly diff?: boolean;
  readonly explain?: boolean;
}

/**
 * `logweir transform`: the dry run for writing transforms. The records are the lines of `input` or the newest
 * records of the topics. Results go to `output`; dropped and failed events, and the totals, go to `report`.
 *
 * @throws LogweirError EVENTS_FAILED if an event failed, UNAVAILABLE if Kafka or the input cannot be read
 */
export async function transform(
  options: TransformOptions,
  input: Readable,
  output: Writable,
  report: Writable,
): Promise<void> {
  const loaded = await loadConfigWhole(options.config);
  const { config, directory } = loaded;
  const say = (text: string): void => void report.write(`${text}\n`);
  const ignore = (): void => {};
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const chain = await loadChain(
    config.transforms,
    directory,
    (name) => ({ name, directory, log, metrics: { count: ignore } }),
    (step, policy, error) => run.say(`transform ${step} failed (${policy}): ${error.message}${at(error)}`),
    loaded.places,
  );
  const shown =
    options.explain === true ? explained(chain, (record, text) => run.sayOf(record, text)) : chain;
  const run = new DryRun(shown, config.decoding.codec, { output, say, diff: options.diff === true });
  try {
    for await (const { record, name } of options.fromTopic === true
      ? newestRecords(loaded, options.limit ?? 100)
      : linesAsRecords(input, config.kafka.topics[0] ?? 'stdin')) {
      // The reader of the report may be gone; the output does not depend on it.
      await room(report).catch(() => {});
      await run.run(record, name);
    }
    await run.end();
  } finally {
    await chain.close();
  }
  const { read, out, dropped, failed } = run.counts;
  say(`${read} read, ${out} out, ${dropped} dropped, ${failed} failed`);
  if (failed > 0) throw new LogweirError('EVENTS_FAILED', `${failed} of ${read} events failed`);
}

/** The place in the user's files where an error was thrown; empty for other errors. */
function at(error: Error): string {
  const position = positionOf(error, '');
  return position === undefined ? '' : ` (${position.path}:${position.line}:${position.column ?? 1})`;
}

/** A record, and its name in the report. */
interface Named {
  readonly record: SourceRecord;
  readonly name: string;
}

/** The newest records of all partitions, about the same number of each. */
async function* newestRecords({ config }: LoadedConfig, limit: number): AsyncGenerator<Named> {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw new LogweirError('USAGE', `--limit must be an integer above 0, not ${limit}`);
  const group = await openGroupOffsets(config.kafka, readTopics(config));
  try {
    const filled = (await group.states()).filter(({ low, high }) => high > low);
    const each = Math.ceil(limit / Math.max(1, filled.length));
    let left = limit;
    const ranges = filled.map(({ topic, partition, low, high }) => ({
      topic,
      partition,
      from: Math.max(low, high - each),
      to: high,
    }));
    for await (const record of readRanges(group, ranges)) {
      if (left-- <= 0) return;
      yield { record, name: `${record.topic}:${record.partition}:${record.offset}` };
    }
  } finally {
    await group.close();
  }
}

async function* linesAsRecords(input: Readable, topic: string): AsyncGenerator<Named> {
  let offset = 0;
  for await (const { value, number } of linesOf(input)) {
    const timestamp = Date.now();
    const record = { topic, partition: 0, offset: offset++, timestamp, key: null, value, headers: undefined };
    yield { record, name: `line ${number}` };
  }
}
