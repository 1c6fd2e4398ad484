import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { type KafkaServer, startKafka } from '../support/kafka-server.ts';
import { openLab } from '../support/lab.ts';
import { NOT_READY, isReady, onceItSays, waitUntilReady } from '../support/readiness.ts';
import { createTopic, uniqueName, waitFor } from '../support/topics.ts';

const events = (count: number) => Array.from({ length: count }, (_, index) => agentEvent(index));

let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'logweir-away-'))));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

type Step = (broker: KafkaServer) => Promise<void> | void;

describe('a broker that is away', () => {
  it.concurrent.for<[string, Step, Step]>([
    ['killed', (broker) => broker.kill(), (broker) => broker.start()],
    ['that hangs', (broker) => broker.suspend(), (broker) => broker.resume()],
  ])(
    '%s makes the instance not ready with a reason, the lag unknown, and all comes back by itself',
    { timeout: 240_000 },
    async ([name, leave, comeBack], { onTestFinished }) => {
      const broker = await startKafka({ runDirectory: join(directory, name) });
      onTestFinished(() => broker.stop());
      const lab = await openLab({ kafka: broker.bootstrapServers, onTestFinished });
      await lab.ledger.produce(lab.topic, events(10));
      const logweir = lab.start();
      await lab.waitForLagZero();
      await logweir.waitUntil(() => isReady(logweir), 'ready');
      const lag = `logweir_kafka_consumer_lag{topic="${lab.topic}",partition="0"}`;
      expect(await logweir.metric(lag)).toBe(0);
      expect(await logweir.metric('logweir_kafka_connected')).toBe(1);
      await leave(broker);
      try {
        expect(
          await onceItSays(
            logweir,
            new RegExp(`^no broker answers since 20.*bootstrap servers ${broker.bootstrapServers}`),
          ),
        ).toEqual(NOT_READY);
        await logweir.waitForLog('cannot read records from Kafka');
        expect((await logweir.status()).kafka).toMatchObject({ connected: false, lag: null });
        expect(await logweir.metric('logweir_kafka_connected')).toBe(0);
        expect(await logweir.metric('logweir_kafka_last_contact_seconds')).toBeGreaterThan(5);
        await logweir.waitUntil(async () => (await logweir.metric(lag)) === undefined, 'the lag to go');
      } finally {
        await comeBack(broker);
      }
      await waitUntilReady(logweir);
      expect(
        logweir.log().filter(({ msg }) => msg?.startsWith('cannot read records from Kafka')),
      ).toHaveLength(1);
      await logweir.waitForLog('Kafka answers again');
      await lab.ledger.produce(lab.topic, events(10));
      await lab.waitForLagZero();
    },
  );
});

describe('nothing to be read', () => {
  it.concurrent(
    'because the topic does not exist: not ready, and the topic is named; once it exists consumption continues',
    async ({ onTestFinished }) => {
      const lab = await openLab({ onTestFinished });
      const absent = uniqueName('absent');
      const logweir = lab.start({ kafka: { topics: [absent] } });
      expect(
        await onceItSays(logweir, new RegExp(`^the topic ${absent} of kafka.topics does not exist`)),
      ).toEqual(NOT_READY);
      await createTopic(lab.kafka, absent, 1);
      await waitUntilReady(logweir);
      await logweir.waitForPartitions(1);
    },
    120_000,
  );

  it.concurrent(
    'as no topic matches',
    async ({ onTestFinished }) => {
      const lab = await openLab({ onTestFinished });
      const pattern = `^${uniqueName('absent')}`;
      const logweir = lab.start({ kafka: { topics: [pattern] } });
      expect(
        await onceItSays(logweir, /^there is no topic that \^absent-[0-9a-f]+ of kafka.topics matches/),
      ).toEqual(NOT_READY);
    },
    120_000,
  );

  it.concurrent(
    'as there are more members than partitions, or all is read, or Elasticsearch is away: connected, and no fault of Kafka',
    async ({ onTestFinished }) => {
      const lab = await openLab({ partitions: 1, onTestFinished });
      const [one, other] = [lab.start(), lab.start()];
      for (const member of [one, other]) await waitUntilReady(member);
      const owners = async (): Promise<number[]> =>
        Promise.all([one, other].map(async (member) => (await member.status()).kafka.partitions.length));
      await waitFor(async () => (await owners()).toSorted((a, b) => a - b).join() === '0,1', {
        timeoutMs: 30_000,
        what: 'one owner',
      });
      lab.proxy.rule(() => true, { answer: async () => ({ status: 503, body: {} }) });
      await lab.ledger.produce(lab.topic, events(10));
      const began = Date.now();
      const states: string[] = [];
      // Longer than brokers may be silent.
      const isOver = async (): Promise<boolean> => {
        for (const member of [one, other]) {
          const { kafka } = await member.status();
          states.push(`${String(kafka.connected)} ${kafka.reason ?? 'well'}`);
        }
        return Date.now() - began > 35_000;
      };
      await waitFor(isOver, { timeoutMs: 60_000, what: 'some time to pass', everyMs: 500 });
      expect([...new Set(states)]).toEqual(['true well']);
    },
    180_000,
  );
});
