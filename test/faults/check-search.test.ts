import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { type Checked, runCheck } from '../support/check.ts';
import { type CommandResult, logweirCommand } from '../support/command.ts';
import { type SecureElasticsearch, startSecureElasticsearch } from '../support/secure-elasticsearch.ts';
import { type SecureOpenSearch, startSecureOpenSearch } from '../support/secure-opensearch.ts';
import { uniqueName } from '../support/topics.ts';

const PASSWORD = 'rushing-river-7';
const WRITE = ['index', 'create_index', 'indices:admin/mapping/put'];
const SEE = ['indices:admin/get', 'indices:admin/aliases/get', 'indices:admin/resolve/index'];
const MONITOR = ['cluster:monitor/main', 'cluster_monitor', 'indices:admin/index_template/*'];

let directory: string;
let certificates: Certificates;
let opensearch: SecureOpenSearch;
let elasticsearch: SecureElasticsearch;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'logweir-check-'));
  certificates = makeCertificates(join(directory, 'certificates'));
  const users = ['writer', 'viewer', 'silent'].map((name) => ({ name, password: PASSWORD, roles: [name] }));
  const indices = (...actions: readonly string[]) => [{ patterns: ['logs*', '.ds-logs*'], actions }];
  [opensearch, elasticsearch] = await Promise.all([
    startSecureOpenSearch(join(directory, 'opensearch'), certificates, users, {
      writer: { cluster: [...MONITOR, 'indices:data/write/bulk'], indices: indices(...WRITE, ...SEE) },
      viewer: { cluster: [...MONITOR, 'indices:data/write/bulk'], indices: indices(...SEE) },
      silent: { cluster: [], indices: [] },
    }),
    startSecureElasticsearch(join(directory, 'elasticsearch'), certificates),
  ]);
  elasticsearch.setUsers([
    { name: 'writer', password: PASSWORD, indices: 'logs*' },
    { name: 'viewer', password: PASSWORD, indices: 'logs*', privileges: ['view_index_metadata'] },
    { name: 'fixed', password: PASSWORD, indices: 'logs*', privileges: ['index', 'view_index_metadata'] },
    { name: 'elsewhere', password: PASSWORD, indices: 'other*' },
  ]);
  await opensearch.request('PUT', '/logs-here', { mappings: { properties: { message: { type: 'text' } } } });
}, 300_000);

afterAll(async () => {
  await Promise.all([
    (opensearch as SecureOpenSearch | undefined)?.server.close(),
    (elasticsearch as SecureElasticsearch | undefined)?.server.close(),
  ]);
  rmSync(directory, { recursive: true, force: true });
});

/** Kafka is away: its results are not looked at here. */
const NO_KAFKA = { bootstrap_servers: '127.0.0.1:1', topics: ['logs'] };

function login(url: string, username: string, password = PASSWORD): object {
  const { cert, key } = certificates.client;
  const tls = {
    ca_file: certificates.ca,
    ...(url === elasticsearch.url ? { cert_file: cert, key_file: key } : {}),
  };
  return { endpoints: [url], auth: { username, password }, tls };
}

async function checked(section: object, more: object = {}): Promise<Checked> {
  const found = await runCheck({ kafka: NO_KAFKA, elasticsearch: section, ...more });
  expect(found.text).not.toContain(PASSWORD);
  return found;
}

function results(found: Checked): Record<string, string> {
  return Object.fromEntries(
    found.all
      .filter(({ check }) => /^elasticsearch|^dead_letter/.test(check))
      .map(({ check, result }) => [check, result]),
  );
}

describe('an OpenSearch with roles', () => {
  const as = (user: string, more: object = {}): object => ({
    ...login(opensearch.url, user),
    index: 'logs-here',
    ...more,
  });

  it('a user who may write passes, and no document, field or index is made', async () => {
    const count = async (): Promise<unknown> => {
      await opensearch.request('POST', '/logs-here/_refresh');
      const { indices } = (await opensearch.request('GET', '/_stats/docs,indexing?level=indices')) as {
        indices: Record<string, { total: { docs: unknown; indexing: { index_total: number } } }>;
      };
      const mapping = await opensearch.request('GET', '/logs-here/_mapping');
      return [
        Object.keys(indices).filter((name) => !name.startsWith('.')),
        indices['logs-here']?.total.docs,
        mapping,
      ];
    };
    const before = await count();
    const found = await checked(as('writer'));
    expect(found.of('elasticsearch.product')).toMatchObject({
      message: expect.stringMatching(/^OpenSearch 2\.19/),
    });
    expect(results(found)).toMatchObject({
      'elasticsearch.endpoint': 'ok',
      'elasticsearch.product': 'ok',
      'elasticsearch.clock': 'ok',
      'elasticsearch.privileges': 'ok',
      'elasticsearch.target': 'ok',
      'elasticsearch.template': 'warning',
      'elasticsearch.mapping': 'warning',
      'elasticsearch.fields': 'ok',
      'elasticsearch.health': 'ok',
      'elasticsearch.shards': 'ok',
      'elasticsearch.blocks': 'ok',
    });
    expect(await count()).toEqual(before);
  });

  it('a user who may only look fails, and one without any role is not taken for good', async () => {
    const viewer = await checked(as('viewer'));
    expect(viewer.of('elasticsearch.privileges')).toMatchObject({
      result: 'failed',
      message: expect.stringMatching(
        /viewer.*may not write to the index: no permissions for \[indices:data\/write/,
      ),
    });
    const found = await checked(as('silent'));
    expect(found.of('elasticsearch.endpoint')).toMatchObject({ result: 'ok' });
    const silent = results(found);
    expect(silent['elasticsearch.product']).toBe('warning');
    const all = ['privileges', 'target', 'template', 'mapping', 'shards', 'disk', 'health'];
    expect(all.filter((name) => silent[`elasticsearch.${name}`] !== 'warning')).toEqual([]);
  });

  it('a target that is not there, and a wrong password', async () => {
    const absent = await checked(as('writer', { index: 'logs-absent' }));
    expect(absent.of('elasticsearch.privileges')).toMatchObject({ result: 'warning' });
    const wrong = await checked({ ...as('writer'), ...login(opensearch.url, 'writer', 'muddy-puddle-8') });
    expect(wrong.of('elasticsearch.endpoint')?.message).toMatch(/rejects the login \(HTTP 401\)$/);
    expect(wrong.code).toBe(1);
  });

  it('takes the template for an index and for a data stream, once and again', async () => {
    const admin = {
      endpoints: [opensearch.url],
      auth: { username: 'writer', password: PASSWORD },
      tls: { ca_file: certificates.ca },
    };
    for (const [section, name] of [
      [{ index: 'logs-app-{{@timestamp|yyyy.MM.dd}}' }, 'logweir-logs-app'],
      [{ mode: 'data_stream' }, 'logweir-logs-app-default'],
    ] as const) {
      const first = await template({ ...admin, ...section }, '--install', '--force');
      expect(first).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`creating the index template ${name}`),
      });
      expect((await template({ ...admin, ...section }, '--install', '--force')).stdout).toContain(
        'up to date',
      );
    }
    const labels = { app: 'a', 'app.kubernetes.io/name': 'b' };
    const event = { '@timestamp': '2026-01-01T00:00:00Z', kubernetes: { pod_labels: labels } };
    await opensearch.request('POST', '/logs-app-default/_doc', event);
    expect((await checked(as('writer', { mode: 'data_stream' }))).of('elasticsearch.target')).toMatchObject({
      result: 'ok',
    });
  });
});

describe('an Elasticsearch with roles', () => {
  const as = (user: string, more: object = {}): object => ({
    ...login(elasticsearch.url, user),
    index: 'logs-here',
    ...more,
  });

  it('the privileges of each user are told', async () => {
    const users = ['writer', 'viewer', 'fixed', 'elsewhere'];
    const found = await Promise.all(users.map(async (user) => await checked(as(user))));
    expect(found[0]?.of('elasticsearch.product')?.message).toMatch(/^Elasticsearch 9/);
    const told = (name: string): unknown => found.map(({ of }) => of(`elasticsearch.${name}`)?.result);
    expect(told('privileges')).toEqual(['ok', 'failed', 'ok', 'failed']);
    expect(told('create_privilege')).toEqual([undefined, 'failed', 'failed', 'failed']);
  });

  it('the index of dead letters needs privileges, too', async () => {
    const letters = (index: string): object => ({ dead_letter: { to: 'index', index } });
    expect((await checked(as('writer'), letters('logs-letters'))).of('dead_letter.index')?.result).toBe('ok');
    expect((await checked(as('writer'), letters('letters'))).of('dead_letter.index')?.result).toBe('failed');
  });

  it('without a client certificate, and with a wrong authority, TLS is named', async () => {
    const { ca_file: _none, ...bare } = { ca_file: certificates.ca };
    const found = await checked({ ...as('writer'), tls: bare });
    expect(found.of('elasticsearch.endpoint')).toMatchObject({
      result: 'failed',
      message: expect.stringMatching(/certificate/),
      remedy: expect.stringContaining('elasticsearch.tls'),
    });
  });
});

async function template(section: object, ...options: readonly string[]): Promise<CommandResult> {
  const file = join(directory, 'template.yaml');
  writeFileSync(file, JSON.stringify({ kafka: NO_KAFKA, elasticsearch: section }));
  return await logweirCommand(['template', ...options, '-c', file]);
}

describe('an Elasticsearch without security', () => {
  const ask = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${inject('elasticsearch')}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const at = (section: object): object => ({ endpoints: [inject('elasticsearch')], ...section });

  it('the template is installed once, applies, takes conflicting labels, and spares foreign ones', async () => {
    const name = uniqueName('tpl');
    const section = at({ index: `${name}-{{@timestamp|yyyy}}` });
    const printed = await template(section);
    expect(JSON.parse(printed.stdout)).toMatchObject({
      index_patterns: [`${name}-*`],
      priority: expect.any(Number),
    });
    expect((await ask('GET', `/_index_template/logweir-${name}`))['status']).toBe(404);
    expect((await checked(section)).of('elasticsearch.template')).toMatchObject({ result: 'warning' });
    expect((await template(section, '--install')).stdout).toContain('creating the index template');
    expect((await template(section, '--install')).stdout).toContain('it was up to date');
    const index = `${name}-${new Date().getUTCFullYear()}`;
    const doc = { '@timestamp': '2026-01-01T00:00:00Z', day: '2026-01-01', n: 1 };
    await ask('POST', `/${index}/_doc?refresh=true`, { ...doc, pod_labels: { app: 'a' } });
    const second = { ...doc, day: 'none', n: 'x', pod_labels: { 'app.kubernetes.io/name': 'b' } };
    expect(await ask('POST', `/${index}/_doc`, second)).toMatchObject({ result: 'created' });
    const found = results(await checked(section));
    expect(found).toMatchObject({
      'elasticsearch.privileges': 'ok',
      'elasticsearch.template': 'ok',
      'elasticsearch.mapping': 'ok',
      'elasticsearch.fields': 'ok',
    });
    await ask('PUT', `/_index_template/logweir-${name}`, { index_patterns: [`${name}-*`], priority: 1 });
    const refused = await template(section, '--install');
    expect(refused).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('was not installed by Logweir'),
    });
    expect((await template(section, '--install', '--force')).code).toBe(0);
    await ask('DELETE', `/_index_template/logweir-${name}`);
  });

  it('aliases, data streams, blocks, strict mappings and full mappings are seen', async () => {
    const name = uniqueName('seen');
    for (const number of ['000001', '000002'])
      await ask('PUT', `/${name}-${number}`, { aliases: { [name]: {} } });
    const noWrite = await checked(at({ index: name }));
    expect(noWrite.of('elasticsearch.write_alias')).toMatchObject({ result: 'failed' });
    await ask('POST', '/_aliases', {
      actions: [{ add: { index: `${name}-000002`, alias: name, is_write_index: true } }],
    });
    const properties = Object.fromEntries(
      Array.from({ length: 9 }, (_, n) => [`f${n}`, { type: 'keyword' }]),
    );
    await ask('PUT', `/${name}-000002/_mapping`, { dynamic: 'strict', properties });
    await ask('PUT', `/${name}-000002/_settings`, {
      'index.mapping.total_fields.limit': 10,
      'index.blocks.write': true,
    });
    const found = results(await checked(at({ index: name, require_alias: true })));
    expect(found).toMatchObject({
      'elasticsearch.write_alias': 'ok',
      'elasticsearch.mapping': 'warning',
      'elasticsearch.fields': 'warning',
      'elasticsearch.blocks': 'failed',
    });
    const alias = await checked(at({ index: `${name}-none`, require_alias: true }));
    expect(alias.of('elasticsearch.write_alias')).toMatchObject({ result: 'failed' });
    const stream = await checked(at({ mode: 'data_stream', data_stream: { dataset: name } }));
    expect(stream.of('elasticsearch.target')).toMatchObject({
      result: 'failed',
      message: expect.stringContaining('no template that would create it'),
    });
    await ask('DELETE', `/${name}-000001,${name}-000002`);
  });
});
