import { setTimeout as delay } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { sourceTopics } from '../config/topics.ts';
import { LogweirError } from '../errors.ts';
import { BlockedRecords } from '../pipeline/blocked-records.ts';
import { OwnedPartition } from '../kafka/consumer/assignment.ts';
import { deadLetterTopics } from '../dead-letter/reader.ts';
import { DeadLetterTopic } from '../dead-letter/topic.ts';
import { type GroupOffsets, openGroupOffsets } from '../kafka/admin/group-offsets.ts';
import { readRanges } from '../kafka/admin/range-reader.ts';
import { RecordChunk } from '../memory/record-chunk.ts';
import type { SourceRecord } from '../record.ts';
import { Settlement } from '../pipeline/settlement.ts';
import { parsePlace, snippet } from './dlq.ts';

/** The dead letter must be acknowledged within this time: the user waits for it. */
const WRITE_MS = 30_000;

/**
 * `logweir dlq put topic:partition:offset`: dead-letters the record at the committed offset of the group, and
 * moves the offset past it. Unblocks a partition also if `dead_letter.to` is `hold`.
 *
 * @throws LogweirError GROUP_ACTIVE, UNAVAILABLE, or USAGE if the group's offset is not that record
 */
export async function putDeadLetter(
  place: string,
  options: { config?: string; execute?: boolean },
  output: Writable,
): Promise<void> {
  const { config } = loadConfig(options.config);
  if (config.dead_letter.to !== 'hold') deadLetterTopics(config);
  const { topic, partition, offset } = parsePlace(place);
  const group = await openGroupOffsets(config.kafka, sourceTopics([topic], null));
  try {
    await requireInactive(group);
    await requireCommittedAt(group, place);
    const record = await recordAt(group, topic, partition, offset);
    if (record === undefined) throw new LogweirError('USAGE', `there is no record at ${place}`);
    output.write(`${topic}[${partition}]@${offset}: ${snippet(record.value)}\n`);
    if (options.execute !== true) {
      output.write(
        'dry run: nothing was changed; add --execute to dead-letter it and move the offset past it\n',
      );
      return;
    }
    await write(config, record);
    await group.commit([{ topic, partition, offset: offset + 1 }]);
    output.write('dead-lettered, and moved the offset past it\n');
  } finally {
    await group.close();
  }
}

/**
 * The brokers accept an offset from outside only for a group without members, and each member keeps its own
 * position: an offset that was moved under it would be overwritten with its next commit.
 */
async function requireInactive(group: GroupOffsets): Promise<void> {
  try {
    await group.requireInactive();
  } catch (error) {
    if (!(error instanceof LogweirError) || error.code !== 'GROUP_ACTIVE') throw error;
    throw new LogweirError(
      'GROUP_ACTIVE',
      `${error.message}. A member commits its own position and would go back to this record, so the whole ` +
        'group must be stopped for the moment of the command; what is produced meanwhile waits in Kafka. ' +
        'Without a stop: correct the transform (it can return undefined for this one offset) and reload it ' +
        'with SIGHUP; the blocked record then goes through the new transforms',
      { cause: error },
    );
  }
}

async function requireCommittedAt(group: GroupOffsets, place: string): Promise<void> {
  const { partition, offset } = parsePlace(place);
  const state = (await group.states()).find((one) => one.partition === partition);
  const at = state === undefined ? undefined : Math.max(state.committed, state.low);
  if (at === offset) return;
  const why = at === undefined ? 'there is no such partition' : `the group continues at offset ${at}`;
  throw new LogweirError('USAGE', `${place} is not the next record of the group: ${why}`);
}

async function recordAt(
  group: GroupOffsets,
  topic: string,
  partition: number,
  offset: number,
): Promise<SourceRecord | undefined> {
  for await (const record of readRanges(group, [{ topic, partition, from: offset, to: offset + 1 }]))
    if (record.offset === offset) return record;
  return undefined;
}

/**
 * @throws LogweirError UNAVAILABLE if it is not acknowledged in time; it may be written nevertheless:
 * harmless
 */
async function write(config: Config, record: SourceRecord): Promise<void> {
  let why = 'no broker has acknowledged it';
  const holds = new BlockedRecords({ began: ({ reason }) => void (why = reason), ended: () => {} });
  const deadLetters = new DeadLetterTopic(config.kafka, config.dead_letter.topic, holds);
  const owned = new OwnedPartition(record.topic, record.partition, record.offset, record.offset);
  const run = { chunk: RecordChunk.of(record), row: 0, count: 1 };
  const settlement = new Settlement(run, 0, owned, { settled: () => {} });
  const sent = deadLetters
    .send(settlement, { reason: 'by_hand', message: 'logweir dlq put' })
    .then(() => true)
    .catch(() => false);
  const timer = new AbortController();
  const late = delay(WRITE_MS, false, { signal: timer.signal }).catch(() => false);
  const isWritten = await Promise.race([sent, late]);
  timer.abort();
  await deadLetters.close();
  if (!isWritten)
    throw new LogweirError(
      'UNAVAILABLE',
      `the record was not dead-lettered within ${WRITE_MS / 1000} s, and the offset was not moved: ${why}`,
    );
}
