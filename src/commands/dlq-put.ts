import { setTimeout as delay } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { sourceTopics } from '../config/topics.ts';
import { LogweirError } from '../errors.ts';
import { Holds } from '../holds.ts';
import { OwnedPartition } from '../kafka/assignment.ts';
import { deadLetterTopics } from '../kafka/dead-letter-reader.ts';
import { DeadLetterTopic } from '../kafka/dead-letter-topic.ts';
import { type OffsetEditor, openOffsetEditor } from '../kafka/offset-editor.ts';
import { readRanges } from '../kafka/read-range.ts';
import { Settlement, type SourceRecord } from '../settlement.ts';
import { TakenRecord } from '../taken-record.ts';
import { parsePlace, snippet } from './dlq.ts';

/** The letter must be acknowledged within this time: somebody waits for it. */
const WRITE_MS = 30_000;

/**
 * `logweir dlq put topic:partition:offset`: dead-letters the one record that the group is held at, by hand, and moves the offset
 * behind it. The way out of a hold also where `dead_letter.to` is `hold`.
 *
 * @throws LogweirError GROUP_ACTIVE, UNAVAILABLE, or USAGE where the group is not held at that record
 */
export async function putLetter(
  place: string,
  options: { config?: string; execute?: boolean },
  output: Writable,
): Promise<void> {
  const { config } = loadConfig(options.config);
  if (config.dead_letter.to !== 'hold') deadLetterTopics(config);
  const { topic, partition, offset } = parsePlace(place);
  const editor = await openOffsetEditor(config.kafka, sourceTopics([topic], null));
  try {
    await editor.requireInactive();
    await requireHeldAt(editor, place);
    const record = await recordAt(editor, topic, partition, offset);
    if (record === undefined) throw new LogweirError('USAGE', `there is no record at ${place}`);
    output.write(`${topic}[${partition}]@${offset}: ${snippet(record.value)}\n`);
    if (options.execute !== true) {
      output.write(
        'dry run: nothing was done; add --execute to dead-letter it and move the offset behind it\n',
      );
      return;
    }
    await write(config, record);
    await editor.commit([{ topic, partition, offset: offset + 1 }]);
    output.write('dead-lettered, and the offset is moved behind it\n');
  } finally {
    await editor.close();
  }
}

async function requireHeldAt(editor: OffsetEditor, place: string): Promise<void> {
  const { partition, offset } = parsePlace(place);
  const state = (await editor.states()).find((one) => one.partition === partition);
  const at = state === undefined ? undefined : Math.max(state.committed, state.low);
  if (at === offset) return;
  const said = at === undefined ? 'there is no such partition' : `the group goes on at offset ${at}`;
  throw new LogweirError('USAGE', `${place} is not what the group is held at: ${said}`);
}

async function recordAt(
  editor: OffsetEditor,
  topic: string,
  partition: number,
  offset: number,
): Promise<SourceRecord | undefined> {
  for await (const record of readRanges(editor, [{ topic, partition, from: offset, to: offset + 1 }]))
    if (record.offset === offset) return record;
  return undefined;
}

/** @throws LogweirError UNAVAILABLE where it is not acknowledged in time; it may lie there nevertheless, which does no harm */
async function write(config: Config, record: SourceRecord): Promise<void> {
  let why = 'no broker acknowledges it';
  const holds = new Holds({ began: ({ reason }) => void (why = reason), ended: () => {} });
  const letters = new DeadLetterTopic(config.kafka, config.dead_letter.topic, holds);
  const owned = new OwnedPartition(record.topic, record.partition, record.offset, record.offset);
  const settlement = new Settlement(new TakenRecord(record, record.topic), 0, owned, { settled: () => {} });
  const sent = letters
    .send(settlement, { reason: 'by_hand', message: 'logweir dlq put' })
    .then(() => true)
    .catch(() => false);
  const timer = new AbortController();
  const late = delay(WRITE_MS, false, { signal: timer.signal }).catch(() => false);
  const isWritten = await Promise.race([sent, late]);
  timer.abort();
  await letters.close();
  if (!isWritten)
    throw new LogweirError(
      'UNAVAILABLE',
      `the record is not dead-lettered within ${WRITE_MS / 1000} s, and the offset not moved: ${why}`,
    );
}
