import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafka, { type Metadata } from '@confluentinc/kafka-javascript';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeCertificates } from '../support/certificates.ts';
import { logweirCommand } from '../support/command.ts';
import { agentEvent } from '../support/events.ts';
import { feed } from '../support/feed.ts';
import { called } from '../support/kafka-client.ts';
import { type Acl, allow, disallow } from '../support/kafka-protocol.ts';
import { type KafkaServer, startKafka } from '../support/kafka-server.ts';
import { openLab } from '../support/lab.ts';
import { freePort } from '../support/ports.ts';
import { startSecureElasticsearch } from '../support/secure-elasticsearch.ts';
import { TOLD_MS, untold, untoldByCheck } from '../support/told.ts';
import { uniqueName, waitFor } from '../support/topics.ts';

const PASSWORD = 'rushing-river-7';

let directory: string;
beforeAll(() => void (directory = mkdtempSync(join(tmpdir(), 'logweir-told-'))));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it.concurrent(
  'an Elasticsearch whose shards are all in use, and one that rejects the login with 401, are told',
  { timeout: 240_000 },
  async ({ onTestFinished }) => {
    const certificates = makeCertificates(join(directory, 'certificates'));
    const secure = await startSecureElasticsearch(join(directory, 'elasticsearch'), certificates);
    onTestFinished(async () => await secure.server.close());
    const user = { name: 'writer', password: PASSWORD, indices: 'logs*', privileges: ['all'] };
    secure.setUsers([user]);
    const lab = await openLab({ partitions: 1, elasticsearch: secure.url, onTestFinished });
    const { ca, client } = certificates;
    const index = `${lab.index}-{{kind}}`;
    const elasticsearch = {
      endpoints: [secure.url],
      index,
      auth: { username: user.name, password: PASSWORD },
      tls: { ca_file: ca, cert_file: client.cert, key_file: client.key },
    };
    await lab.ledger.produce(lab.topic, [{ kind: 'one' }]);
    const logweir = lab.start({ elasticsearch });
    await lab.waitForLagZero();
    const limit = async (shards: number | null): Promise<void> =>
      void (await secure.request('PUT', '/_cluster/settings', {
        persistent: { 'cluster.max_shards_per_node': shards },
      }));

    await limit(1);
    await lab.ledger.produce(lab.topic, [{ kind: 'other' }]);
    expect(
      await untold(
        logweir,
        lab.config({ elasticsearch: { ...elasticsearch, index: lab.index } }),
        {
          page: /^blocked: Blocked since .* cannot be delivered: .*validation_exception/,
          action: /What to do: .*shard/i,
          metrics: [/^logweir_held 1$/m, /^logweir_not_ready\{cause="records_blocked"\} 1$/m],
          log: ['blocked', /validation_exception.*this action would add .*max_shards_per_node/],
          check: ['elasticsearch.shards', 'failed', /of 1 shards are in use .*: no index can be created/],
        },
        performance.now(),
      ),
    ).toEqual([]);
    await limit(null);
    await lab.waitForLagZero();

    secure.setUsers([{ ...user, password: 'another-password' }]);
    const stop = feed(lab);
    onTestFinished(stop);
    expect(
      await untold(
        logweir,
        lab.config({ elasticsearch }),
        {
          page: /^blocked: Blocked since .* in all partitions cannot be delivered: .*401/,
          action: /What to do: Correct the login/,
          metrics: [/^logweir_held 1$/m, /^logweir_not_ready\{cause="elasticsearch_blocked"\} 1$/m],
          log: ['elasticsearch_blocked', /401/],
          check: ['elasticsearch.endpoint', 'failed', /rejects the login \(HTTP 401\)/],
        },
        performance.now(),
      ),
    ).toEqual([]);
    secure.setUsers([user]);
    const isOver = (): boolean => logweir.log().some(({ code }) => code === 'elasticsearch_recovered');
    await logweir.waitUntil(isOver, 'elasticsearch_recovered', 40_000);
  },
);

it.concurrent(
  'an ACL that is taken away, and brokers that are down, are told',
  { timeout: 240_000 },
  async ({ onTestFinished }) => {
    const [broker, secured] = await startSecured();
    onTestFinished(async () => await broker.stop());
    const lab = await openLab({ partitions: 1, kafka: broker.bootstrapServers, onTestFinished });
    const read: Acl = { resource: 'topic', name: lab.topic, operation: 'read', user: 'alice' };
    const group: Acl = { resource: 'group', name: lab.group, operation: 'read', user: 'alice' };
    await allow(lab.kafka, [read, group]);
    await lab.ledger.produce(lab.topic, [agentEvent(0)]);
    const sasl = { mechanism: 'PLAIN', username: 'alice', password: PASSWORD };
    const sections = { kafka: { bootstrap_servers: secured, sasl } };
    const logweir = lab.start(sections);
    await lab.waitForLagZero();
    const isUnavailable = [
      /^logweir_not_ready\{cause="kafka_unavailable"\} 1$/m,
      /^logweir_kafka_connected [01]$/m,
    ];

    await disallow(lab.kafka, [read]);
    expect(
      await untold(
        logweir,
        lab.config(sections),
        {
          page: /^blocked: No event flows: Kafka: the ACL Read \(and Describe\) on topic \S+ is missing: grant it/,
          action: /What to do: Remove this cause; consumption resumes by itself/,
          metrics: isUnavailable,
          log: ['kafka_unavailable', /the ACL Read .* is missing/],
          check: ['kafka.topic_acl', 'failed', /the ACL Read \(and Describe\) on topic \S+ is missing/],
        },
        performance.now(),
      ),
    ).toEqual([]);
    await allow(lab.kafka, [read]);
    await logweir.waitForLog('Kafka answers again', 60_000);

    await broker.kill();
    expect(
      await untold(
        logweir,
        lab.config(sections),
        {
          page: /^blocked: No event flows: Kafka: no broker answers since 20/,
          action: /What to do: Check that the brokers run/,
          metrics: [isUnavailable[0] as RegExp, /^logweir_kafka_connected 0$/m],
          log: ['kafka_unavailable', /no broker answers since/],
          check: ['kafka.brokers', 'failed', /ECONNREFUSED/],
        },
        performance.now(),
      ),
    ).toEqual([]);
    await broker.start();
    const isOver = (): boolean => logweir.log().filter(({ code }) => code === 'kafka_recovered').length === 2;
    await logweir.waitUntil(isOver, 'kafka_recovered', 60_000);
  },
);

it.concurrent('a topic that does not exist is told', { timeout: 240_000 }, async ({ onTestFinished }) => {
  const lab = await openLab({ partitions: 1, onTestFinished });
  const absent = uniqueName('absent');
  const logweir = lab.start({ kafka: { topics: [absent] } });
  await logweir.waitForLog(/^starting/);
  expect(
    await untold(
      logweir,
      lab.config({ kafka: { topics: [absent] } }),
      {
        page: new RegExp(
          `^blocked: No event flows: Kafka: the topic ${absent} of kafka.topics does not exist`,
        ),
        action: /What to do: Remove this cause/,
        metrics: [/^logweir_not_ready\{cause="kafka_unavailable"\} 1$/m],
        log: ['kafka_unavailable', new RegExp(absent)],
        check: ['kafka.topics', 'failed', new RegExp(`the topic ${absent} does not exist`)],
      },
      performance.now(),
    ),
  ).toEqual([]);
});

it.concurrent(
  'a member of the group with another assignment protocol is told',
  { timeout: 240_000 },
  async ({ onTestFinished }) => {
    const lab = await openLab({ partitions: 1, onTestFinished });
    const other = await otherMember(lab.kafka, lab.group, lab.topic);
    onTestFinished(async () => await new Promise((resolve) => other.disconnect(() => resolve())));
    const logweir = lab.start();
    await logweir.waitForLog(/^starting/);
    expect(
      await untold(
        logweir,
        lab.config(),
        {
          page: /^blocked: No event flows: Kafka: the group \S+ has members with another assignment protocol/,
          action: /What to do: Remove this cause/,
          metrics: [/^logweir_not_ready\{cause="kafka_unavailable"\} 1$/m],
          log: ['kafka_unavailable', /stop them, or use another kafka\.group_id/],
          check: ['kafka.group', 'failed', /\(vector at .*with the assignment protocol range/],
        },
        performance.now(),
      ),
    ).toEqual([]);
  },
);

it.concurrent(
  'a transform in an endless loop is told by the log, by top and check, and by the silence of page and metrics',
  { timeout: 240_000 },
  async ({ onTestFinished }) => {
    const lab = await openLab({ partitions: 1, onTestFinished });
    const hangs = `import { existsSync } from 'node:fs';
      const end = new URL('./end', import.meta.url);
      export default (event) => { while (event.hang && !existsSync(end)); return event; };`;
    const transforms = [{ use: './hangs.js' }];
    await lab.ledger.produce(lab.topic, [agentEvent(0)]);
    const logweir = lab.start({ transforms }, { 'hangs.js': hangs });
    await lab.waitForLagZero();
    const { admin } = await logweir.waitForLog(/^starting/);
    const since = performance.now();
    await lab.ledger.produce(lab.topic, [{ hang: true }]);
    const isTold = (): boolean => logweir.log().some(({ code }) => code === 'event_loop_blocked');
    await logweir.waitUntil(isTold, 'event_loop_blocked', TOLD_MS);
    expect(performance.now() - since).toBeLessThan(TOLD_MS);
    expect(logweir.log().find(({ code }) => code === 'event_loop_blocked')).toMatchObject({
      transform: './hangs.js',
      record: { topic: lab.topic, partition: 0, offset: 1 },
    });
    const scraped = fetch(`${String(admin)}/metrics`, { signal: AbortSignal.timeout(3000) });
    await expect(scraped).rejects.toThrow(/timeout/);
    const use = join(logweir.directory, 'hangs.js');
    const top = await logweirCommand(['top', '--once', '--url', String(admin)]);
    expect(top.stderr).toMatch(/has not answered within 8 s: a transform may hang.*event_loop_blocked/s);
    const message = /hangs\.js does not finish with record \S+:0:1$/;
    const config = lab.config({ transforms: [{ use }] });
    expect(await untoldByCheck(config, ['transforms.records', 'failed', message])).toEqual([]);
    logweir.write('end', '');
    const isOver = (): boolean => logweir.log().some(({ code }) => code === 'event_loop_released');
    await logweir.waitUntil(isOver, 'event_loop_released', 20_000);
    await lab.waitForLagZero();
  },
);

async function startSecured(): Promise<[KafkaServer, string]> {
  const [plain, sasl, controller] = [await freePort(), await freePort(), await freePort()];
  const secured = `127.0.0.1:${sasl}`;
  const listeners = `PLAINTEXT://127.0.0.1:${plain},SECURED://${secured}`;
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  const broker = await startKafka({
    runDirectory: join(directory, 'kafka'),
    port: plain,
    properties: {
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      listeners: `${listeners},CONTROLLER://127.0.0.1:${controller}`,
      'advertised.listeners': listeners,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_PLAINTEXT',
      'listener.name.secured.sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.secured.plain.sasl.jaas.config': `${login} user_alice="${PASSWORD}";`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  });
  return [broker, secured];
}

/** As a Vector that still runs. */
async function otherMember(
  servers: string,
  group: string,
  topic: string,
): Promise<InstanceType<typeof kafka.KafkaConsumer>> {
  const member = new kafka.KafkaConsumer(
    {
      'bootstrap.servers': servers,
      'group.id': group,
      'client.id': 'vector',
      'partition.assignment.strategy': 'range',
    },
    {},
  );
  member.on('event.error', () => {});
  await called<Metadata>((callback) => member.connect({ timeout: 30_000 }, callback));
  member.subscribe([topic]);
  member.consume();
  const hasPartitions = (): boolean => member.assignments().length > 0;
  await waitFor(hasPartitions, { timeoutMs: 60_000, what: 'the member to have partitions' });
  return member;
}
