import type { Readable, Writable } from 'node:stream';
import { LogweirError } from '../errors.ts';
import { positionOf } from '../transform/loader/code-frame.ts';
import { loadConfigWhole } from '../transform/loader/load-config.ts';
import { loadSilently } from '../transform/loader/load-silently.ts';
import { DryRun } from './dry-run.ts';
import { explained } from './explain-chain.ts';
import { room } from './output.ts';
import { linesAsRecords, newestRecords } from './sample-records.ts';

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
  const { config } = loaded;
  const say = (text: string): void => void report.write(`${text}\n`);
  const chain = await loadSilently(loaded, (step, policy, error) =>
    run.say(`transform ${step} failed (${policy}): ${error.message}${at(error)}`),
  );
  const shown =
    options.explain === true ? explained(chain, (record, text) => run.sayOf(record, text)) : chain;
  const run = new DryRun(shown, config.decoding.codec, { output, say, diff: options.diff === true });
  try {
    for await (const { record, name } of options.fromTopic === true
      ? newestRecords(config, options.limit ?? 100)
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
