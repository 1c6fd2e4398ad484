import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { logweirCommand } from '../support/command.ts';
import { openLab } from '../support/lab.ts';
import { root } from '../support/paths.ts';
import { freePort } from '../support/ports.ts';
import { readTopic } from '../support/topic-reader.ts';
import { createTopic, endOffsets, uniqueName } from '../support/topics.ts';

interface Example {
  readonly kafka: { readonly topics: [string] };
  readonly transforms: readonly object[];
  readonly elasticsearch: { readonly index: string };
}

/** The configuration that README.md shows, which people copy. */
const shown = /^```yaml\n(kafka:.*?)^```/ms.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? '';
const example = join(root, 'logweir.example.yaml');

/** Events of Vector agents, of which some do not agree about the type of a field, or have a label below another one. */
const line = (message: object | string): string =>
  typeof message === 'string' ? message : JSON.stringify(message);
const file = (message: object | string): object => ({
  file: '/var/log/app/shop.log',
  host: 'web-1',
  message: line(message),
  source_type: 'file',
  timestamp: '2026-10-02T06:00:00.123456789Z',
});
const kubernetes = (labels: object, others: object): object => ({
  file: '/var/log/pods/a/0.log',
  kubernetes: { pod_name: 'a', pod_labels: labels, ...others },
  message: 'ready',
  source_type: 'kubernetes_logs',
  stream: 'stdout',
  timestamp: '2026-10-02T06:00:01Z',
});
const docker = (label: object): object => ({
  container_id: '1f',
  container_name: 'a',
  host: 'node-1',
  label,
  message: 'ready',
  source_type: 'docker_logs',
  stream: 'stderr',
  timestamp: '2026-10-02T06:00:02Z',
});
const syslog = (fields: object): object => ({
  appname: 'cron',
  facility: 'cron',
  host: 'fw-1',
  hostname: 'fw-1',
  message: 'run',
  severity: 'info',
  source_ip: '192.0.2.7',
  source_type: 'syslog',
  timestamp: '2026-10-02T06:00:03Z',
  ...fields,
});
const events = [
  file({ level: 'warn', time: 1759384800123, msg: 'slow', duration: 41, ok: true, pid: 7 }),
  file({ level: 40, time: 1759384800124, msg: 'slow', duration: '41ms', ok: 'yes', pid: '-' }),
  file('{"level":30,"amount":1e400,"id":12345678901234567890123,"share":0.1234567890123456789012}'),
  file({ level: null, amount: 12.5, id: 3, share: 'none', codes: [1, 'E2', false] }),
  file({ user: { id: 1, admin: false } }),
  file({ user: { id: 'u-1', admin: 0 } }),
  file('GET / 200'),
  kubernetes(
    { app: 'cart', 'app.kubernetes.io/name': 'cart' },
    {
      namespace_labels: { team: 'a', 'team.example.com/lead': 'b' },
      node_labels: { 'kubernetes.io/arch': 'arm64' },
    },
  ),
  kubernetes(
    { 'app.kubernetes.io/name': 'pay', 'app.kubernetes.io': 'x' },
    { namespace_labels: { 'team.example.com': 'c' }, pod_annotations: { a: '1', 'a.b': '2' } },
  ),
  docker({ app: 'pay', 'app.version': '2', 'com.example.team': 'pay' }),
  docker({ 'com.example': 'x' }),
  syslog({ procid: 8123, version: 1, msgid: 'ID1', 'own@32473': { iut: '3' } }),
  syslog({ procid: '-', version: '1', msgid: 47 }),
  {
    PRIORITY: '6',
    SYSLOG_IDENTIFIER: 'sshd',
    _PID: '42',
    host: 'bastion',
    message: 'Accepted',
    source_type: 'journald',
    timestamp: '2026-10-02T06:00:04Z',
  },
].map((event) => JSON.stringify(event));

describe('the configuration that README.md shows', () => {
  it('is the one in logweir.example.yaml', () => {
    expect(parse(shown)).toEqual(parse(readFileSync(example, 'utf8')));
  });

  it.each([
    ['as they come', events],
    ['the other way round', events.toReversed()],
  ])(
    'indexes all events of agents into a fresh index, %s: nothing is dead-lettered',
    async (_name, lines) => {
      const { transforms, elasticsearch } = parse(shown) as Example;
      const lab = await openLab({ partitions: 1 });
      await lab.ledger.produce(lab.topic, lines);
      const index = elasticsearch.index.replace('app-logs', lab.index);
      const logweir = lab.start({ transforms, elasticsearch: { index } });
      await lab.waitForLagZero();
      expect(await readTopic(lab.kafka, `${lab.topic}-dlq`)).toEqual([]);
      expect((await logweir.status()).records).toMatchObject({ indexed: events.length, dead_lettered: 0 });
      const found = `${lab.elasticsearch}/${lab.index}-2026.10.02`;
      await fetch(`${found}/_refresh`, { method: 'POST' });
      const texts = await (await fetch(`${found}/_search?size=100`)).text();
      expect(texts).toContain(
        '"amount":"1e400","id":"12345678901234567890123","share":"0.1234567890123456789012"',
      );
      const { hits } = JSON.parse(texts) as { hits: { hits: { _source: { app?: object } }[] } };
      expect(hits.hits).toHaveLength(events.length);
      expect(hits.hits.map(({ _source: { app } }) => app)).toContainEqual({
        level: '40',
        time: '1759384800124',
        msg: 'slow',
        duration: '41ms',
        ok: 'yes',
        pid: '-',
      });
    },
  );
});

describe('logweir produce', () => {
  const env = (): Record<string, string> => ({ KAFKA_BOOTSTRAP_SERVERS: inject('kafka') });
  const command = (...options: string[]): string[] => ['produce', '-c', example, ...options];

  it('creates the topic, writes each line as it is, and says how many', async () => {
    const topic = uniqueName('produced');
    const options = ['--topic', topic, '--create', '--partitions', '3'];
    const lines = Array.from({ length: 20_000 }, (_, n) => `{ "n":${n}, "big":9007199254740993 }`);
    const first = await logweirCommand(command(...options), {
      input: `${lines.join('\n')}\n\nnot json`,
      env: env(),
    });
    expect(first.stdout).toBe(`the topic ${topic} is created\n20001 records produced to ${topic}\n`);
    expect(first.code).toBe(0);
    const values = (await readTopic(inject('kafka'), topic)).map(({ value }) => String(value));
    expect(values.toSorted()).toEqual([...lines, 'not json'].toSorted());
    const ends = await endOffsets(inject('kafka'), topic, 3);
    expect(ends.reduce((sum, end) => sum + end, 0)).toBe(20_001);
    const again = await logweirCommand(command(...options), { input: '{}', env: env() });
    expect(again.stdout).toBe(
      `the topic ${topic} exists already, and stays unchanged\n1 records produced to ${topic}\n`,
    );
  });

  it('a topic that is not there is told, and not made', async () => {
    const topic = uniqueName('absent');
    const told = await logweirCommand(command('--topic', topic), { input: '{}', env: env() });
    expect(told).toMatchObject({ code: 64, stdout: '' });
    expect(told.stderr).toContain(`there is no topic ${topic} on these brokers: --create creates it`);
    const again = await logweirCommand(command('--topic', topic), { input: '{}', env: env() });
    expect(again.code).toBe(64);
  });

  it('a line that is too large for the topic is named, and a file that is not there, and brokers that are away', async () => {
    const topic = uniqueName('small');
    await createTopic(inject('kafka'), topic, 1, { 'max.message.bytes': '1000' });
    const large = JSON.stringify({ text: Array.from({ length: 2000 }, (_, n) => n * 7919).join('') });
    const input = `{}\n\n${large}\n`;
    const many = `${JSON.stringify({ text: 'x'.repeat(900) })}\n`.repeat(50);
    const fits = await logweirCommand(command('--topic', topic), { input: many, env: env() });
    expect(fits.stdout).toBe(`50 records produced to ${topic}\n`);
    const told = await logweirCommand(command('--topic', topic), { input, env: env() });
    expect(told.code).toBe(69);
    expect(told.stderr).toContain('line 3 cannot be written: it is larger than the topic allows');
    const missing = await logweirCommand(command('--topic', topic, '/no/such/file'), { env: env() });
    expect(missing).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('the input cannot be read: ENOENT'),
    });
    const port = await freePort();
    const away = { KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${port}` };
    const unreachable = await logweirCommand(command('--topic', topic), { input: '{}', env: away });
    expect(unreachable.code).toBe(69);
    expect(unreachable.stderr).toContain(`cannot reach Kafka at 127.0.0.1:${port}`);
  });
});
