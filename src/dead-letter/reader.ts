import type { Config } from '../config/schema.ts';
import { type TopicChoice, deadLetterTopicsOf } from '../config/topics.ts';
import { LogweirError } from '../errors.ts';
import { type DeadLetter, parseDeadLetter } from './headers.ts';
import { type GroupOffsets, openGroupOffsets } from '../kafka/admin/group-offsets.ts';
import { readRanges } from '../kafka/admin/range-reader.ts';
import type { PartitionState } from '../kafka/admin/replay-target.ts';

/** A dead letter in its topic. */
export interface WaitingDeadLetter extends DeadLetter {
  /** Position of the dead letter itself. */
  readonly at: { readonly topic: string; readonly partition: number; readonly offset: number };
}

/** The group whose offsets mark the dead letters that were already retried. */
export function retryGroup(config: Config['kafka']): string {
  return `${config.group_id}-dlq-retry`;
}

/**
 * The dead-letter topics of the configured topics.
 *
 * @throws LogweirError USAGE with advice, if there is none to read
 */
export function deadLetterTopics(config: Config): TopicChoice {
  const { to, topic, index } = config.dead_letter;
  if (to === 'hold')
    throw new LogweirError(
      'USAGE',
      `dead_letter.to is 'hold': there are no dead letters. A rejected record blocks its partition; the ` +
        `log and holds of /api/status show the reason. Correct the transform and reload it (SIGHUP), or ` +
        `correct the index; or stop the group and run 'logweir dlq put topic:partition:offset', which ` +
        `writes the record that blocks the group to ${topic}. To read the records there, use a ` +
        `configuration with dead_letter.to: topic`,
    );
  if (to === 'index')
    throw new LogweirError(
      'USAGE',
      `dead_letter.to is 'index': there is no topic to read. The dead letters are documents of the index ` +
        `${index}: search there. To send records again, stop the group and move its offsets back with ` +
        `'logweir replay'`,
    );
  return deadLetterTopicsOf(config.kafka.topics, topic);
}

/** Opens the client of the retry group. @returns it, with the state of each dead-letter partition */
export async function openDeadLetters(
  config: Config,
): Promise<{ groupOffsets: GroupOffsets; states: PartitionState[] }> {
  const kafka = { ...config.kafka, group_id: retryGroup(config.kafka) };
  const groupOffsets = await openGroupOffsets(kafka, deadLetterTopics(config));
  try {
    return { groupOffsets, states: await groupOffsets.states() };
  } catch (error) {
    await groupOffsets.close();
    throw error;
  }
}

/**
 * Streams the dead letters that were not retried yet, in topic order. A record may have several.
 *
 * @param all includes the dead letters that were already retried
 * @throws LogweirError UNAVAILABLE if the brokers do not answer for a while
 */
export async function* readDeadLetters(config: Config, all: boolean): AsyncGenerator<WaitingDeadLetter> {
  const { groupOffsets, states } = await openDeadLetters(config);
  try {
    const ranges = states.map(({ topic, partition, committed, low, high }) => ({
      topic,
      partition,
      from: all ? low : Math.max(low, committed),
      to: high,
    }));
    for await (const record of readRanges(groupOffsets, ranges)) {
      const deadLetter = parseDeadLetter(record);
      const { topic, partition, offset } = record;
      if (deadLetter !== undefined) yield { ...deadLetter, at: { topic, partition, offset } };
    }
  } finally {
    await groupOffsets.close();
  }
}
