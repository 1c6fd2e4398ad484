import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { logweirCommand } from '../support/command.ts';
import { agentEvent } from '../support/events.ts';
import { type KafkaOptions, type KafkaServer, startKafka } from '../support/kafka-server.ts';
import { expectOnceOrDeadLettered } from '../support/checks.ts';
import { openLab } from '../support/lab.ts';
import { freePort } from '../support/ports.ts';

const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => agentEvent(from + index));

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
      '301 records will be consumed again',
    );
    expect(logweir.output).not.toContain('alice-secret');
  });

  it('a wrong password is said, and never printed', async () => {
    const lab = await openLab({ kafka: kafka.bootstrapServers });
    const wrong = lab.start({ kafka: secure({ mechanism: 'PLAIN', password: 'nonsense' }) });
    await wrong.waitUntil(
      () => /Authentication failed|authentication/i.test(wrong.output),
      'the login to be rejected',
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
    await logweir.waitForLog('the brokers reject the login');
    await lab.ledger.produce(lab.topic, [...events(100, 100), 'poison']);
    writeFileSync(path, 'changed-secret');
    await lab.waitForLagZero();
    // The group may revoke the partitions while the login is rejected: what was not yet committed then comes twice.
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
