import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/schema.ts';
import { type TopicChoice, sourceTopics } from '../config/topics.ts';
import { LogweirError, messageOf } from '../errors.ts';
import { type GroupOffsets, openGroupOffsets, readTopics } from '../kafka/admin/group-offsets.ts';
import type { PartitionState } from '../kafka/admin/replay-target.ts';
import type { FlowFacts, LagFact } from './flow-results.ts';

/** Between both looks at the lag. */
const BETWEEN_MS = 4000;
const HOUR_MS = 3_600_000;

/** Reads the lag of the group twice, and counts the dead letters of the last hour. Never rejects. */
export async function flowFacts(config: Config, now: () => number): Promise<FlowFacts> {
  const choice = readTopics(config);
  let group: GroupOffsets | null = null;
  try {
    group = await openGroupOffsets(config.kafka, choice);
    const began = now();
    const before = await group.states();
    const letters = await lettersOf(config, before, began).catch(() => null);
    await delay(Math.max(0, BETWEEN_MS - (now() - began)));
    const after = await group.states();
    return { lag: lagOf(before, after, (now() - began) / 1000), letters, reason: '' };
  } catch (error) {
    return { lag: null, letters: null, reason: messageOf(error) };
  } finally {
    void group?.close();
  }
}

function lagOf(
  before: readonly PartitionState[],
  after: readonly PartitionState[],
  seconds: number,
): LagFact {
  const lag = (all: readonly PartitionState[]): number =>
    all.reduce((sum, one) => sum + Math.max(0, one.high - startOf(one)), 0);
  const starts = (all: readonly PartitionState[]): number => all.reduce((sum, one) => sum + startOf(one), 0);
  return {
    before: lag(before),
    after: lag(after),
    settled: Math.max(0, starts(after) - starts(before)),
    seconds,
  };
}

/** Where the group continues. */
function startOf({ committed, low }: PartitionState): number {
  return Math.max(committed, low);
}

/** A topic that does not exist yet has none. */
async function lettersOf(
  { kafka, dead_letter }: Config,
  sources: readonly PartitionState[],
  now: number,
): Promise<{ topic: string; count: number }[]> {
  if (dead_letter.to !== 'topic') return [];
  const names = new Set(sources.map(({ topic }) => dead_letter.topic.replaceAll('{{topic}}', topic)));
  const found: { topic: string; count: number }[] = [];
  for (const topic of names) {
    const count = await countSince(kafka, sourceTopics([topic], null), now - HOUR_MS);
    if (count !== null) found.push({ topic, count });
  }
  return found;
}

/** Null if there is no such topic. */
async function countSince(kafka: Config['kafka'], choice: TopicChoice, time: number): Promise<number | null> {
  const group = await openGroupOffsets(kafka, choice);
  try {
    const states = await group.states(time);
    return states.reduce((sum, { atTime = -1, high }) => sum + (atTime < 0 ? 0 : high - atTime), 0);
  } catch (error) {
    if (error instanceof LogweirError && error.code === 'USAGE') return null;
    throw error;
  } finally {
    void group.close();
  }
}
