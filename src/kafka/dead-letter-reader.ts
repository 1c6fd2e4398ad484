import type { Config } from '../config/schema.ts';
import { type TopicChoice, letterTopics } from '../config/topics.ts';
import { LogweirError } from '../errors.ts';
import { type Letter, readLetter } from './letter.ts';
import { type OffsetEditor, openOffsetEditor } from './offset-editor.ts';
import { readRanges } from './read-range.ts';
import type { PartitionState } from './replay-target.ts';

/** A dead letter that waits to be looked at. */
export interface WaitingLetter extends Letter {
  /** Where the letter itself lies. */
  readonly at: { readonly topic: string; readonly partition: number; readonly offset: number };
}

/** The group whose offsets say which letters were sent through the chain again. */
export function retryGroup(config: Config['kafka']): string {
  return `${config.group_id}-dlq-retry`;
}

/** The dead-letter topics of the configured topics. @throws LogweirError USAGE where there are none to be read, with what to do */
export function deadLetterTopics(config: Config): TopicChoice {
  const { to, topic, index } = config.dead_letter;
  if (to === 'hold')
    throw new LogweirError(
      'USAGE',
      `dead_letter.to is 'hold': there are no dead letters. What is refused holds its partition; the log and holds of /api/status ` +
        `say why. Mend the transform and reload it (SIGHUP), or mend the index; or stop the group and run 'logweir dlq put ` +
        `topic:partition:offset', which puts the record that the group is held at into ${topic}. To read what was put there, ` +
        `give a configuration with dead_letter.to: topic`,
    );
  if (to === 'index')
    throw new LogweirError(
      'USAGE',
      `dead_letter.to is 'index': there is no topic to read. The dead letters are documents of the index ${index}: search them ` +
        `there. To send records again, stop the group and move its offsets back with 'logweir replay'`,
    );
  return letterTopics(config.kafka.topics, topic);
}

/** The client that reads them, and where they lie: what was sent again is known by the offsets of its group. */
export async function openLetters(
  config: Config,
): Promise<{ editor: OffsetEditor; states: PartitionState[] }> {
  const kafka = { ...config.kafka, group_id: retryGroup(config.kafka) };
  const editor = await openOffsetEditor(kafka, deadLetterTopics(config));
  try {
    return { editor, states: await editor.states() };
  } catch (error) {
    await editor.close();
    throw error;
  }
}

/**
 * Reads the dead letters that were not sent again yet, as they lie there: one record may have several. Keeps none.
 *
 * @param all also those that were sent again
 * @throws LogweirError UNAVAILABLE where brokers do not answer for a while
 */
export async function* readLetters(config: Config, all: boolean): AsyncGenerator<WaitingLetter> {
  const { editor, states } = await openLetters(config);
  try {
    const ranges = states.map(({ topic, partition, committed, low, high }) => ({
      topic,
      partition,
      from: all ? low : Math.max(low, committed),
      to: high,
    }));
    for await (const record of readRanges(editor, ranges)) {
      const letter = readLetter(record);
      const { topic, partition, offset } = record;
      if (letter !== undefined) yield { ...letter, at: { topic, partition, offset } };
    }
  } finally {
    await editor.close();
  }
}
