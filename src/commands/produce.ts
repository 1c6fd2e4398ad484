import type { Readable, Writable } from 'node:stream';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { isPattern } from '../config/topics.ts';
import { LogweirError, messageOf } from '../errors.ts';
import { createTopic, openLineProducer } from '../kafka/admin/line-producer.ts';
import { type Line, linesOf } from './lines.ts';

const PARTITIONS_MAX = 10_000;
/** Limits of lines that are sent and not yet acknowledged. */
const OPEN_MAX = 5000;
const OPEN_BYTES_MAX = 16_000_000;

export interface ProduceOptions {
  readonly config?: string;
  readonly topic?: string;
  readonly create?: boolean;
  readonly partitions?: number;
}

/** Sends one record; resolves when the brokers have acknowledged it. */
type Send = (value: Buffer) => Promise<void>;

/**
 * `logweir produce`: writes each line of `input`, unchanged, as a record of the configured topic.
 *
 * @throws LogweirError USAGE if the topic does not exist or is not given, UNAVAILABLE, with the line, if one
 *   cannot be written
 */
export async function produce(options: ProduceOptions, input: Readable, output: Writable): Promise<void> {
  const { create = false, partitions } = options;
  if (partitions !== undefined && !create) throw new LogweirError('USAGE', '--partitions needs --create');
  if (
    partitions !== undefined &&
    !(Number.isInteger(partitions) && partitions > 0 && partitions <= PARTITIONS_MAX)
  )
    throw new LogweirError('USAGE', `--partitions must be a number from 1 to ${PARTITIONS_MAX}`);
  const { config } = loadConfig(options.config);
  const topic = topicOf(options.topic, config);
  const producer = await openLineProducer(config.kafka);
  try {
    if (create) output.write(`${await createTopic(config.kafka, topic, partitions)}\n`);
    else if (!(await producer.topics()).includes(topic))
      throw new LogweirError(
        'USAGE',
        `there is no topic ${topic} on these brokers: --create creates it, --topic names another one`,
      );
    const count = await sendLines(linesOf(input), (value) => producer.send(topic, value));
    output.write(`${count} records produced to ${topic}\n`);
  } finally {
    await producer.close();
  }
}

function topicOf(option: string | undefined, { kafka: { topics } }: Config): string {
  const topic = option ?? topics[0];
  if (topic === undefined || topic === '')
    throw new LogweirError('USAGE', '--topic is empty; give the name of a topic');
  if (!isPattern(topic)) return topic;
  throw new LogweirError(
    'USAGE',
    option === undefined
      ? `kafka.topics begins with the regular expression ${topic}: give one topic with --topic`
      : `--topic must be the name of one topic, not the regular expression ${topic}`,
  );
}

/**
 * Sends lines, with bounded concurrency, and waits for all acknowledgements. Stops after the first failure.
 *
 * @returns the number of acknowledged lines
 * @throws LogweirError UNAVAILABLE
 */
export async function sendLines(lines: AsyncIterable<Line>, send: Send): Promise<number> {
  const open = { count: 0, bytes: 0, changed: (): void => {} };
  let acknowledged = 0;
  let failed: { readonly number: number; readonly error: unknown } | undefined;
  const sendOne = async ({ value, number }: Line): Promise<void> => {
    open.count++;
    open.bytes += value.length;
    try {
      await send(value);
      acknowledged++;
    } catch (error) {
      failed ??= { number, error };
    }
    open.count--;
    open.bytes -= value.length;
    open.changed();
  };
  const until = async (isEnough: () => boolean): Promise<void> => {
    while (!isEnough()) await new Promise<void>((resolve) => (open.changed = resolve));
  };
  for await (const line of lines) {
    void sendOne(line);
    await until(() => open.count < OPEN_MAX && open.bytes < OPEN_BYTES_MAX);
    if (failed !== undefined) break;
  }
  await until(() => open.count === 0);
  if (failed === undefined) return acknowledged;
  throw new LogweirError(
    'UNAVAILABLE',
    `line ${failed.number} cannot be written: ${messageOf(failed.error)} ` +
      `(${acknowledged} records were written)`,
    { cause: failed.error },
  );
}
