import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { logweirCommand } from '../support/command.ts';
import { agentEvent } from '../support/events.ts';
import { type KafkaOptions, type KafkaServer, startKafka } from '../support/kafka-server.ts';
import { expectExactlyOnce, expectOnceOrDeadLettered } from '../support/checks.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { type SecureElasticsearch, startSecureElasticsearch } from '../support/secure-elasticsearch.ts';
import { freePort } from '../support/ports.ts';

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
    writeFileSync(path, 'first\n');
    let valid = 'first';
    wantHeader(lab, () => header(valid));
    await lab.ledger.produce(lab.topic, events(0, 200));
    const logweir = lab.start({ elasticsearch: { auth: { ...auth, [file]: path } } });
    await lab.waitForLagZero();
    valid = 'second';
    await lab.ledger.produce(lab.topic, events(200, 200));
    expect((await logweir.waitForLog('held: somebody must mend this'))['reason']).toBe(
      'HTTP 401 security_exception',
    );
    writeFileSync(path, 'second\n');
    await lab.waitForLagZero();
    expect(logweir.output).not.toMatch(/first|second/);
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
    await logweir.waitForLog('held: somebody must mend this');
    expect(lab.proxy.acknowledged.size).toBe(0);
    writeFileSync(path, 'right');
    await lab.waitForLagZero();
    await expectExactlyOnce(lab);
    rmSync(secrets, { recursive: true, force: true });
  });
});

describe('a Kafka that wants a login and TLS', () => {
  let directory: string;
  let kafka: KafkaServer;
  let options: KafkaOptions;
  let certificates: Certificates;
  let secured: string;
  let mutual: string;
  const at = (name: string): string => join(directory, name);

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'logweir-tls-'));
    certificates = makeCertificates(at('certificates'));
    writeFileSync(at('password'), 'alice-secret\n');
    const [plain, sasl] = [await freePort(), await freePort()];
    const [tls, controller] = [await freePort(), await freePort()];
    secured = `127.0.0.1:${sasl}`;
    mutual = `127.0.0.1:${tls}`;
    const listeners = `PLAINTEXT://127.0.0.1:${plain},SECURED://${secured},MUTUAL://${mutual}`;
    const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
    options = {
      runDirectory: at('kafka'),
      port: plain,
      formatArguments: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name=alice,password=alice-secret]`,
      ]),
      properties: {
        'controller.quorum.voters': `1@127.0.0.1:${controller}`,
        listeners: `${listeners},CONTROLLER://127.0.0.1:${controller}`,
        'advertised.listeners': listeners,
        'listener.security.protocol.map':
          'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL,MUTUAL:SSL',
        'listener.name.secured.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
        ...plainLogin('alice-secret'),
        'listener.name.secured.scram-sha-256.sasl.jaas.config': scram,
        'listener.name.secured.scram-sha-512.sasl.jaas.config': scram,
        'listener.name.mutual.ssl.client.auth': 'required',
        ...keyStores('secured', certificates),
        ...keyStores('mutual', certificates),
      },
    };
    kafka = await startKafka(options);
  });

  afterAll(async () => {
    await (kafka as KafkaServer | undefined)?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const secure = (sasl: object) => ({
    bootstrap_servers: secured,
    tls: { enabled: true, ca_file: certificates.ca },
    sasl: { username: 'alice', ...sasl },
  });

  it.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])(
    'reads and dead-letters with %s over TLS, the password by value and by file',
    async (mechanism) => {
      const lab = await openLab({ kafka: kafka.bootstrapServers });
      await lab.ledger.produce(lab.topic, [...events(0, 300), 'poison']);
      const byValue = lab.start({ kafka: secure({ mechanism, password: 'alice-secret' }) });
      await lab.waitForLagZero();
      expect((await byValue.status()).records).toMatchObject({ indexed: 300, dead_lettered: 1 });
      await byValue.stop();
      await lab.ledger.produce(lab.topic, events(300, 300));
      const byFile = lab.start({ kafka: secure({ mechanism, password_file: at('password') }) });
      await lab.waitForLagZero();
      expect(byValue.output + byFile.output).not.toContain('alice-secret');
    },
  );

  it("reads, dead-letters, lists and replays with a login that only librdkafka's own settings tell", async () => {
    const lab = await openLab({ kafka: kafka.bootstrapServers });
    await lab.ledger.produce(lab.topic, [...events(0, 300), 'poison']);
    const logweir = lab.start({
      kafka: {
        bootstrap_servers: secured,
        librdkafka_options: {
          'security.protocol': 'sasl_ssl',
          'ssl.ca.location': certificates.ca,
          'sasl.mechanisms': 'SCRAM-SHA-512',
          'sasl.username': 'alice',
          'sasl.password': 'alice-secret',
          'fetch.min.bytes': 1,
          'linger.ms': 1,
        },
      },
    });
    await lab.waitForLagZero();
    expect((await logweir.status()).records).toMatchObject({ indexed: 300, dead_lettered: 1 });
    await logweir.stop();
    const config = ['-c', join(logweir.directory, 'logweir.yaml')];
    expect((await logweirCommand(['dlq', 'list', ...config])).stdout).toMatch(/^1 dead letters in /);
    expect((await logweirCommand(['dlq', 'retry', '--execute', ...config])).stdout).toContain(
      '1 dead-lettered again',
    );
    expect((await logweirCommand(['transform', '--from-topic', '--limit', '3', ...config])).stderr).toContain(
      '3 read',
    );
    expect((await logweirCommand(['replay', '--to-earliest', ...config])).stdout).toContain(
      '301 records will be read again',
    );
    expect(logweir.output).not.toContain('alice-secret');
  });

  it('a wrong password is said, and never printed', async () => {
    const lab = await openLab({ kafka: kafka.bootstrapServers });
    const wrong = lab.start({ kafka: secure({ mechanism: 'PLAIN', password: 'nonsense' }) });
    await wrong.waitUntil(
      () => /Authentication failed|authentication/i.test(wrong.output),
      'the login to be refused',
    );
    expect(wrong.output).not.toContain('nonsense');
  });

  it('a password that is changed while it runs is read from its file again, also for dead letters', async () => {
    const lab = await openLab({ kafka: kafka.bootstrapServers });
    const path = at('changing');
    writeFileSync(path, 'alice-secret');
    await lab.ledger.produce(lab.topic, [...events(0, 100), 'poison']);
    const logweir = lab.start({ kafka: secure({ mechanism: 'PLAIN', password_file: path }) });
    await lab.waitForLagZero();
    await kafka.stop();
    const properties = { ...options.properties, ...plainLogin('changed-secret') };
    kafka = await startKafka({ ...options, properties });
    await logweir.waitForLog('the brokers refuse the login');
    await lab.ledger.produce(lab.topic, [...events(100, 100), 'poison']);
    writeFileSync(path, 'changed-secret');
    await lab.waitForLagZero();
    // The group may take the partitions away while the login is refused: what was not yet committed then comes twice.
    expect((await expectOnceOrDeadLettered(lab, true)).deadLettered).toBe(2);
    expect(logweir.output).not.toContain('secret');
  });

  it('a client certificate', async () => {
    const lab = await openLab({ kafka: kafka.bootstrapServers });
    await lab.ledger.produce(lab.topic, [...events(0, 300), 'poison']);
    const { cert, key } = certificates.client;
    const tls = { enabled: true, ca_file: certificates.ca, cert_file: cert, key_file: key };
    const logweir = lab.start({ kafka: { bootstrap_servers: mutual, tls } });
    await lab.waitForLagZero();
    expect((await logweir.status()).records).toMatchObject({ indexed: 300, dead_lettered: 1 });
  });
});

function plainLogin(password: string): Record<string, string> {
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  return { 'listener.name.secured.plain.sasl.jaas.config': `${module} required user_alice="${password}";` };
}

function keyStores(listener: string, { ca, serverStore }: Certificates): Record<string, string> {
  const name = `listener.name.${listener}.ssl`;
  return {
    [`${name}.keystore.type`]: 'PKCS12',
    [`${name}.keystore.location`]: serverStore,
    [`${name}.keystore.password`]: 'secret',
    [`${name}.truststore.type`]: 'PEM',
    [`${name}.truststore.location`]: ca,
  };
}

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
    expect((await logweir.waitForLog('not taking documents'))['reason']).toMatch(/certificate/);
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
    expect((await logweir.waitForLog('not taking documents'))['reason']).not.toBe('');
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
    const refused = async (): Promise<boolean> => {
      await lab.ledger.produce(lab.topic, events(lab.ledger.entries.size, 10));
      return (await logweir.status()).elasticsearch.state === 'hold';
    };
    await logweir.waitUntil(refused, 'the login to be refused');
    expect((await logweir.status()).elasticsearch.reason).toBe('HTTP 401 security_exception');
    const before = await lab.committed();
    await lab.ledger.produce(lab.topic, events(lab.ledger.entries.size, 100));
    expect(await lab.committed()).toEqual(before);
    writeFileSync(path, 'second-secret');
    await expectStored(lab, lab.ledger.entries.size);
    expect(logweir.output).not.toMatch(/(first|second)-secret/);
  });

  it('a missing privilege holds, and once it is granted everything goes on', async () => {
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
