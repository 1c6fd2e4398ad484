import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AdminServer } from '../../../src/admin/server.ts';
import { health, liveUrl } from '../../../src/commands/health.ts';
import { Metrics } from '../../../src/admin/metrics.ts';
import { idleGauges } from '../../support/idle-gauges.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'logweir-health-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function ask(listen: string): Promise<string> {
  const config = join(folder, 'logweir.yaml');
  writeFileSync(config, `admin: { listen: '${listen}' }\n`);
  let said = '';
  await health({ config }, (text) => void (said += text));
  return said;
}

async function admin(host: string): Promise<string> {
  const metrics = new Metrics('logweir_', idleGauges);
  const server = await AdminServer.start(
    { listen: `${host}:0`, hosts: [] },
    {
      metrics: metrics.registry,
      status: () => ({}),
      readiness: () => 'Elasticsearch is away',
    },
  );
  onTestFinished(() => server.close());
  return new URL(server.address).port;
}

it.each(['127.0.0.1', '0.0.0.0', '[::]', '[::1]', 'localhost'])(
  'one that listens on %s is asked there, and is alive though it is not ready',
  async (host) => {
    const port = await admin(host);
    expect(await ask(`${host}:${port}`)).toBe('live\n');
  },
);

it('an instance without an endpoint counts as alive', async () => {
  expect(await ask('')).toMatch(/^admin.listen is empty/);
});

it('an instance that does not answer is not alive, and the message has its URL', async () => {
  const server: Server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  await expect(ask(`0.0.0.0:${port}`)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining(`http://127.0.0.1:${port}/health/live: `),
  });
});

it('an instance that does not answer 200 is not alive', async () => {
  const server = createServer((_request, response) => response.writeHead(500).end());
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await expect(ask(`127.0.0.1:${port}`)).rejects.toThrow('HTTP 500');
});

describe('the URL of the health check', () => {
  it.each([
    ['0.0.0.0:8686', 'http://127.0.0.1:8686/health/live'],
    ['[::]:8686', 'http://[::1]:8686/health/live'],
    [':::8686', 'http://[::1]:8686/health/live'],
    ['[0:0:0:0:0:0:0:0]:80', 'http://[::1]/health/live'],
    ['[fd00::5]:9000', 'http://[fd00::5]:9000/health/live'],
    ['10.1.2.3:9000', 'http://10.1.2.3:9000/health/live'],
    ['localhost:9000', 'http://localhost:9000/health/live'],
  ])('%s: %s', (listen, url) => {
    expect(liveUrl(listen)).toBe(url);
  });

  it.each(['127.0.0.1:0', 'fe80::1%eth0:80', 'a b:80'])('%s is rejected', (listen) => {
    expect(() => liveUrl(listen)).toThrow(/^admin\.listen: /);
  });
});
