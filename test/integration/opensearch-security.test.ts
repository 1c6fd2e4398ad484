import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { agentEvent } from '../support/events.ts';
import { openLab } from '../support/lab.ts';
import {
  type SecureOpenSearch,
  type SecureRole,
  startSecureOpenSearch,
} from '../support/secure-opensearch.ts';

const PASSWORD = 'rushing-river-7';
const WRITE = [
  'indices:data/write/index',
  'indices:data/write/bulk*',
  'indices:admin/create',
  'indices:admin/mapping/put',
];
const DATA_STREAM = ['indices:admin/data_stream/get', 'indices:admin/data_stream/create'];

/** As docs/opensearch.md has it. */
const role = (index: string, actions: readonly string[]): SecureRole => ({
  cluster: ['indices:data/write/bulk'],
  indices: [{ patterns: [index], actions }],
});

let directory: string;
let certificates: Certificates;
let opensearch: SecureOpenSearch;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'logweir-opensearch-'));
  certificates = makeCertificates(join(directory, 'certificates'));
  const user = { name: 'writer', password: PASSWORD, roles: ['writer'] };
  opensearch = await startSecureOpenSearch(join(directory, 'opensearch'), certificates, [user], {
    writer: {},
  });
}, 300_000);

afterAll(async () => {
  await (opensearch as SecureOpenSearch | undefined)?.server.close();
  rmSync(directory, { recursive: true, force: true });
});

async function start(elasticsearch: object) {
  const lab = await openLab({ partitions: 2 });
  await lab.ledger.produce(
    lab.topic,
    Array.from({ length: 100 }, (_, seq) => agentEvent(seq)),
  );
  const logweir = lab.start({
    elasticsearch: {
      endpoints: [opensearch.url],
      index: lab.index,
      auth: { username: 'writer', password: PASSWORD },
      tls: { ca_file: certificates.ca },
      request: { backoff: { initial_ms: 50, max_ms: 500 } },
      ...elasticsearch,
    },
  });
  const held = async (): Promise<string> => (await logweir.status()).holds[0]?.reason ?? '';
  const expectIndexed = async (index: string): Promise<void> => {
    await lab.waitForLagZero();
    expect((await logweir.status()).records).toMatchObject({ indexed: 100, dead_lettered: 0 });
    await opensearch.request('POST', `/${index}/_refresh`);
    expect(await opensearch.request('GET', `/${index}/_count`)).toMatchObject({ count: 100 });
    expect(logweir.output).not.toContain(PASSWORD);
  };
  return { lab, logweir, held, expectIndexed };
}

it('a role without rights is blocked and named, nothing is lost, and the least rights are enough', async () => {
  const { lab, logweir, held, expectIndexed } = await start({});
  await logweir.waitUntil(async () => (await held()) !== '', 'a hold');
  expect(await held()).toBe(
    'HTTP 403 security_exception: the role lacks the permission indices:data/write/bulk',
  );
  // Without cluster:monitor/main there is no version, and the words of the rejection are the evidence.
  expect((await logweir.status()).elasticsearch).toMatchObject({ product: 'opensearch', version: null });

  await opensearch.setRoles({ writer: role('another', WRITE) });
  await logweir.waitUntil(async () => (await held()).startsWith('403'), 'a hold of the index');
  expect(await held()).toMatch(/^403 security_exception: the role lacks the permission indices:/);
  expect((await lab.committed()).every((offset) => offset <= 0)).toBe(true);

  await opensearch.setRoles({ writer: role(lab.index, WRITE) });
  await expectIndexed(lab.index);
});

it('a data stream needs two rights more, and is made with them', async () => {
  const name = 'logs-secured-x';
  await opensearch.request('PUT', `/_index_template/${name}`, { index_patterns: [name], data_stream: {} });
  await opensearch.setRoles({ writer: role(name, WRITE) });
  const section = { mode: 'data_stream', data_stream: { type: 'logs', dataset: 'secured', namespace: 'x' } };
  const { logweir, held, expectIndexed } = await start(section);
  await logweir.waitUntil(async () => (await held()) !== '', 'a hold');
  expect(await held()).toMatch(/the role lacks the permission indices:admin\/data_stream\/get/);
  await opensearch.setRoles({ writer: role(name, [...WRITE, ...DATA_STREAM]) });
  await expectIndexed(name);
});
