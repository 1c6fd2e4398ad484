import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailingAddresses } from '../../../src/kafka/addresses.ts';
import { Assignment, OwnedPartition } from '../../../src/kafka/assignment.ts';
import type { TopicState } from '../../../src/kafka/brokers.ts';
import type { Consumer } from '../../../src/kafka/consumer.ts';
import type { Reported } from '../../../src/kafka/health.ts';
import { KafkaWatch } from '../../../src/kafka/watch.ts';
import { configOf } from '../support/config.ts';
import { type LogLine, memoryLog } from '../support/memory-log.ts';

const HIGH = 50;

let assignment: Assignment;
let native: object | null;
let isStopping: boolean;
/** Whether the brokers answer; partitions that nobody answers for. */
let answers: boolean;
let silent: Set<number>;
let topics: TopicState[];
let reported: Map<number, Reported>;
/** Whether they do not know what topics are asked for. */
let isOld: boolean;
let asked: string[];
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
      asked.push(`offsets ${partition}`);
      if (!answers || silent.has(partition)) callback(new Error('no answer'));
      else callback(null, { lowOffset: 0, highOffset: HIGH });
    },
    getMetadata: (_options: object, callback: (error: Error | null, answer?: object) => void) => {
      asked.push('metadata');
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
  asked = [];
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
    get reported() {
      return reported;
    },
    failing,
    brokers: {
      topics: async (wanted: readonly string[]) => {
        asked.push(`topics ${wanted.join()}`);
        if (!answers || isOld) throw new Error('no answer');
        return new Map(topics.map((one) => [one.name, one]));
      },
    },
    recover: async ({ partition }: OwnedPartition, present: object) =>
      void recovered.push({ partition, ...(present as { high: number; topicId: string | null }) }),
  };
  watch = new KafkaWatch(
    consumer as unknown as Consumer,
    configOf(`kafka: { bootstrap_servers: ['${server}'], topics: ${names} }`),
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
  it('are asked every few seconds, also where nothing happens', async () => {
    own(0);
    await pass(60);
    expect(asked.filter((one) => one === 'topics app-logs')).toHaveLength(12);
    expect(asked.filter((one) => one === 'offsets 0')).toHaveLength(12);
    expect(watch.state).toMatchObject({ connected: true, reason: null });
    expect(watch.state.silentSeconds).toBeLessThan(6);
    expect(lines).toEqual([]);
  });

  it('are asked where nothing is assigned, too: there may be more members than partitions', async () => {
    await pass(60);
    expect(watch.state).toMatchObject({ connected: true, reason: null });
  });

  it('are there also where they do not understand what is asked of topics', async () => {
    isOld = true;
    await pass(60);
    expect(watch.state).toMatchObject({ connected: true, reason: null });
  });

  it('tell the ends of the partitions, and of which topic they are', async () => {
    const owned = own(0, 20);
    await pass(5);
    expect(owned.lag).toBe(30);
    expect(recovered).toEqual([{ partition: 0, low: 0, high: HIGH, topicId: 'id' }]);
  });
});

describe('brokers that do not answer', () => {
  it('make it not connected within half a minute, the lag unknown, aloud once; and all ends with an answer', async () => {
    const owned = own(0, 20);
    await pass(10);
    answers = false;
    await pass(19);
    expect(watch.state).toMatchObject({ connected: true, reason: null });
    await pass(7);
    expect(watch.state.connected).toBe(false);
    expect(watch.state.reason).toMatch(/^no broker answers since 20.*; bootstrap servers b:1$/);
    await pass(30);
    expect(owned.lag).toBeUndefined();
    expect(lines).toMatchObject([{ level: 50, reason: watch.state.reason }]);
    answers = true;
    await pass(6);
    expect(watch.state).toMatchObject({ connected: true, reason: null });
    expect(owned.lag).toBe(30);
    expect(lines.slice(1)).toMatchObject([
      { level: 30, msg: expect.stringMatching(/^Kafka answers again after [56]\d s/) },
    ]);
  });

  it('are not asked for each partition in vain, one after the other', async () => {
    for (let partition = 0; partition < 20; partition++) own(partition);
    answers = false;
    await pass(5);
    expect(asked.filter((one) => one.startsWith('offsets'))).toHaveLength(1);
  });

  it('are nothing to talk about when the process ends', async () => {
    own(0);
    answers = false;
    isStopping = true;
    await pass(60);
    expect(lines).toEqual([]);
  });
});

it('one partition without a leader does not keep the others from being asked about, and is named', async () => {
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

it('a regular expression that matches nothing but what it may not is named while nothing is assigned', async () => {
  watch.close();
  topics = ['__consumer_offsets', 'app-dlq'].map((name) => topic({ name }));
  start('["^."]');
  await pass(6);
  expect(watch.state.reason).toMatch(/^there is no topic that \^\. of kafka.topics matches/);
  topics.push(topic({ name: 'app' }));
  await pass(6);
  expect(watch.state.reason).toBeNull();
});

it('before the first connection it is not connected, and asks nobody', async () => {
  native = null;
  await pass(60);
  expect(watch.state).toEqual({
    connected: false,
    reason: 'not connected to Kafka',
    lastContact: null,
    silentSeconds: null,
  });
  expect([asked, lines]).toEqual([[], []]);
});

it('before the first connection an advertised address that the client fails at is the reason', async () => {
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

it('nothing is asked any more once it is closed', async () => {
  watch.close();
  await pass(60);
  expect(asked).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
