import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { type Acl, allow, disallow } from '../support/kafka-protocol.ts';
import { type KafkaServer, startKafka } from '../support/kafka-server.ts';
import { openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';
import { freePort } from '../support/ports.ts';
import { createTopic, uniqueName, waitFor } from '../support/topics.ts';

const events = (count: number) => Array.from({ length: count }, (_, index) => agentEvent(index));
const ready = async (logweir: Logweir): Promise<number> => (await logweir.get('/health/ready')).status;
const alive = async (logweir: Logweir): Promise<number> => (await logweir.get('/health/live')).status;
/** Half a minute, and what a loaded machine adds. */
const SEEN_MS = 45_000;
const NOT_READY = { ready: 503, live: 200 };

let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'logweir-away-'))));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What the endpoints answer once the instance says that this keeps it from reading. */
async function onceItSays(logweir: Logweir, reason: RegExp): Promise<{ ready: number; live: number }> {
  const isSaid = async (): Promise<boolean> => {
    const { kafka, reason: whole } = await logweir.status();
    return reason.test(kafka.reason ?? '') && (whole ?? '').includes(kafka.reason ?? '?');
  };
  await logweir.waitUntil(isSaid, String(reason), SEEN_MS);
  return { ready: await ready(logweir), live: await alive(logweir) };
}

async function waitUntilReady(logweir: Logweir): Promise<void> {
  await logweir.waitUntil(async () => (await ready(logweir)) === 200, 'ready', 60_000);
  expect((await logweir.status()).kafka).toMatchObject({ connected: true, reason: null });
}

describe('a broker that is away', () => {
  let broker: KafkaServer;
  beforeAll(async () => {
    broker = await startKafka({ runDirectory: join(directory, 'plain') });
  });
  afterAll(() => (broker as KafkaServer | undefined)?.stop());

  it.each<[string, () => Promise<void> | void, () => Promise<void> | void]>([
    ['killed', () => broker.kill(), () => broker.start()],
    ['that hangs', () => broker.suspend(), () => broker.resume()],
  ])(
    '%s makes the instance not ready with a reason, the lag unknown, and all comes back by itself',
    async (_name, leave, comeBack) => {
      const lab = await openLab({ kafka: broker.bootstrapServers });
      await lab.ledger.produce(lab.topic, events(10));
      const logweir = lab.start();
      await lab.waitForLagZero();
      await logweir.waitUntil(async () => (await ready(logweir)) === 200, 'ready');
      const lag = `logweir_kafka_consumer_lag{topic="${lab.topic}",partition="0"}`;
      expect(await logweir.metric(lag)).toBe(0);
      expect(await logweir.metric('logweir_kafka_connected')).toBe(1);
      await leave();
      try {
        expect(
          await onceItSays(
            logweir,
            new RegExp(`^no broker answers since 20.*bootstrap servers ${broker.bootstrapServers}`),
          ),
        ).toEqual(NOT_READY);
        await logweir.waitForLog('records of Kafka cannot be read');
        expect((await logweir.status()).kafka).toMatchObject({ connected: false, lag: null });
        expect(await logweir.metric('logweir_kafka_connected')).toBe(0);
        expect(await logweir.metric('logweir_kafka_last_contact_seconds')).toBeGreaterThan(15);
        await logweir.waitUntil(async () => (await logweir.metric(lag)) === undefined, 'the lag to go');
      } finally {
        await comeBack();
      }
      await waitUntilReady(logweir);
      expect(
        logweir.log().filter(({ msg }) => msg?.startsWith('records of Kafka cannot be read')),
      ).toHaveLength(1);
      await logweir.waitForLog(/^Kafka answers again after \d+ s/);
      await lab.ledger.produce(lab.topic, events(10));
      await lab.waitForLagZero();
    },
    240_000,
  );
});

describe('rights', () => {
  let broker: KafkaServer;
  let secured: string;
  beforeAll(async () => {
    const [plain, sasl, controller] = [await freePort(), await freePort(), await freePort()];
    secured = `127.0.0.1:${sasl}`;
    const listeners = `PLAINTEXT://127.0.0.1:${plain},SECURED://${secured}`;
    const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
    broker = await startKafka({
      runDirectory: join(directory, 'acls'),
      port: plain,
      properties: {
        'controller.quorum.voters': `1@127.0.0.1:${controller}`,
        listeners: `${listeners},CONTROLLER://127.0.0.1:${controller}`,
        'advertised.listeners': listeners,
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_PLAINTEXT',
        'listener.name.secured.sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.secured.plain.sasl.jaas.config': `${login} user_alice="alice-secret";`,
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
      },
    });
  });
  afterAll(() => (broker as KafkaServer | undefined)?.stop());

  const alice = {
    bootstrap_servers: '',
    sasl: { mechanism: 'PLAIN', username: 'alice', password: 'alice-secret' },
    librdkafka_options: { 'topic.metadata.refresh.interval.ms': 1000 },
  };
  const acl = (resource: Acl['resource'], name: string, operation: Acl['operation'] = 'read'): Acl => ({
    resource,
    name,
    operation,
    user: 'alice',
  });

  it('that are taken away while it runs are named, each, and all goes on when they are given back', async () => {
    const lab = await openLab({ kafka: broker.bootstrapServers });
    const [read, describing] = [acl('topic', lab.topic), acl('topic', lab.topic, 'describe')];
    const group = acl('group', lab.group);
    await allow(lab.kafka, [read, group]);
    await lab.ledger.produce(lab.topic, events(30));
    const logweir = lab.start({ kafka: { ...alice, bootstrap_servers: secured } });
    await lab.waitForLagZero();
    await waitUntilReady(logweir);

    await allow(lab.kafka, [describing]);
    await disallow(lab.kafka, [read]);
    expect(await onceItSays(logweir, new RegExp(`^the ACL Read on topic ${lab.topic} is missing`))).toEqual(
      NOT_READY,
    );
    await disallow(lab.kafka, [describing]);
    expect(
      await onceItSays(
        logweir,
        new RegExp(`^the ACL Read \\(and Describe\\) on topic ${lab.topic} is missing`),
      ),
    ).toEqual(NOT_READY);
    await allow(lab.kafka, [read]);
    await waitUntilReady(logweir);

    await disallow(lab.kafka, [group]);
    await lab.ledger.produce(lab.topic, events(30));
    expect(await onceItSays(logweir, new RegExp(`^the ACL Read on group ${lab.group} is missing`))).toEqual(
      NOT_READY,
    );
    await allow(lab.kafka, [group]);
    await waitUntilReady(logweir);
    await lab.waitForLagZero();
  }, 300_000);

  it('that were never there are named too: on the group, and on the topic', async () => {
    const lab = await openLab({ kafka: broker.bootstrapServers });
    await allow(lab.kafka, [acl('topic', lab.topic)]);
    const logweir = lab.start({ kafka: { ...alice, bootstrap_servers: secured } });
    expect(await onceItSays(logweir, new RegExp(`^the ACL Read on group ${lab.group} is missing`))).toEqual(
      NOT_READY,
    );
    await disallow(lab.kafka, [acl('topic', lab.topic)]);
    await allow(lab.kafka, [acl('group', lab.group)]);
    expect(
      await onceItSays(
        logweir,
        new RegExp(`^the ACL Read \\(and Describe\\) on topic ${lab.topic} is missing`),
      ),
    ).toEqual(NOT_READY);
    await allow(lab.kafka, [acl('topic', lab.topic)]);
    await waitUntilReady(logweir);
    await logweir.waitForPartitions(3);
  }, 240_000);
});

describe('an address that brokers advertise and nobody can reach', () => {
  it.each(['kafka.invalid:9092', '127.0.0.1:1'])(
    '%s is named, with what to do',
    async (address) => {
      const port = await freePort();
      const broker = await startKafka({
        runDirectory: join(directory, `advertised-${port}`),
        port,
        properties: { 'advertised.listeners': `PLAINTEXT://${address}` },
      });
      try {
        const lab = await openLab();
        const logweir = lab.start({ kafka: { bootstrap_servers: broker.bootstrapServers } });
        expect(
          await onceItSays(
            logweir,
            new RegExp(
              `a broker advertises the address ${address}, which cannot be .*advertised\\.listeners`,
            ),
          ),
        ).toEqual(NOT_READY);
      } finally {
        await broker.stop();
      }
    },
    180_000,
  );
});

describe('nothing to be read', () => {
  it('as the topic does not exist: not ready, and the name is said; once it is there all goes on', async () => {
    const lab = await openLab();
    const absent = uniqueName('absent');
    const logweir = lab.start({ kafka: { topics: [absent] } });
    expect(
      await onceItSays(logweir, new RegExp(`^the topic ${absent} of kafka.topics does not exist`)),
    ).toEqual(NOT_READY);
    await createTopic(lab.kafka, absent, 1);
    await waitUntilReady(logweir);
    await logweir.waitForPartitions(1);
  }, 120_000);

  it('as no topic matches', async () => {
    const lab = await openLab();
    const pattern = `^${uniqueName('absent')}`;
    const logweir = lab.start({ kafka: { topics: [pattern] } });
    expect(
      await onceItSays(logweir, /^there is no topic that \^absent-[0-9a-f]+ of kafka.topics matches/),
    ).toEqual(NOT_READY);
  }, 120_000);

  it('as there are more members than partitions, or all is read, or Elasticsearch is away: connected, and no fault of Kafka', async () => {
    const lab = await openLab({ partitions: 1 });
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
  }, 180_000);
});
