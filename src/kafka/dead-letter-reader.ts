import type { Config } from '../config/schema.ts';
import { type TopicChoice, letterTopics } from '../config/topics.ts';
import { LogweirError } from '../errors.ts';
import type { SourceRecord } from '../settlement.ts';
import { type Letter, readLetter } from './letter.ts';
import { type OffsetEditor, openOffsetEditor } from './offset-editor.ts';
import { readRanges } from './read-range.ts';

/** A dead letter that waits to be looked at. */
export interface WaitingLetter extends Letter {
  /** Where the letter itself lies, `topic[partition]@offset`. */
  readonly at: string;
}

/** The group whose offsets say which letters were sent through the chain again. */
export function retryGroup(config: Config['kafka']): string {
  return `${config.group_id}-dlq-retry`;
}

/** The dead-letter topics of the configured topics. @throws LogweirError USAGE where there are none to be read */
export function deadLetterTopics(config: Config): TopicChoice {
  if (config.dead_letter.to !== 'topic') {
    throw new LogweirError(
      'USAGE',
      `dead_letter.to is '${config.dead_letter.to}': there is no topic to read`,
    );
  }
  return letterTopics(config.kafka.topics, config.dead_letter.topic);
}

/**
 * Reads the dead letters that were not sent again yet, oldest first, each record once however often it was dead-lettered.
 *
 * @param all also those that were sent again
 */
export async function readLetters(config: Config, all: boolean): Promise<WaitingLetter[]> {
  const kafka = { ...config.kafka, group_id: retryGroup(config.kafka) };
  const editor = await openOffsetEditor(kafka, deadLetterTopics(config));
  const letters = new Map<string, WaitingLetter>();
  try {
    for await (const record of recordsOf(editor, all)) {
      const letter = readLetter(record);
      if (letter === undefined) continue;
      const { topic, partition, offset, timestamp } = letter.record;
      const at = `${record.topic}[${record.partition}]@${record.offset}`;
      letters.set(`${topic}:${partition}:${offset}:${timestamp}`, { ...letter, at });
    }
  } finally {
    await editor.close();
  }
  return [...letters.values()];
}

async function* recordsOf(editor: OffsetEditor, all: boolean): AsyncGenerator<SourceRecord> {
  const states = await editor.states();
  yield* readRanges(
    editor,
    states.map(({ topic, partition, committed, low, high }) => ({
      topic,
      partition,
      from: all ? low : Math.max(low, committed),
      to: high,
    })),
  );
}
