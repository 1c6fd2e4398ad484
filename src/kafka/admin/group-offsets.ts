import type { Config } from '../../config/schema.ts';
import { LogweirError, messageOf } from '../../errors.ts';
import { type TopicPartition, partitionName } from '../../record.ts';
import { type TopicChoice, sourceTopics } from '../../config/topics.ts';
import { adminOptions, readerOptions } from '../client-config.ts';
import {
  type NativeConsumer,
  type PartitionOffset,
  connect,
  createAdmin,
  createConsumer,
  disconnect,
  metadataOf,
  onError,
  promised,
  watermarks,
} from '../native.ts';
import { checked, isConfigError, settingsError } from '../options-check.ts';
import { readCommitted } from './read-committed.ts';
import type { PartitionState } from './replay-target.ts';

const TIMEOUT_MS = 10_000;
const POLL_TIMEOUT_MS = 100;
/** For records deleted meanwhile: the default would skip to the end, over all remaining records. */
const RESET = { 'auto.offset.reset': 'earliest' };

/** Reads and writes the offsets of a group that has no members. */
export interface GroupOffsets {
  /** The underlying client. Callers may assign partitions to it, and read them. */
  readonly consumer: NativeConsumer;
  /** @throws LogweirError GROUP_ACTIVE, naming the members, if the group has any */
  requireInactive(): Promise<void>;
  /** The ends of the first partitions of the chosen topics. Needs no right on the group. */
  ends(partitionsMax: number): Promise<Omit<PartitionState, 'committed'>[]>;
  /** All partitions of the chosen topics. @param time for {@link PartitionState.atTime}, in ms */
  states(time?: number): Promise<PartitionState[]>;
  /** @throws LogweirError GROUP_ACTIVE if a member has joined meanwhile */
  commit(offsets: readonly PartitionOffset[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a group's offsets. The client's admin API cannot alter offsets, but a consumer that never joins can
 * commit for its group. The broker rejects such a commit while the group has members.
 *
 * @throws LogweirError UNAVAILABLE if Kafka cannot be reached
 */
export async function openGroupOffsets(config: Config['kafka'], topics: TopicChoice): Promise<GroupOffsets> {
  const consumer = checked(config, () => createConsumer(readerOptions(config), RESET));
  onError(consumer, () => {});
  try {
    await connect(consumer, TIMEOUT_MS);
  } catch (error) {
    await disconnect(consumer, TIMEOUT_MS);
    if (isConfigError(error)) throw settingsError(error, config);
    const servers = config.bootstrap_servers.join(',');
    throw new LogweirError('UNAVAILABLE', `cannot reach Kafka at ${servers}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  consumer.setDefaultConsumeTimeout(POLL_TIMEOUT_MS);
  consumer.setDefaultIsTimeoutOnlyForFirstMessage(true);
  return {
    consumer,
    requireInactive: () => answered(requireInactive(consumer, config, topics)),
    ends: (partitionsMax) => answered(partitionEnds(consumer, topics, partitionsMax)),
    states: (time) => answered(partitionStates(consumer, config.group_id, topics, time)),
    commit: (offsets) => answered(commitAll(consumer, config.group_id, offsets)),
    close: () => disconnect(consumer, TIMEOUT_MS),
  };
}

/** @throws LogweirError UNAVAILABLE in place of an error of the client */
async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof LogweirError) throw error;
    throw new LogweirError('UNAVAILABLE', `Kafka rejects a query: ${messageOf(error)}`, { cause: error });
  }
}

/** The topics that the aggregator consumes with this configuration. */
export function readTopics({ kafka, dead_letter }: Config): TopicChoice {
  return sourceTopics(kafka.topics, dead_letter.to === 'topic' ? dead_letter.topic : null);
}

async function requireInactive(
  consumer: NativeConsumer,
  config: Config['kafka'],
  topics: TopicChoice,
): Promise<void> {
  // A query for the members of a forbidden group ends the process in librdkafka. One for its offsets fails.
  await readCommitted(consumer, config.group_id, await partitionsOf(consumer, topics), TIMEOUT_MS);
  const members = await groupMembers(config);
  if (members.length === 0) return;
  throw new LogweirError(
    'GROUP_ACTIVE',
    `the group ${config.group_id} is active; stop these members first: ${members.join(', ')}`,
  );
}

/** One description for each member. */
async function groupMembers(config: Config['kafka']): Promise<string[]> {
  const admin = createAdmin(adminOptions(config));
  try {
    const { groups } = await promised<{
      groups: { members: { clientId: string; clientHost: string; memberId: string }[] }[];
    }>((callback) =>
      admin.describeGroups(
        [config.group_id],
        { timeout: TIMEOUT_MS },
        callback as unknown as Parameters<typeof admin.describeGroups>[2],
      ),
    );
    return groups.flatMap(({ members }) =>
      members.map(
        ({ clientId, clientHost, memberId }) =>
          `${clientId} at ${clientHost.replace(/^\//, '')} (${memberId})`,
      ),
    );
  } finally {
    admin.disconnect();
  }
}

async function partitionStates(
  consumer: NativeConsumer,
  group: string,
  topics: TopicChoice,
  time: number | undefined,
): Promise<PartitionState[]> {
  const partitions = await partitionsOf(consumer, topics);
  const committed = await readCommitted(consumer, group, partitions, TIMEOUT_MS);
  const atTime = time === undefined ? [] : await offsetsAt(consumer, partitions, time);
  return Promise.all(
    committed.map(async ({ topic, partition, offset }, index) => {
      const { low, high } = await watermarks(consumer, { topic, partition }, TIMEOUT_MS);
      const found = atTime[index];
      return {
        topic,
        partition,
        committed: offset,
        low,
        high,
        ...(found === undefined ? {} : { atTime: found }),
      };
    }),
  );
}

async function partitionEnds(
  consumer: NativeConsumer,
  topics: TopicChoice,
  partitionsMax: number,
): Promise<Omit<PartitionState, 'committed'>[]> {
  const partitions = await partitionsOf(consumer, topics);
  return Promise.all(
    partitions
      .slice(0, partitionsMax)
      .map(async (one) => ({ ...one, ...(await watermarks(consumer, one, TIMEOUT_MS)) })),
  );
}

async function partitionsOf(consumer: NativeConsumer, topics: TopicChoice): Promise<TopicPartition[]> {
  const metadata = await metadataOf(consumer, TIMEOUT_MS);
  const found = metadata.topics.filter(({ name }) => topics.matches(name));
  if (found.length === 0)
    throw new LogweirError(
      'USAGE',
      `there is no topic ${topics.names.join(', ')} on these brokers: ${topics.absent}`,
    );
  return found.flatMap(({ name, partitions }) =>
    partitions.map(({ id }) => ({ topic: name, partition: id })).sort((a, b) => a.partition - b.partition),
  );
}

async function offsetsAt(
  consumer: NativeConsumer,
  partitions: readonly TopicPartition[],
  time: number,
): Promise<number[]> {
  const times = partitions.map(({ topic, partition }) => ({ topic, partition, offset: time }));
  const answers = await promised<{ topic: string; partition: number; offset?: number }[]>((callback) =>
    consumer.offsetsForTimes(times, TIMEOUT_MS, callback),
  );
  return partitions.map(({ topic, partition }) => {
    const answer = answers.find((one) => one.topic === topic && one.partition === partition);
    return answer?.offset ?? -1;
  });
}

async function commitAll(
  consumer: NativeConsumer,
  group: string,
  offsets: readonly PartitionOffset[],
): Promise<void> {
  try {
    consumer.commitSync(offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset })));
  } catch (error) {
    throw new LogweirError(
      'GROUP_ACTIVE',
      `the broker rejected the offsets of group ${group}: ${messageOf(error)}; has a member joined meanwhile?`,
      { cause: error },
    );
  }
  const stored = await readCommitted(consumer, group, offsets, TIMEOUT_MS);
  const wrong = stored.find((one, index) => one.offset !== offsets[index]?.offset);
  if (wrong)
    throw new LogweirError(
      'UNAVAILABLE',
      `the broker still has offset ${wrong.offset} for ${partitionName(wrong)}`,
    );
}
