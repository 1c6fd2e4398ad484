import { setTimeout as delay } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { Aggregator } from '../aggregator.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { type WaitingLetter, openLetters, readLetters, retryGroup } from '../kafka/dead-letter-reader.ts';
import { readLetter } from '../kafka/letter.ts';
import { createLog } from '../log.ts';
import type { Original } from '../pipeline-parts.ts';
import { type LetterOptions, keepNewest, letterFilter } from './letter-filter.ts';

const CHECK_MS = 100;

/** Letters to be sent again, and up to where they lie. */
interface Selection {
  readonly count: number;
  /** Letters before the last of them that stay dead letters. */
  readonly kept: number;
  /** Behind the last one, by partition of the dead-letter topics. */
  readonly ends: ReadonlyMap<string, number>;
  readonly topics: readonly string[];
  has(at: WaitingLetter['at'], letter: Pick<WaitingLetter, 'reason' | 'message' | 'time'>): boolean;
}

/**
 * `logweir dlq retry`: sends what waits in the dead-letter topic through the configured chain again, with the same guarantees as
 * `run` and the records' own document ids. What fails again is dead-lettered again; what lies before and is not wanted is put
 * behind the end of its topic, as it is.
 */
export async function retryLetters(
  options: LetterOptions & { config?: string; execute?: boolean },
  output: Writable,
): Promise<void> {
  const loaded = loadConfig(options.config);
  const selection = await select(loaded.config, options);
  output.write(`${selection.count} dead letters to be sent through the chain again\n`);
  if (selection.kept > 0)
    output.write(
      `${selection.kept} that lie before the last of them are not wanted or cut short: they stay dead letters, behind the others\n`,
    );
  if (options.execute !== true) {
    output.write('dry run: nothing was done; add --execute to do it\n');
    return;
  }
  if (selection.ends.size === 0) return;
  const config = configOf(loaded.config, selection.topics);
  // What is dead-lettered again comes behind the end, and waits for the next time.
  const original: Original = (record) => {
    if (record.offset >= (selection.ends.get(nameOf(record)) ?? 0)) return undefined;
    const letter = readLetter(record);
    if (letter === undefined) return record;
    return !letter.truncated && selection.has(record, letter) ? letter.record : 'keep';
  };
  const aggregator = await Aggregator.create({ ...loaded, config }, createLog('warn', process.stderr.fd), {
    original,
  });
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
    `${indexed} indexed, ${failure_store} in the failure store, ${dropped} dropped by a transform, ${dead_lettered} dead-lettered again, ${skipped} left alone (not wanted, or cut short)\n`,
  );
}

function nameOf({ topic, partition }: Pick<WaitingLetter['at'], 'topic' | 'partition'>): string {
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
    // What fails again is to be dead-lettered again, or this would never end.
    dead_letter: { ...config.dead_letter, hold_above_ratio: null },
  };
}

async function select(config: Config, options: LetterOptions): Promise<Selection> {
  const { limit = Infinity, newest, reason, since } = options;
  const filter = letterFilter(options, Date.now());
  const matches = (letter: WaitingLetter): boolean => !letter.truncated && filter(letter);
  if (newest === true && options.limit !== undefined) return selectNewest(config, matches, options.limit);
  const ends = new Map<string, number>();
  // Without a wish also what is no letter, and lies behind the last one.
  if (reason === undefined && since === undefined && options.limit === undefined) await addEnds(config, ends);
  let [count, kept] = [0, 0];
  const passed = new Map<string, number>();
  for await (const letter of readLetters(config, false)) {
    const name = nameOf(letter.at);
    if (!matches(letter)) {
      if (letter.at.offset < (ends.get(name) ?? 0)) kept++;
      else passed.set(name, (passed.get(name) ?? 0) + 1);
      continue;
    }
    if (count >= limit) break;
    count++;
    kept += passed.get(name) ?? 0;
    passed.delete(name);
    ends.set(name, Math.max(ends.get(name) ?? 0, letter.at.offset + 1));
  }
  return { count, kept, ends, topics: topicsOf(ends), has: (_at, letter) => filter(letter) };
}

/** The newest of all partitions, by the time at which they were dead-lettered. */
async function selectNewest(
  config: Config,
  matches: (letter: WaitingLetter) => boolean,
  limit: number,
): Promise<Selection> {
  const chosen = new Map<string, { at: WaitingLetter['at']; time: string; order: number }>();
  const placeOf = (at: WaitingLetter['at']): string => `${nameOf(at)}:${at.offset}`;
  let order = 0;
  for await (const letter of readLetters(config, false)) {
    if (!matches(letter)) continue;
    chosen.set(placeOf(letter.at), { at: letter.at, time: letter.time, order: order++ });
    if (chosen.size > 2 * limit) keepNewest(chosen, limit);
  }
  keepNewest(chosen, limit);
  const ends = new Map<string, number>();
  for (const { at } of chosen.values())
    ends.set(nameOf(at), Math.max(ends.get(nameOf(at)) ?? 0, at.offset + 1));
  let kept = 0;
  for await (const { at } of readLetters(config, false))
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
  const { editor, states } = await openLetters(config);
  await editor.close();
  for (const state of states)
    if (state.high > Math.max(state.low, state.committed)) ends.set(nameOf(state), state.high);
}

function topicsOf(ends: ReadonlyMap<string, number>): string[] {
  return [...new Set([...ends.keys()].map((name) => name.slice(0, name.lastIndexOf(':'))))];
}
