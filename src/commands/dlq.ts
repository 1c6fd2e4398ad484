import { setTimeout as delay } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { Aggregator } from '../aggregator.ts';
import { loadConfig } from '../config/load.ts';
import { sourceTopics } from '../config/topics.ts';
import { LogweirError } from '../errors.ts';
import { Holds } from '../holds.ts';
import { OwnedPartition } from '../kafka/assignment.ts';
import {
  type WaitingLetter,
  deadLetterTopics,
  readLetters,
  retryGroup,
} from '../kafka/dead-letter-reader.ts';
import { DeadLetterTopic } from '../kafka/dead-letter-topic.ts';
import { readLetter } from '../kafka/letter.ts';
import { consume } from '../kafka/native.ts';
import { openOffsetEditor } from '../kafka/offset-editor.ts';
import { createLog } from '../log.ts';
import type { Original } from '../pipeline-parts.ts';
import { Settlement } from '../settlement.ts';
import { TakenRecord } from '../taken-record.ts';

interface ConfigOption {
  config?: string;
}

const VALUE_SHOWN = 120;
const CHECK_MS = 100;

/** `logweir dlq list`: counts by reason, and the letters that wait, each record once. */
export async function listLetters(
  options: ConfigOption & { all?: boolean; limit: number },
  output: Writable,
): Promise<void> {
  const { config } = loadConfig(options.config);
  const letters = await readLetters(config, options.all === true);
  const byReason = Object.entries(Object.groupBy(letters, ({ reason }) => reason))
    .map(([reason, some]) => ({ reason, count: some?.length ?? 0 }))
    .sort((a, b) => b.count - a.count);
  output.write(`${letters.length} dead letters in ${deadLetterTopics(config).names.join(', ')}\n`);
  for (const { reason, count } of byReason) output.write(`${String(count).padStart(8)}  ${reason}\n`);
  for (const letter of letters.slice(0, options.limit)) output.write(`${oneLine(letter)}\n`);
  if (letters.length > options.limit)
    output.write(`… ${letters.length - options.limit} more; --limit shows them\n`);
}

/** `logweir dlq show topic:partition:offset`: one letter, whole. @throws LogweirError USAGE where there is none */
export async function showLetter(place: string, options: ConfigOption, output: Writable): Promise<void> {
  const { config } = loadConfig(options.config);
  const { topic, partition, offset } = parsePlace(place);
  const letters = await readLetters(config, true);
  const letter = letters.find(
    ({ record }) => record.topic === topic && record.partition === partition && record.offset === offset,
  );
  if (letter === undefined) throw new LogweirError('USAGE', `there is no dead letter of ${place}`);
  const { record, ...said } = letter;
  const shown = {
    ...said,
    record: { ...record, key: record.key?.toString(), value: record.value?.toString() },
  };
  output.write(`${JSON.stringify(shown, null, 2)}\n`);
}

/**
 * `logweir dlq retry`: sends what waits in the dead-letter topic through the configured chain again, with the same guarantees as
 * `run` and the records' own document ids. What fails again is dead-lettered again.
 */
export async function retryLetters(
  options: ConfigOption & { execute?: boolean },
  output: Writable,
): Promise<void> {
  const loaded = loadConfig(options.config);
  const waiting = await readLetters(loaded.config, false);
  output.write(`${waiting.length} dead letters to be sent through the chain again\n`);
  if (options.execute !== true) {
    output.write('dry run: nothing was done; add --execute to do it\n');
    return;
  }
  const group = { ...loaded.config.kafka, group_id: retryGroup(loaded.config.kafka) };
  const editor = await openOffsetEditor(group, deadLetterTopics(loaded.config));
  const states = await editor.states();
  await editor.close();
  const kafka = {
    ...group,
    topics: [...new Set(states.map(({ topic }) => topic))],
    auto_offset_reset: 'earliest' as const,
  };
  const ends = states.filter(({ low, high }) => high > low);
  const config = {
    ...loaded.config,
    kafka: { ...kafka, commit_interval_ms: CHECK_MS },
    admin: { ...loaded.config.admin, listen: '' },
    // What fails again is to be dead-lettered again, or this would never end.
    dead_letter: { ...loaded.config.dead_letter, hold_above_ratio: null },
  };
  // What is dead-lettered again comes behind the end, and waits for the next time.
  const original: Original = (record) => {
    const end = ends.find(({ topic, partition }) => topic === record.topic && partition === record.partition);
    if (end === undefined || record.offset >= end.high) return undefined;
    const letter = readLetter(record);
    return letter?.truncated === true ? 'skip' : (letter?.record ?? record);
  };
  const aggregator = await Aggregator.create({ ...loaded, config }, createLog('warn', process.stderr.fd), {
    original,
  });
  const running = aggregator.run();
  const isDone = (): boolean => {
    const committed = aggregator.committed();
    return ends.every(({ topic, partition, high }) => (committed.get(`${topic}:${partition}`) ?? -1) >= high);
  };
  while (!isDone()) await Promise.race([delay(CHECK_MS), running]);
  await aggregator.stop();
  await running;
  const { indexed, failure_store, dead_lettered, dropped, skipped } = aggregator.outcomes();
  output.write(
    `${indexed} indexed, ${failure_store} in the failure store, ${dropped} dropped by a transform, ${dead_lettered} dead-lettered again, ${skipped} left alone (cut short)\n`,
  );
}

/**
 * `logweir dlq put topic:partition:offset`: dead-letters the one record that the group is held at, by hand, and moves the offset
 * behind it.
 *
 * @throws LogweirError GROUP_ACTIVE, or USAGE where the group is not held at that record
 */
export async function putLetter(
  place: string,
  options: ConfigOption & { execute?: boolean },
  output: Writable,
): Promise<void> {
  const { config } = loadConfig(options.config);
  deadLetterTopics(config);
  const { topic, partition, offset } = parsePlace(place);
  const editor = await openOffsetEditor(config.kafka, sourceTopics([topic], null));
  try {
    await editor.requireInactive();
    const state = (await editor.states()).find((one) => one.partition === partition);
    if (state === undefined || Math.max(state.committed, state.low) !== offset) {
      const at =
        state === undefined
          ? 'there is no such partition'
          : `the group goes on at offset ${Math.max(state.committed, state.low)}`;
      throw new LogweirError('USAGE', `${place} is not what the group is held at: ${at}`);
    }
    editor.consumer.assign([{ topic, partition, offset }]);
    const record = (await consume(editor.consumer, 1))[0] ?? (await consume(editor.consumer, 1))[0];
    if (record?.offset !== offset) throw new LogweirError('USAGE', `there is no record at ${place}`);
    output.write(`${topic}[${partition}]@${offset}: ${snippet(record.value)}\n`);
    if (options.execute !== true) {
      output.write(
        'dry run: nothing was done; add --execute to dead-letter it and move the offset behind it\n',
      );
      return;
    }
    const letters = new DeadLetterTopic(
      config.kafka,
      config.dead_letter.topic,
      new Holds({ began: () => {}, ended: () => {} }),
    );
    const owned = new OwnedPartition(topic, partition, offset, offset);
    const settlement = new Settlement(new TakenRecord(record, topic), 0, owned, { settled: () => {} });
    await letters.send(settlement, { reason: 'by_hand', message: 'logweir dlq put' });
    await letters.close();
    await editor.commit([{ topic, partition, offset: offset + 1 }]);
    output.write('dead-lettered, and the offset is moved behind it\n');
  } finally {
    await editor.close();
  }
}

function parsePlace(place: string): { topic: string; partition: number; offset: number } {
  const match = /^([A-Za-z0-9._-]+):(\d+):(\d+)$/.exec(place);
  if (match === null)
    throw new LogweirError(
      'USAGE',
      `'${place}' is not a place like app-logs:3:1042 (topic:partition:offset)`,
    );
  return { topic: match[1] ?? '', partition: Number(match[2]), offset: Number(match[3]) };
}

function oneLine({ time, reason, message, truncated, record }: WaitingLetter): string {
  const { topic, partition, offset, value } = record;
  return `${time}  ${topic}:${partition}:${offset}  ${reason}: ${message}${truncated ? ' (cut short)' : ''}\n    ${snippet(value)}`;
}

function snippet(value: Buffer | null): string {
  const text = value?.toString('utf8').replaceAll(/\s+/g, ' ') ?? 'null';
  return text.length > VALUE_SHOWN ? `${text.slice(0, VALUE_SHOWN)}…` : text;
}
