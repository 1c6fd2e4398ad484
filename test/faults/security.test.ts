import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { type KafkaServer, startKafka } from '../support/kafka-server.ts';
import { type Lab, expectExactlyOnce, openLab } from '../support/lab.ts';
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
  let secured: string;
  const at = (name: string): string => join(directory, name);

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'logweir-tls-'));
    const openssl = (...args: string[]): void =>
      void execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=logweir test CA',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
    );
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=localhost',
      '-keyout',
      'server.key',
      '-out',
      'server.csr',
    );
    writeFileSync(at('ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
    openssl(
      'x509',
      '-req',
      '-in',
      'server.csr',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'ext',
      '-out',
      'server.pem',
    );
    openssl(
      'pkcs12',
      '-export',
      '-in',
      'server.pem',
      '-inkey',
      'server.key',
      '-passout',
      'pass:secret',
      '-out',
      'server.p12',
    );
    writeFileSync(at('password'), 'alice-secret\n');
    const [plain, sasl, controller] = [await freePort(), await freePort(), await freePort()];
    secured = `127.0.0.1:${sasl}`;
    const listeners = `PLAINTEXT://127.0.0.1:${plain},SECURED://127.0.0.1:${sasl}`;
    kafka = await startKafka({
      runDirectory: at('kafka'),
      port: plain,
      properties: {
        'controller.quorum.voters': `1@127.0.0.1:${controller}`,
        listeners: `${listeners},CONTROLLER://127.0.0.1:${controller}`,
        'advertised.listeners': listeners,
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL',
        'listener.name.secured.sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.secured.plain.sasl.jaas.config':
          'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="alice-secret";',
        'listener.name.secured.ssl.keystore.type': 'PKCS12',
        'listener.name.secured.ssl.keystore.location': at('server.p12'),
        'listener.name.secured.ssl.keystore.password': 'secret',
      },
    });
  });

  afterAll(async () => {
    await (kafka as KafkaServer | undefined)?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('reads and dead-letters with SASL over TLS; a wrong password is said, and progress waits', async () => {
    const lab = await openLab({ kafka: kafka.bootstrapServers });
    await lab.ledger.produce(lab.topic, [...events(0, 300), 'poison']);
    const secure = (password: object) => ({
      bootstrap_servers: secured,
      tls: { enabled: true, ca_file: at('ca.pem') },
      sasl: { mechanism: 'PLAIN', username: 'alice', ...password },
    });
    const wrong = lab.start({ kafka: secure({ password: 'nonsense' }) });
    await wrong.waitUntil(
      () => /Authentication failed|authentication/i.test(wrong.output),
      'the login to be refused',
    );
    expect(wrong.output).not.toContain('nonsense');
    await wrong.kill();
    const logweir = lab.start({ kafka: secure({ password_file: at('password') }) });
    await lab.waitForLagZero();
    expect((await logweir.status()).records).toMatchObject({ indexed: 300, dead_lettered: 1 });
    expect(logweir.output).not.toContain('alice-secret');
  });
});
