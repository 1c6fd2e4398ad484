import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailingAddresses } from '../../../../src/kafka/addresses.ts';
import { Assignment, OwnedPartition } from '../../../../src/kafka/consumer/assignment.ts';
import type { TopicState } from '../../../../src/kafka/brokers.ts';
import type { Consumer } from '../../../../src/kafka/consumer/consumer.ts';
import type { Reported } from '../../../../src/kafka/consumer/health.ts';
import { KafkaWatch } from '../../../../src/kafka/consumer/watch.ts';
import { configOf } from '../../support/config.ts';
import { type LogLine, memoryLog } from '../../support/memory-log.ts';

const HIGH = 50;

let assignment: Assignment;
let native: object | null;
let isStopping: boolean;
/** Whether the brokers answer. */
let answers: boolean;
/** Partitions without an answer. */
let silent: Set<number>;
let topics: TopicState[];
let reported: Map<number, Reported>;
/** Whether the brokers are too old for the query for topics. */
let isOld: boolean;
let queried: string[];
let recovered: { partition: number; high: number; topicId: string | null }[];
let lines: LogLine[];
let failing: FailingAddresses;
let watch: KafkaWatch;

const topic = (over: Partial<TopicState> = {}): TopicState => ({
  name: 'app-logs',
  id: 'id',
  isInternal: false,
  operations: [3, 8],
  error: null,
  ...over,
});

beforeEach(() => {
  vi.useFakeTimers();
  assignment = new Assignment();
  native = {
    queryWatermarkOffsets: (
      _topic: string,
      partition: number,
      _timeout: number,
      callback: (error: Error | null, offsets?: object) => void,
    ) => {
      queried.push(`offsets ${partition}`);
      if (!answers || silent.has(partition)) callback(new Error('no answer'));
      else callback(null, { lowOffset: 0, highOffset: HIGH });
    },
    getMetadata: (_options: object, callback: (error: Error | null, answer?: object) => void) => {
      queried.push('metadata');
      if (answers)
        callback(null, { topics: topics.map(({ name }) => ({ name, partitions: [] })), brokers: [] });
      else callback(new Error('no answer'));
    },
  };
  isStopping = false;
  answers = true;
  silent = new Set();
  topics = [topic()];
  reported = new Map();
  failing = new FailingAddresses();
  isOld = false;
  queried = [];
  recovered = [];
  const memory = memoryLog();
  lines = memory.lines;
  start('[app-logs]');
});
afterEach(() => {
  watch.close();
  vi.useRealTimers();
});

function start(names: string, server = 'b:1'): void {
  const { log, lines: kept } = memoryLog();
  lines = kept;
  const consumer = {
    assignment,
    rebalancer: null,
    get native() {
      return native;
    },
    get isStopping() {
      return isStopping;
    },
    errors: {
      get reported() {
        return reported;
      },
      failing,
    },
    brokers: {
      topics: async (wanted: readonly string[]) => {
        queried.push(`topics ${wanted.join()}`);
        if (!answers || isOld) throw new Error('no answer');
        return new Map(topics.map((one) => [one.name, one]));
      },
    },
    recover: async ({ partition }: OwnedPartition, present: object) =>
      void recovered.push({ partition, ...(present as { high: number; topicId: string | null }) }),
  };
  watch = new KafkaWatch(
    consumer as unknown as Consumer,
    configOf(`kafka: { bootstrap_servers: ['${server}'], topics: ${names} }`).kafka,
    '{{topic}}-dlq',
    log,
  );
  watch.start();
}

function own(partition: number, position = HIGH): OwnedPartition {
  const owned = new OwnedPartition('app-logs', partition, position, position);
  owned.answered(HIGH);
  assignment.add(owned);
  return owned;
}

const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);

describe('brokers that answer', () => {
  it('are queried every two seconds, even without changes', async () => {
    own(0);
    await pass(60);
    expect(queried.filter((one) => one === 'topics app-logs')).toHaveLength(30);
    expect(queried.filter((one) => one === 'offsets 0')).toHaveLength(30);
    expect(watch.state).toMatchObject({ connected: true, reason: null });
    expect(watch.state.silentSeconds).toBeLessThan(6);
    expect(lines).toEqual([]);
  });

  it('are queried without an assignment, too: there may be more members than partitions', async () => {
    await pass(60);
    expect(watch.state).toMatchObject({ connected: true, reason: null });
  });

  it('are connected even if they do not support the query for topics', async () => {
    isOld = true;
    await pass(60);
    expect(watch.state).toMatchObject({ connected: true, reason: null });
  });

  it('send the ends of the partitions, and the id of their topic', async () => {
    const owned = own(0, 20);
    await pass(2);
    expect(owned.lag).toBe(30);
    expect(recovered).toEqual([{ partition: 0, low: 0, high: HIGH, topicId: 'id' }]);
  });
});

describe('brokers that do not answer', () => {
  it('count as disconnected within half a minute, with an unknown lag, logged rarely, until the next answer', async () => {
    const owned = own(0, 20);
    await pass(10);
    answers = false;
    await pass(19);
    expect(watch.state).toMatchObject({ connected: true, reason: null });
    await pass(7);
    expect(watch.state.connected).toBe(false);
    expect(watch.state.reason).toMatch(/^no broker answers since 20.*; bootstrap servers b:1$/);
    await pass(20);
    expect(lines).toMatchObject([{ level: 50, reason: watch.state.reason }]);
    await pass(60);
    expect(owned.lag).toBeUndefined();
    // A reminder after 30 s, and the next one a minute later.
    expect(lines.slice(1)).toMatchObject([{ level: 50, seconds: expect.toSatisfy((one) => one > 45) }]);
    answers = true;
    await pass(6);
    expect(watch.state).toMatchObject({ connected: true, reason: null });
    expect(owned.lag).toBe(30);
    expect(lines.slice(2)).toMatchObject([
      {
        level: 30,
        code: 'kafka_recovered',
        lag: 30,
        seconds: expect.toSatisfy((one) => one >= 95 && one < 120),
      },
    ]);
  });

  it('are not queried for one partition after the other', async () => {
    for (let partition = 0; partition < 20; partition++) own(partition);
    answers = false;
    await pass(2);
    expect(queried.filter((one) => one.startsWith('offsets'))).toHaveLength(1);
  });

  it('are not logged when the process ends', async () => {
    own(0);
    answers = false;
    isStopping = true;
    await pass(60);
    expect(lines).toEqual([]);
  });
});

it('a partition without a leader is named, and the others are still queried', async () => {
  const owned = [0, 1, 2].map((partition) => own(partition, 20));
  silent.add(1);
  await pass(60);
  expect(owned.map(({ lag }) => lag)).toEqual([30, undefined, 30]);
  expect(watch.state).toMatchObject({
    connected: true,
    reason: 'no broker answers for app-logs[1]: they have no leader, or it is away',
  });
  silent.clear();
  await pass(6);
  expect(watch.state.reason).toBeNull();
});

it('a topic that does not exist is named while nothing is assigned', async () => {
  topics = [
    topic({ error: { code: 3, message: 'Broker: Unknown topic or partition' }, id: null, operations: null }),
  ];
  await pass(6);
  expect(watch.state).toMatchObject({
    connected: true,
    reason: expect.stringMatching(/^the topic app-logs of kafka.topics does not exist/),
  });
});

it('a regular expression that only matches excluded topics is named while nothing is assigned', async () => {
  watch.close();
  topics = ['__consumer_offsets', 'app-dlq'].map((name) => topic({ name }));
  start('["^."]');
  await pass(6);
  expect(watch.state.reason).toMatch(/^there is no topic that \^\. of kafka.topics matches/);
  topics.push(topic({ name: 'app' }));
  await pass(6);
  expect(watch.state.reason).toBeNull();
});

it('before the first connection the state is not connected, and no broker is queried', async () => {
  native = null;
  await pass(60);
  expect(watch.state).toEqual({
    connected: false,
    reason: 'not connected to Kafka',
    lastContact: null,
    silentSeconds: null,
  });
  expect([queried, lines]).toEqual([[], []]);
});

it('before the first connection a failing advertised address is the reason', async () => {
  native = null;
  vi.useRealTimers();
  watch.close();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  start('[app-logs]', `127.0.0.1:${(server.address() as AddressInfo).port}`);
  failing.note('[thrd:127.0.0.1:1/7]: 127.0.0.1:1/7: Connect to ipv4#127.0.0.1:1 failed: Connection refused');
  await pass(5);
  await vi.waitFor(() =>
    expect(watch.state).toMatchObject({
      connected: false,
      reason: expect.stringMatching(
        /^a broker advertises the address 127\.0\.0\.1:1, which cannot be reached/,
      ),
    }),
  );
  server.close();
});

it('no broker is queried after close', async () => {
  watch.close();
  await pass(60);
  expect(queried).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
