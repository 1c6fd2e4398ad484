import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafka from '@confluentinc/kafka-javascript';
import type { Metadata } from '@confluentinc/kafka-javascript';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Checked, runCheck } from '../support/check.ts';
import { called } from '../support/kafka-client.ts';
import { type Acl, allow, produceRaw } from '../support/kafka-protocol.ts';
import { type KafkaServer, startKafka } from '../support/kafka-server.ts';
import { committedOffsets } from '../support/committed-offsets.ts';
import { freePort } from '../support/ports.ts';
import { createTopic, uniqueName, waitFor } from '../support/topics.ts';

/** Users of the broker: each misses something. Their password is `rushing-river`. */
const RIGHTS: Record<string, readonly Omit<Acl, 'user'>[]> = {
  complete: [],
  unread: [{ resource: 'topic', name: 'logs', operation: 'describe' }],
  blind: [],
  loner: [{ resource: 'group', name: 'weir', operation: 'describe' }],
  stranger: [],
  reader: [{ resource: 'topic', name: 'logs-dlq', operation: 'describe' }],
  lost: [],
};
const LACKS: Record<string, 'topic' | 'group' | 'dlq'> = {
  unread: 'topic',
  blind: 'topic',
  loner: 'group',
  stranger: 'group',
  reader: 'dlq',
  lost: 'dlq',
};
const FULL: Record<'topic' | 'group' | 'dlq', Omit<Acl, 'user'>> = {
  topic: { resource: 'topic', name: 'logs', operation: 'read' },
  group: { resource: 'group', name: 'weir', operation: 'read' },
  dlq: { resource: 'topic', name: 'logs-dlq', operation: 'write' },
};

let directory: string;
let broker: KafkaServer;
let secured: string;
let misadvertised: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'logweir-check-'));
  const [plain, sasl, other, controller] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  [secured, misadvertised] = [`127.0.0.1:${sasl}`, `127.0.0.1:${other}`];
  const own = `PLAINTEXT://127.0.0.1:${plain},SECURED://${secured}`;
  const users = Object.keys(RIGHTS).map((user) => `user_${user}="rushing-river"`);
  broker = await startKafka({
    runDirectory: join(directory, 'kafka'),
    port: plain,
    properties: {
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      listeners: `${own},WRONG://${misadvertised},CONTROLLER://127.0.0.1:${controller}`,
      'advertised.listeners': `${own},WRONG://broker.invalid:9092`,
      'listener.security.protocol.map':
        'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,WRONG:PLAINTEXT,SECURED:SASL_PLAINTEXT',
      'listener.name.secured.sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.secured.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${users.join(' ')};`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  });
  for (const topic of ['logs', 'logs-dlq']) await createTopic(broker.bootstrapServers, topic, 2);
  const acls = Object.entries(RIGHTS).flatMap(([user, rights]) => {
    const full = (['topic', 'group', 'dlq'] as const).filter((one) => one !== LACKS[user]);
    return [...rights, ...full.map((one) => FULL[one])].map((right) => ({ ...right, user }));
  });
  await allow(broker.bootstrapServers, acls);
  const values = ['{"message":"one"}', '{"message":"two"}'];
  const records = values.map((value) => ({ key: null, value: Buffer.from(value), headers: [] }));
  await produceRaw(broker.bootstrapServers, 'logs', 1, records);
}, 240_000);

afterAll(async () => {
  await (broker as KafkaServer | undefined)?.stop();
  rmSync(directory, { recursive: true, force: true });
});

function as(user: string, password = 'rushing-river'): object {
  const sasl = { mechanism: 'PLAIN', username: user, password };
  return { bootstrap_servers: secured, topics: ['logs'], group_id: 'weir', sasl };
}

async function checked(kafkaSection: object, sections: object = {}): Promise<Checked> {
  const elasticsearch = { endpoints: [inject('elasticsearch')], index: uniqueName('check') };
  const found = await runCheck({ kafka: kafkaSection, elasticsearch, ...sections });
  expect(found.text).not.toContain('rushing-river');
  return found;
}

it('a user with Read on topic and group and Write on the dead-letter topic passes, and nothing is changed', async () => {
  const { code, of, failed } = await checked(as('complete'));
  expect(failed).toEqual([]);
  expect(code).toBe(0);
  const names = [
    'kafka.brokers',
    'kafka.login',
    'kafka.advertised',
    'kafka.topics',
    'kafka.topic_acl',
    'kafka.group_acl',
    'kafka.group',
    'dead_letter.topic',
    'transforms.load',
    'transforms.records',
    'elasticsearch.endpoint',
    'elasticsearch.product',
  ];
  expect(names.filter((name) => of(name)?.result !== 'ok')).toEqual([]);
  expect(of('kafka.topics')?.message).toBe('the topic logs exists, with 2 partitions');
  expect(of('transforms.records')?.message).toBe('the newest 2 records pass the transforms');
  expect(await committedOffsets(broker.bootstrapServers, 'weir', 'logs', 2)).toEqual([-1, -1]);
});

it.each([
  ['unread', 'kafka.topic_acl', 'the ACL Read on topic logs is missing'],
  [
    'blind',
    'kafka.topic_acl',
    'the ACL Read (and Describe) on topic logs is missing, or the topic does not exist',
  ],
  ['loner', 'kafka.group_acl', 'the ACL Read on group weir is missing'],
  ['stranger', 'kafka.group_acl', 'the ACL Read (and Describe) on group weir is missing'],
  ['reader', 'dead_letter.topic', 'the ACL Write on the dead-letter topic logs-dlq is missing'],
  ['lost', 'dead_letter.topic', 'the ACL Write on the dead-letter topic logs-dlq is missing'],
])('a missing ACL is named, of user %s: %s', async (user, name, message) => {
  const { code, of, failed } = await checked(as(user));
  expect(of(name)).toMatchObject({ result: 'failed', message, remedy: expect.stringMatching(/^Grant /) });
  expect(failed.map(({ check }) => check)).toEqual([name]);
  expect(code).toBe(1);
});

it('a rejected login is named, without its password', async () => {
  const { code, of, text } = await checked(as('complete', 'muddy-puddle'));
  expect(of('kafka.login')).toMatchObject({
    result: 'failed',
    message: expect.stringContaining('reject the login'),
  });
  expect(of('kafka.topics')).toMatchObject({ result: 'warning' });
  expect(of('elasticsearch.endpoint')).toMatchObject({ result: 'ok' });
  expect(text).not.toContain('muddy-puddle');
  expect(code).toBe(1);
});

it('an advertised address that cannot be resolved is named', async () => {
  const { of } = await checked({ bootstrap_servers: misadvertised, topics: ['logs'], group_id: 'weir' });
  expect(of('kafka.advertised')).toMatchObject({
    result: 'failed',
    message: expect.stringContaining('broker.invalid:9092 cannot be resolved here'),
  });
});

it('topics that do not exist, and a regular expression without a match, are named; missing dead-letter topics warn', async () => {
  const topics = ['logs', 'absent', '^nothing-.*'];
  const { of, all } = await checked({ bootstrap_servers: broker.bootstrapServers, topics, group_id: 'weir' });
  expect(
    all.filter(({ check }) => check === 'kafka.topics').map(({ result, message }) => `${result} ${message}`),
  ).toEqual([
    'ok the topic logs exists, with 2 partitions',
    'failed the topic absent does not exist',
    'failed no topic that this user can see matches ^nothing-.*',
  ]);
  const letters = all.filter(({ check }) => check === 'dead_letter.topic').map(({ result }) => result);
  expect(letters).toEqual(['ok', 'warning']);
  expect(of('transforms.records')).toMatchObject({ result: 'ok' });
});

it('a member with another assignment protocol is named', async () => {
  const member = new kafka.KafkaConsumer(
    {
      'bootstrap.servers': broker.bootstrapServers,
      'group.id': 'weir',
      'client.id': 'vector',
      'partition.assignment.strategy': 'range',
    },
    {},
  );
  member.on('event.error', () => {});
  await called<Metadata>((callback) => member.connect({ timeout: 30_000 }, callback));
  member.subscribe(['logs']);
  member.consume();
  try {
    const hasPartitions = (): boolean => member.assignments().length > 0;
    await waitFor(hasPartitions, { timeoutMs: 60_000, what: 'the member to have partitions' });
    const { code, of } = await checked(as('complete'));
    expect(of('kafka.group')).toMatchObject({
      result: 'failed',
      message:
        'group weir has 1 member (vector at 127.0.0.1) with the assignment protocol range; ' +
        'Logweir uses cooperative-sticky, and cannot join them',
    });
    expect(code).toBe(1);
  } finally {
    await new Promise((resolve) => member.disconnect(resolve));
  }
});

it('with everything broken all is said in time: a hanging transform, and no Elasticsearch', async () => {
  const hang = join(directory, 'hang.js');
  writeFileSync(hang, 'export default (event) => { for (;;) event.n = 1; };\n');
  const { code, of, ms } = await checked(as('complete'), {
    transforms: [{ use: hang }],
    elasticsearch: { endpoints: ['http://127.0.0.1:1', 'http://nowhere.invalid:9200'] },
  });
  expect(of('transforms.records')).toMatchObject({
    result: 'failed',
    message: expect.stringMatching(/^transform .*hang\.js does not finish with record logs:1:\d$/),
  });
  const failures = of('elasticsearch.endpoint');
  expect(failures).toMatchObject({ result: 'failed', message: expect.stringContaining('ECONNREFUSED') });
  expect(of('elasticsearch.target')).toMatchObject({ result: 'warning' });
  expect(code).toBe(1);
  expect(ms).toBeLessThan(30_000);
});

it('without a broker it ends in time, and the transforms are still loaded', async () => {
  const { code, of } = await checked(
    { bootstrap_servers: `127.0.0.1:${await freePort()}`, topics: ['logs'] },
    { transforms: [{ use: './absent.ts' }] },
  );
  expect(of('kafka.brokers')).toMatchObject({
    result: 'failed',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  expect(of('transforms.load')).toMatchObject({
    result: 'failed',
    message: expect.stringContaining('absent.ts'),
  });
  expect(code).toBe(1);
});
