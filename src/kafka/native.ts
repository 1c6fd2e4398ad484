/**
 * Wraps the Kafka client in promises and complete types. No other module imports the client. Its own types
 * lack `incrementalAssign`, `rebalanceProtocol` and a few more, which exist at run time.
 */
import kafka from '@confluentinc/kafka-javascript';
import type { SourceRecord, TopicPartition } from '../record.ts';
import { LogweirError } from '../errors.ts';
import { closing, readersStopped } from './closing.ts';
import { type Headers, repairHeaders } from './headers.ts';

const { KafkaConsumer, Producer, AdminClient, OffsetSpec } = kafka;
/** In a query for offsets: the end. */
export const latest = OffsetSpec.LATEST;

export type NativeProducer = InstanceType<typeof Producer>;
export type NativeAdmin = ReturnType<typeof AdminClient.create> & {
  setSaslCredentials(username: string, password: string): void;
};

/** librdkafka's error codes that are handled by name (rdkafka.h). */
export const ErrorCode = {
  ASSIGN_PARTITIONS: -175,
  REVOKE_PARTITIONS: -174,
  QUEUE_FULL: -184,
  FATAL: -150,
  AUTHENTICATION: -169,
  ALL_BROKERS_DOWN: -187,
  RESOLVE: -193,
  TRANSPORT: -195,
  TOPIC_AUTHORIZATION: 29,
  GROUP_AUTHORIZATION: 30,
  MAX_POLL_EXCEEDED: -147,
  AUTO_OFFSET_RESET: -140,
  UNKNOWN_TOPIC: -188,
  UNKNOWN_TOPIC_OR_PART: 3,
  MESSAGE_TOO_LARGE: 10,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  INCONSISTENT_GROUP_PROTOCOL: 23,
  INVALID_SESSION_TIMEOUT: 26,
} as const;

export interface KafkaError {
  readonly code: number;
  readonly message: string;
  readonly isFatal?: boolean;
  /** `local`, `kafka`, or the part of the message before a colon. */
  readonly origin?: string;
}

export interface PartitionOffset extends TopicPartition {
  readonly offset: number;
  /** Leader epoch of the record before the offset. */
  readonly leaderEpoch?: number;
  /** Text of the committing client that the broker keeps with the offset. */
  readonly metadata?: string;
  readonly error?: KafkaError | undefined;
}

export type RebalanceProtocol = 'NONE' | 'EAGER' | 'COOPERATIVE';

type Callback<T> = (error: KafkaError | null | undefined, value: T) => void;
type Retyped = 'commit' | 'position' | 'committed' | 'consume' | 'queryWatermarkOffsets' | 'offsetsForTimes';
interface AnsweredOffset extends TopicPartition {
  readonly offset?: number;
  readonly leaderEpoch?: number;
  readonly metadata?: string;
}

/** A record of the client, before its headers are repaired. */
type Delivered = Omit<SourceRecord, 'headers'> & { readonly headers: Headers | undefined };

/** The low-level consumer, with the types that hold at run time. */
export type NativeConsumer = Omit<InstanceType<typeof KafkaConsumer>, Retyped> & {
  incrementalAssign(partitions: readonly PartitionOffset[]): void;
  incrementalUnassign(partitions: readonly TopicPartition[]): void;
  /** librdkafka's name of the consumer; set once it is connected. */
  readonly name: string;
  rebalanceProtocol(): RebalanceProtocol;
  assignmentLost(): boolean;
  setDefaultIsTimeoutOnlyForFirstMessage(value: boolean): void;
  commit(offsets: readonly PartitionOffset[]): void;
  position(): AnsweredOffset[];
  committed(
    partitions: readonly TopicPartition[],
    timeoutMs: number,
    callback: Callback<(AnsweredOffset | Error)[]>,
  ): void;
  consume(count: number, callback: Callback<Delivered[]>): void;
  queryWatermarkOffsets(
    topic: string,
    partition: number,
    timeoutMs: number,
    callback: Callback<{ lowOffset: number; highOffset: number }>,
  ): void;
  /** On input, `offset` is the time in milliseconds since the epoch. */
  offsetsForTimes(
    times: readonly PartitionOffset[],
    timeoutMs: number,
    callback: Callback<AnsweredOffset[]>,
  ): void;
};

type Options = Record<string, unknown>;

export function createConsumer(options: Options, topicOptions: Options = {}): NativeConsumer {
  return new KafkaConsumer(options, topicOptions) as unknown as NativeConsumer;
}

export function createProducer(options: Options): NativeProducer {
  return new Producer(options);
}

/** The login of an admin client can change at run time, like that of the other clients. */
export function createAdmin(options: Options, failed: (error: KafkaError) => void = () => {}): NativeAdmin {
  const listeners = { 'event.error': (error: KafkaError) => failed(withCode(error)) };
  return AdminClient.create(options, listeners) as NativeAdmin;
}

const OUT_OF_THREADS = /thread|too many open files/i;

interface Connectable {
  once(name: 'connection.failure', listener: () => void): void;
  connect(options: { timeout: number }, callback: (error: KafkaError | null) => void): unknown;
  disconnect(callback: () => void): unknown;
}

/** The client reports error events as text only (rd_kafka_err2str without its prefix, in lower case). */
const codesOfTexts: ReadonlyMap<string, number> = new Map([
  ['authentication failure', ErrorCode.AUTHENTICATION],
  ['fatal error', ErrorCode.FATAL],
  ['topic authorization failed', ErrorCode.TOPIC_AUTHORIZATION],
  ['group authorization failed', ErrorCode.GROUP_AUTHORIZATION],
  ['host resolution failure', ErrorCode.RESOLVE],
  ['broker transport failure', ErrorCode.TRANSPORT],
  ['all broker connections are down', ErrorCode.ALL_BROKERS_DOWN],
  ['maximum application poll interval (max.poll.interval.ms) exceeded', ErrorCode.MAX_POLL_EXCEEDED],
]);

/** Listens to errors that belong to no call. Adds the codes that are handled by name. */
export function onError(client: unknown, listener: (error: KafkaError) => void): void {
  (client as { on(name: string, listener: (error: KafkaError) => void): void }).on('event.error', (error) =>
    listener(withCode(error)),
  );
}

/** Listens to the client's log of failed connections: which broker, and why. */
export function onFailure(client: unknown, listener: (text: string) => void): void {
  (client as { on(name: string, listener: (line: { fac: string; message: string }) => void): void }).on(
    'event.log',
    ({ fac, message }) => {
      if (fac === 'FAIL') listener(message);
    },
  );
}

function withCode({ message, code, isFatal }: KafkaError): KafkaError {
  return { message, code: codesOfTexts.get(message) ?? code, ...(isFatal === undefined ? {} : { isFatal }) };
}

/**
 * Connects and reads the cluster's metadata.
 *
 * @throws LogweirError CONFIG if librdkafka rejects the settings; UNAVAILABLE if no broker answers
 */
export function connect(client: unknown, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let isCreated = false;
    const connectable = client as Connectable;
    // The event shows that the client was created, and that no broker answers.
    connectable.once('connection.failure', () => (isCreated = true));
    connectable.connect({ timeout: timeoutMs }, (error) => {
      if (!error) resolve();
      else if (isCreated || OUT_OF_THREADS.test(error.message))
        reject(new LogweirError('UNAVAILABLE', error.message, { cause: error }));
      else reject(new LogweirError('CONFIG', fullMessage(error), { cause: error }));
    });
  });
}

/** The client cuts off the part of a message before a colon, and reports it as the origin. */
function fullMessage({ origin, message }: KafkaError): string {
  return origin === undefined || ['unknown', 'local', 'kafka'].includes(origin)
    ? message
    : `${origin}: ${message}`;
}

/** Resolves when the client is closed, or after `timeoutMs`: librdkafka may wait for an absent broker. */
export function disconnect(client: unknown, timeoutMs: number): Promise<void> {
  const closed = closing();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    const gone = (): void => {
      closed();
      clearTimeout(timer);
      resolve();
    };
    const close = (): void => {
      try {
        (client as Connectable).disconnect(gone);
      } catch {
        // A producer that was never connected is closed by the failed attempt.
        gone();
      }
    };
    const stopped = readersStopped(client as object);
    if (stopped === undefined) close();
    else void stopped.then(close);
  });
}

/** Turns a call with a node-style callback into a promise that rejects with the client's error. */
export function promised<T>(call: (callback: Callback<T>) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      // The client's error class has Error's prototype.
      if (error) reject(error);
      else resolve(value);
    });
  });
}

/** One call of `consume`: up to `count` records; none if there are none within the timeout. */
export async function consume(consumer: NativeConsumer, count: number): Promise<SourceRecord[]> {
  const records = await promised<Delivered[]>((callback) => consumer.consume(count, callback));
  for (const { headers } of records) if (headers !== undefined) repairHeaders(headers);
  return records;
}

/**
 * The group's committed offsets; `offset` is -1 if there is none.
 *
 * @throws Error if a partition has no answer
 */
export async function committedOffsets(
  consumer: NativeConsumer,
  partitions: readonly TopicPartition[],
  timeoutMs: number,
): Promise<PartitionOffset[]> {
  const wanted = partitions.map(({ topic, partition }) => ({ topic, partition }));
  const answers = await promised<(AnsweredOffset | Error)[]>((callback) =>
    consumer.committed(wanted, timeoutMs, callback),
  );
  return answers.map((answer) => {
    // The client returns an error instead of a partition without an answer.
    if (answer instanceof Error) throw answer;
    const { offset } = answer;
    return { ...answer, offset: offset !== undefined && offset >= 0 ? offset : -1 };
  });
}

/**
 * The lowest available offset, and the offset of the next record. A read_committed consumer gets the end of
 * the committed records instead, which an open transaction keeps low.
 */
export async function watermarks(
  client: Pick<NativeConsumer, 'queryWatermarkOffsets'>,
  { topic, partition }: TopicPartition,
  timeoutMs: number,
): Promise<{ low: number; high: number }> {
  const answer = await promised<{ lowOffset: number; highOffset: number }>((callback) =>
    client.queryWatermarkOffsets(topic, partition, timeoutMs, callback),
  );
  return { low: answer.lowOffset, high: answer.highOffset };
}

/** All topics, and the advertised addresses of the brokers. The leader -1 means none. */
export function metadataOf(
  client: Pick<NativeConsumer, 'getMetadata'>,
  timeoutMs: number,
): Promise<{
  topics: { name: string; partitions: { id: number; leader?: number }[] }[];
  brokers: { host: string; port: number }[];
}> {
  return promised((callback) => client.getMetadata({ timeout: timeoutMs }, callback));
}

/** Whether a thrown value has this code of librdkafka. */
export function hasCode(error: unknown, code: number): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
