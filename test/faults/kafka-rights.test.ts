import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { type Acl, allow, disallow } from '../support/kafka-protocol.ts';
import { type KafkaServer, startKafka } from '../support/kafka-server.ts';
import { openLab } from '../support/lab.ts';
import { freePort } from '../support/ports.ts';
import { NOT_READY, onceItSays, waitUntilReady } from '../support/readiness.ts';

const events = (count: number) => Array.from({ length: count }, (_, index) => agentEvent(index));

let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'logweir-rights-'))));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

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

  it.concurrent(
    'that are removed while it runs are each named, and consumption continues when they are granted again',
    async ({ onTestFinished }) => {
      const lab = await openLab({ kafka: broker.bootstrapServers, onTestFinished });
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
    },
    300_000,
  );

  it.concurrent(
    'that were never there are named too: on the group, and on the topic',
    async ({ onTestFinished }) => {
      const lab = await openLab({ kafka: broker.bootstrapServers, onTestFinished });
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
    },
    240_000,
  );
});

describe('an advertised address that cannot be reached', () => {
  it.concurrent.for(['kafka.invalid:9092', '127.0.0.1:1'])(
    '%s is named, with what to do',
    { timeout: 180_000 },
    async (address, { onTestFinished }) => {
      const port = await freePort();
      const broker = await startKafka({
        runDirectory: join(directory, `advertised-${port}`),
        port,
        properties: { 'advertised.listeners': `PLAINTEXT://${address}` },
      });
      try {
        const lab = await openLab({ onTestFinished });
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
  );
});
