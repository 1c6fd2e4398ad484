import { decode } from '../codec/decode.ts';
import { stringifyExact } from '../codec/exact-json.ts';
import type { LoadedConfig } from '../config/load.ts';
import { messageOf } from '../errors.ts';
import { openGroupOffsets, readTopics } from '../kafka/admin/group-offsets.ts';
import { readRanges } from '../kafka/admin/range-reader.ts';
import { TrialRun } from '../pipeline/trial-run.ts';
import type { SourceRecord } from '../record.ts';
import { loadSilently } from '../transform/loader/load-silently.ts';
import { Chain } from '../transform/runtime/chain.ts';
import type { TrialMessage } from './chain-results.ts';

/** Records that run through the chain. */
const RECORDS_MAX = 20;
/** Partitions that are read. */
const PARTITIONS_MAX = 50;
/** Offsets that are read of each: the last ones may be markers of transactions. */
const OFFSETS = 5;
const SILENCE_MS = 3000;

type Tell = (message: TrialMessage) => Promise<void>;

/**
 * Loads the chain, reads the newest records outside of any group, and runs them. Commits nothing. Reports
 * every step before it runs: an endless loop in a transform ends only with the process.
 *
 * @param withRecords false to load the chain only
 */
export async function tryChain(loaded: LoadedConfig, withRecords: boolean, tell: Tell): Promise<void> {
  let chain: Chain;
  await tell({ kind: 'started' });
  try {
    chain = await chainOf(loaded, tell);
  } catch (error) {
    await tell({ kind: 'not_loaded', reason: messageOf(error) });
    return;
  }
  await tell({ kind: 'loaded' });
  try {
    if (!withRecords) {
      await tell({ kind: 'unread', reason: 'Kafka cannot be read' });
      return;
    }
    let records: SourceRecord[];
    try {
      records = await newestRecords(loaded);
    } catch (error) {
      await tell({ kind: 'unread', reason: messageOf(error) });
      return;
    }
    await tell(await outcomeOf(records, chain, loaded, tell));
  } finally {
    await chain.close();
  }
}

async function chainOf(loaded: LoadedConfig, tell: Tell): Promise<Chain> {
  const chain = await loadSilently(loaded);
  const steps = chain.steps.map((step) => ({
    ...step,
    run: (...args: Parameters<typeof step.run>) => {
      void tell({ kind: 'step', name: step.name });
      return step.run(...args);
    },
  }));
  return new Chain(steps, chain.onError);
}

async function outcomeOf(
  records: readonly SourceRecord[],
  chain: Chain,
  { config }: LoadedConfig,
  tell: Tell,
): Promise<TrialMessage> {
  const failures: { record: string; by: string; error: string }[] = [];
  let dropped = 0;
  let tombstones = 0;
  const trial = new TrialRun(chain, (record, { events, failures: failed, waiting }, exact) => {
    const name = nameOf(record);
    const [first] = failed;
    // A message may quote the event; only the class of the error is reported.
    if (first !== undefined)
      failures.push({ record: name, by: `transform ${first.step}`, error: first.error.name });
    else if (events.length + waiting.length === 0) dropped++;
    for (const event of events)
      try {
        stringifyExact(event, exact);
      } catch {
        failures.push({ record: name, by: 'the chain', error: 'an event is not serialisable' });
      }
  });
  for (const record of records) {
    await tell({ kind: 'record', name: nameOf(record) });
    if (record.value === null) {
      tombstones++;
      continue;
    }
    const decoded = decode(record.value, config.decoding.codec, trial.isLazy);
    if (decoded.kind === 'poison') {
      failures.push({ record: nameOf(record), by: 'decoding', error: decoded.reason });
      continue;
    }
    await trial.run(trial.receive(record), decoded.event());
  }
  await trial.end();
  return { kind: 'done', read: records.length, dropped, tombstones, failures };
}

function nameOf({ topic, partition, offset }: { topic: string; partition: number; offset: number }): string {
  return `${topic}:${partition}:${offset}`;
}

async function newestRecords({ config }: LoadedConfig): Promise<SourceRecord[]> {
  const group = await openGroupOffsets(config.kafka, readTopics(config));
  try {
    const filled = (await group.ends(PARTITIONS_MAX)).filter(({ low, high }) => high > low);
    const ranges = filled.map(({ topic, partition, low, high }) => ({
      topic,
      partition,
      from: Math.max(low, high - OFFSETS),
      to: high,
    }));
    const records: SourceRecord[] = [];
    for await (const record of readRanges(group, ranges, SILENCE_MS)) records.push(record);
    return records.sort((a, b) => a.timestamp - b.timestamp).slice(-RECORDS_MAX);
  } finally {
    void group.close();
  }
}
