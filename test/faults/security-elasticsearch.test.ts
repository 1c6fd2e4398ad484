import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { agentEvent } from '../support/events.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { type SecureElasticsearch, startSecureElasticsearch } from '../support/secure-elasticsearch.ts';

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => agentEvent(from + index));

function wantHeader(lab: Lab, wanted: () => string): void {
  lab.proxy.rule(() => true, {
    answer: async (request, forward) =>
      request.headers['authorization'] === wanted()
        ? forward()
        : { status: 401, body: { error: { type: 'security_exception', reason: 'unable to authenticate' } } },
  });
}

describe('credentials that expire are read from their files again while held', () => {
  const basic = (password: string): string => `Basic ${Buffer.from(`writer:${password}`).toString('base64')}`;

  it.each([
    ['a password', 'password_file', { username: 'writer' }, basic],
    ['an API key', 'api_key_file', {}, (key: string) => `ApiKey ${key}`],
  ])('%s', async (_name, file, auth, header) => {
    const lab = await openLab();
    const secrets = mkdtempSync(join(tmpdir(), 'logweir-secret-'));
    const path = join(secrets, 'secret');
    writeFileSync(path, 'early-rose\n');
    let valid = 'early-rose';
    wantHeader(lab, () => header(valid));
    await lab.ledger.produce(lab.topic, events(0, 200));
    const logweir = lab.start({ elasticsearch: { auth: { ...auth, [file]: path } } });
    await lab.waitForLagZero();
    valid = 'late-rose';
    await lab.ledger.produce(lab.topic, events(200, 200));
    expect((await logweir.waitForLog('blocked: operator action required'))['reason']).toBe(
      'HTTP 401 security_exception',
    );
    writeFileSync(path, 'late-rose\n');
    await lab.waitForLagZero();
    expect(logweir.output).not.toMatch(/early-rose|late-rose/);
    await expectExactlyOnce(lab);
    rmSync(secrets, { recursive: true, force: true });
  });

  it('a password that was wrong from the start (recipe 3)', async () => {
    const lab = await openLab();
    const secrets = mkdtempSync(join(tmpdir(), 'logweir-secret-'));
    const path = join(secrets, 'secret');
    writeFileSync(path, 'wrong');
    wantHeader(lab, () => basic('right'));
    await lab.ledger.produce(lab.topic, events(0, 200));
    const logweir = lab.start({ elasticsearch: { auth: { username: 'writer', password_file: path } } });
    await logweir.waitForLog('blocked: operator action required');
    expect(lab.proxy.acknowledged.size).toBe(0);
    writeFileSync(path, 'right');
    await lab.waitForLagZero();
    await expectExactlyOnce(lab);
    rmSync(secrets, { recursive: true, force: true });
  });
});

describe('an Elasticsearch that wants a login, TLS and a client certificate', () => {
  let directory: string;
  let certificates: Certificates;
  let elasticsearch: SecureElasticsearch;
  const at = (name: string): string => join(directory, name);
  const client = () => ({
    ca_file: certificates.ca,
    cert_file: certificates.client.cert,
    key_file: certificates.client.key,
  });
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'logweir-secure-'));
    certificates = makeCertificates(at('certificates'));
    elasticsearch = await startSecureElasticsearch(at('elasticsearch'), certificates);
  });

  afterAll(async () => {
    await (elasticsearch as SecureElasticsearch | undefined)?.server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function expectStored(lab: Lab, count: number): Promise<void> {
    await lab.waitForLagZero();
    await elasticsearch.request('POST', `/${lab.index}/_refresh`);
    expect(await elasticsearch.request('GET', `/${lab.index}/_count`)).toMatchObject({ count });
  }

  const settings = (name: string, tls: object = client(), auth: object = { password: `${name}-secret` }) => ({
    elasticsearch: { endpoints: [elasticsearch.url], auth: { username: name, ...auth }, tls },
  });
  const user = (name: string, lab: Lab) => ({ name, password: `${name}-secret`, indices: `${lab.index}*` });

  it('basic login with the least privileges; a wrong authority is an outage that ends when its file is mended', async () => {
    const lab = await openLab();
    elasticsearch.setUsers([user('writer', lab)]);
    const ca = at('ca-of-the-client.pem');
    writeFileSync(ca, readFileSync(makeCertificates(at('other')).ca));
    await lab.ledger.produce(lab.topic, events(0, 300));
    const logweir = lab.start(settings('writer', { ...client(), ca_file: ca }));
    expect((await logweir.waitForLog('does not accept documents'))['reason']).toMatch(/certificate/);
    writeFileSync(ca, readFileSync(certificates.ca));
    await expectStored(lab, 300);
    expect(logweir.output).not.toContain('writer-secret');
  });

  it('without a client certificate nothing goes; once it is there it does', async () => {
    const lab = await openLab();
    elasticsearch.setUsers([user('certified', lab)]);
    const [cert, key] = [at('cert.pem'), at('key.pem')];
    // Of an authority that Elasticsearch does not know.
    const other = makeCertificates(at('stranger')).client;
    writeFileSync(cert, readFileSync(other.cert));
    writeFileSync(key, readFileSync(other.key));
    await lab.ledger.produce(lab.topic, events(0, 300));
    const logweir = lab.start(
      settings('certified', { ca_file: certificates.ca, cert_file: cert, key_file: key }),
    );
    expect((await logweir.waitForLog('does not accept documents'))['reason']).not.toBe('');
    writeFileSync(cert, readFileSync(certificates.client.cert));
    writeFileSync(key, readFileSync(certificates.client.key));
    await expectStored(lab, 300);
  });

  it('a password that is changed holds, and the new one in its file ends the hold', async () => {
    const lab = await openLab();
    const path = at('password');
    writeFileSync(path, 'first-secret');
    elasticsearch.setUsers([{ ...user('expiring', lab), password: 'first-secret' }]);
    await lab.ledger.produce(lab.topic, events(0, 300));
    const logweir = lab.start(settings('expiring', client(), { password_file: path }));
    await expectStored(lab, 300);
    elasticsearch.setUsers([{ ...user('expiring', lab), password: 'second-secret' }]);
    // Until the node has read the file.
    const rejected = async (): Promise<boolean> => {
      await lab.ledger.produce(lab.topic, events(lab.ledger.entries.size, 10));
      return (await logweir.status()).elasticsearch.state === 'hold';
    };
    await logweir.waitUntil(rejected, 'the login to be rejected');
    expect((await logweir.status()).elasticsearch.reason).toBe('HTTP 401 security_exception');
    const before = await lab.committed();
    await lab.ledger.produce(lab.topic, events(lab.ledger.entries.size, 100));
    expect(await lab.committed()).toEqual(before);
    writeFileSync(path, 'second-secret');
    await expectStored(lab, lab.ledger.entries.size);
    expect(logweir.output).not.toMatch(/(first|second)-secret/);
  });

  it('a missing privilege holds, and once it is granted everything continues', async () => {
    const lab = await openLab();
    const powerless = user('powerless', lab);
    elasticsearch.setUsers([{ ...powerless, privileges: ['view_index_metadata'] }]);
    await lab.ledger.produce(lab.topic, events(0, 300));
    const logweir = lab.start(settings('powerless'));
    const held = async (): Promise<string> => (await logweir.status()).holds[0]?.reason ?? '';
    await logweir.waitUntil(async () => (await held()).includes('403 security_exception'), 'a hold');
    expect((await lab.committed()).every((offset) => offset <= 0)).toBe(true);
    elasticsearch.setUsers([powerless]);
    await expectStored(lab, 300);
  });
});
