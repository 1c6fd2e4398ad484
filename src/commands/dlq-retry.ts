import { setTimeout as delay } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { Aggregator } from '../aggregator.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import {
  type WaitingDeadLetter,
  openDeadLetters,
  readDeadLetters,
  retryGroup,
} from '../dead-letter/reader.ts';
import { parseDeadLetter } from '../dead-letter/headers.ts';
import { createLog } from '../log.ts';
import type { Original } from '../pipeline/dependencies.ts';
import { type DeadLetterOptions, keepNewest, deadLetterFilter } from '../dead-letter/filter.ts';

const CHECK_MS = 100;

/** The dead letters to retry, and the offsets after the last of them. */
interface Selection {
  readonly count: number;
  /** Number of dead letters before the last of them that are not retried. */
  readonly kept: number;
  /** Offset after the last one, by partition of the dead-letter topics. */
  readonly ends: ReadonlyMap<string, number>;
  readonly topics: readonly string[];
  has(
    at: WaitingDeadLetter['at'],
    deadLetter: Pick<WaitingDeadLetter, 'reason' | 'message' | 'time'>,
  ): boolean;
}

/**
 * `logweir dlq retry`: sends dead letters through the configured chain again, with the guarantees of `run`
 * and the document ids of the original records. A record that fails again is dead-lettered again. A dead
 * letter that is not selected and precedes a selected one is appended to its topic unchanged.
 */
export async function retryDeadLetters(
  options: DeadLetterOptions & { config?: string; execute?: boolean },
  output: Writable,
): Promise<void> {
  const loaded = loadConfig(options.config);
  const selection = await select(loaded.config, options);
  output.write(`${selection.count} dead letters to retry\n`);
  if (selection.kept > 0)
    output.write(
      `${selection.kept} dead letters before the last of them do not match or are truncated: ` +
        'they are appended unchanged\n',
    );
  if (options.execute !== true) {
    output.write('dry run: nothing was changed; add --execute to retry them\n');
    return;
  }
  if (selection.ends.size === 0) return;
  const config = configOf(loaded.config, selection.topics);
  // A record that is dead-lettered again is appended at the end, for the next retry.
  const original: Original = (record) => {
    if (record.offset >= (selection.ends.get(nameOf(record)) ?? 0)) return 'stop';
    const deadLetter = parseDeadLetter(record);
    if (deadLetter === undefined) return record;
    return !deadLetter.truncated && selection.has(record, deadLetter) ? deadLetter.record : 'keep';
  };
  const aggregator = await Aggregator.create(
    { ...loaded, config },
    createLog({ ...loaded.config.log, level: 'warn' }, process.stderr.fd),
    {
      original,
    },
  );
  const running = aggregator.run();
  const isDone = (): boolean => {
    const committed = aggregator.committed();
    return [...selection.ends].every(([name, end]) => (committed.get(name) ?? -1) >= end);
  };
  while (!isDone()) await Promise.race([delay(CHECK_MS), running]);
  await aggregator.stop();
  await running;
  const { indexed, failure_store, dead_lettered, dropped, skipped } = aggregator.outcomes();
  output.write(
    `${indexed} indexed, ${failure_store} in the failure store, ${dropped} dropped by a transform, ` +
      `${dead_lettered} dead-lettered again, ${skipped} unchanged (not selected, or truncated)\n`,
  );
}

function nameOf({ topic, partition }: Pick<WaitingDeadLetter['at'], 'topic' | 'partition'>): string {
  return `${topic}:${partition}`;
}

function configOf(config: Config, topics: readonly string[]): Config {
  return {
    ...config,
    kafka: {
      ...config.kafka,
      group_id: retryGroup(config.kafka),
      topics: [...topics],
      auto_offset_reset: 'earliest',
      commit_interval_ms: CHECK_MS,
    },
    admin: { ...config.admin, listen: '' },
    // A record that fails again must be dead-lettered again; blocked, it would keep the command from ending.
    dead_letter: { ...config.dead_letter, hold_above_ratio: null },
  };
}

async function select(config: Config, options: DeadLetterOptions): Promise<Selection> {
  const { limit = Infinity, newest, reason, since } = options;
  const filter = deadLetterFilter(options, Date.now());
  const matches = (deadLetter: WaitingDeadLetter): boolean => !deadLetter.truncated && filter(deadLetter);
  if (newest === true && options.limit !== undefined) return selectNewest(config, matches, options.limit);
  const ends = new Map<string, number>();
  // Without a filter the range also covers records that are not dead letters, after the last one.
  if (reason === undefined && since === undefined && options.limit === undefined) await addEnds(config, ends);
  let [count, kept] = [0, 0];
  const passed = new Map<string, number>();
  for await (const deadLetter of readDeadLetters(config, false)) {
    const name = nameOf(deadLetter.at);
    if (!matches(deadLetter)) {
      if (deadLetter.at.offset < (ends.get(name) ?? 0)) kept++;
      else passed.set(name, (passed.get(name) ?? 0) + 1);
      continue;
    }
    if (count >= limit) break;
    count++;
    kept += passed.get(name) ?? 0;
    passed.delete(name);
    ends.set(name, Math.max(ends.get(name) ?? 0, deadLetter.at.offset + 1));
  }
  return { count, kept, ends, topics: topicsOf(ends), has: (_at, deadLetter) => filter(deadLetter) };
}

/** The newest of all partitions, by the time of dead-lettering. */
async function selectNewest(
  config: Config,
  matches: (deadLetter: WaitingDeadLetter) => boolean,
  limit: number,
): Promise<Selection> {
  const chosen = new Map<string, { at: WaitingDeadLetter['at']; time: string; order: number }>();
  const placeOf = (at: WaitingDeadLetter['at']): string => `${nameOf(at)}:${at.offset}`;
  let order = 0;
  for await (const deadLetter of readDeadLetters(config, false)) {
    if (!matches(deadLetter)) continue;
    chosen.set(placeOf(deadLetter.at), { at: deadLetter.at, time: deadLetter.time, order: order++ });
    if (chosen.size > 2 * limit) keepNewest(chosen, limit);
  }
  keepNewest(chosen, limit);
  const ends = new Map<string, number>();
  for (const { at } of chosen.values())
    ends.set(nameOf(at), Math.max(ends.get(nameOf(at)) ?? 0, at.offset + 1));
  let kept = 0;
  for await (const { at } of readDeadLetters(config, false))
    if (at.offset < (ends.get(nameOf(at)) ?? 0) && !chosen.has(placeOf(at))) kept++;
  return {
    count: chosen.size,
    kept,
    ends,
    topics: topicsOf(ends),
    has: (at) => chosen.has(placeOf(at)),
  };
}

async function addEnds(config: Config, ends: Map<string, number>): Promise<void> {
  const { groupOffsets: editor, states } = await openDeadLetters(config);
  await editor.close();
  for (const state of states)
    if (state.high > Math.max(state.low, state.committed)) ends.set(nameOf(state), state.high);
}

function topicsOf(ends: ReadonlyMap<string, number>): string[] {
  return [...new Set([...ends.keys()].map((name) => name.slice(0, name.lastIndexOf(':'))))];
}
