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
    const deadLetters = await deadLettersOf(config, before, began).catch(() => null);
    await delay(Math.max(0, BETWEEN_MS - (now() - began)));
    const after = await group.states();
    return { lag: lagOf(before, after, (now() - began) / 1000), deadLetters, reason: '' };
  } catch (error) {
    return { lag: null, deadLetters: null, reason: messageOf(error) };
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

/** A topic that does not exist yet is left out. */
async function deadLettersOf(
  { kafka, dead_letter }: Config,
  sources: readonly PartitionState[],
  now: number,
): Promise<{ topic: string; count: number }[]> {
  if (dead_letter.to !== 'topic') return [];
  const names = new Set(sources.map(({ topic }) => dead_letter.topic.replaceAll('{{topic}}', topic)));
  const states = await statesSince(kafka, sourceTopics([...names], null), now - HOUR_MS);
  const counts = new Map<string, number>();
  for (const { topic, atTime = -1, high } of states)
    counts.set(topic, (counts.get(topic) ?? 0) + (atTime < 0 ? 0 : high - atTime));
  return [...names].flatMap((topic) => {
    const count = counts.get(topic);
    return count === undefined ? [] : [{ topic, count }];
  });
}

/** Empty if there is none of the topics. */
async function statesSince(
  kafka: Config['kafka'],
  choice: TopicChoice,
  time: number,
): Promise<PartitionState[]> {
  const group = await openGroupOffsets(kafka, choice);
  try {
    return await group.states(time);
  } catch (error) {
    if (error instanceof LogweirError && error.code === 'USAGE') return [];
    throw error;
  } finally {
    void group.close();
  }
}
