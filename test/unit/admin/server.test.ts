import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { Metrics } from '../../../src/admin/metrics.ts';
import { type AdminDependencies, AdminServer } from '../../../src/admin/server.ts';
import type { TapSource } from '../../../src/tap/messages.ts';
import { LogweirError } from '../../../src/errors.ts';
import { statusExample } from '../support/status-example.ts';
import { idleGauges } from '../../support/idle-gauges.ts';

const servers: AdminServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(
  parts: Partial<AdminDependencies> = {},
  listen = '127.0.0.1:0',
  options: { tap?: boolean | null } = {},
): Promise<AdminServer> {
  const metrics = new Metrics('logweir_', { ...idleGauges, inFlight: () => 7 });
  const server = await AdminServer.start(
    { listen, hosts: [], ...options },
    {
      metrics: metrics.registry,
      status: () => ({ state: 'running' }),
      readiness: () => null,
      ...parts,
    },
  );
  servers.push(server);
  return server;
}

async function ask(server: AdminServer, path: string, method = 'GET') {
  const response = await fetch(server.address + path, { method });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

describe('the probes', () => {
  it('live is 200, independent of readiness', async () => {
    const server = await start({ readiness: () => 'Elasticsearch: outage: HTTP 503' });
    expect(await ask(server, '/health/live')).toMatchObject({ status: 200, body: 'live\n' });
  });

  it('ready is 200 without a reason, else 503 with the current reason', async () => {
    let reason: string | null = null;
    const server = await start({ readiness: () => reason });
    expect(await ask(server, '/health/ready')).toMatchObject({ status: 200, body: 'ready\n' });
    reason = 'Elasticsearch: hold: HTTP 401';
    expect(await ask(server, '/health/ready')).toMatchObject({
      status: 503,
      body: 'Elasticsearch: hold: HTTP 401\n',
    });
  });
});

it('metrics have the format of Prometheus', async () => {
  const { status, type, body } = await ask(await start(), '/metrics');
  expect(status).toBe(200);
  expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(body).toContain('logweir_in_flight_records 7\n');
});

it('the status is JSON', async () => {
  const { status, type, body } = await ask(await start(), '/api/status');
  expect({ status, type }).toEqual({ status: 200, type: 'application/json' });
  expect(JSON.parse(body)).toMatchObject({ state: 'running' });
});

it('a query in the URL has no effect', async () => {
  expect((await ask(await start(), '/health/live?verbose=1')).status).toBe(200);
});

describe('the endpoint is read-only', () => {
  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is 405 everywhere', async (method) => {
    const server = await start();
    for (const path of ['/health/live', '/api/status', '/nothing']) {
      const { status, headers } = await fetch(server.address + path, { method });
      expect({ status, allow: headers.get('allow') }).toEqual({ status: 405, allow: 'GET, HEAD' });
    }
  });

  it('HEAD is answered without a body', async () => {
    const server = await start({ readiness: () => 'no' });
    expect(await ask(server, '/health/live', 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect(await ask(server, '/health/ready', 'HEAD')).toMatchObject({ status: 503, body: '' });
  });
});

it.each([
  '/nothing',
  '/health',
  '/health/live/',
  '/../etc/passwd',
  '/API/STATUS',
  '//',
  '/%2e%2e/package.json',
])('%s is 404', async (path) => {
  expect((await ask(await start(), path)).status).toBe(404);
});

it('an error of a dependency is 500 with its message, and the server continues', async () => {
  const server = await start({
    status: () => {
      throw new Error('no status today');
    },
  });
  expect(await ask(server, '/api/status')).toMatchObject({ status: 500, body: 'no status today\n' });
  expect((await ask(server, '/health/live')).status).toBe(200);
});

describe('listening', () => {
  const hasIpv6 = Object.values(networkInterfaces()).some((of) =>
    of?.some(({ address }) => address === '::1'),
  );

  it.runIf(hasIpv6)('works on IPv6 too, and reports the address', async () => {
    const server = await start({}, '[::1]:0');
    expect(server.address).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await ask(server, '/health/live')).status).toBe(200);
  });

  async function rejection(listen: string): Promise<LogweirError> {
    try {
      await start({}, listen);
    } catch (error) {
      if (error instanceof LogweirError) return error;
      throw error;
    }
    throw new Error('it listens');
  }

  it('on a used port is a configuration error that says what to do', async () => {
    const occupied = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => {
      occupied.once('listening', resolve);
    });
    const { port } = occupied.address() as AddressInfo;
    try {
      const { code, message } = await rejection(`127.0.0.1:${port}`);
      expect(code).toBe('CONFIG');
      expect(message).toMatch(
        new RegExp(`^admin\\.listen: cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`),
      );
      expect(message).toMatch(/choose another admin\.listen, or leave it empty for none/);
    } finally {
      occupied.close();
    }
  });

  it('on a foreign address is a configuration error', async () => {
    expect((await rejection('192.0.2.1:0')).message).toMatch(
      /cannot listen on 192\.0\.2\.1:0: .*EADDRNOTAVAIL/,
    );
  });

  it('ends with close, including open connections', async () => {
    const server = await start();
    const { address } = server;
    await ask(server, '/health/live');
    await server.close();
    servers.length = 0;
    await expect(fetch(`${address}/health/live`)).rejects.toThrow(/fetch failed/);
  });
});

describe('the live tap', () => {
  const events: TapSource = {
    open(_options, listener) {
      const timer = setInterval(() => {
        const where = { topic: 't', partition: 0, offset: 1, timestamp: 1, index: null };
        listener({ kind: 'event', stage: 'before', event: '{}', truncated: false, ...where });
      }, 1);
      opened++;
      return () => {
        clearInterval(timer);
        opened--;
      };
    },
  };
  let opened = 0;

  it('ends after the limit, and is closed then', async () => {
    const { status, type, body } = await ask(await start({ tap: events }), '/api/tap?limit=3');
    expect({ status, type }).toEqual({ status: 200, type: 'text/event-stream' });
    expect(body.match(/^event: event$/gm)).toHaveLength(3);
    await expect.poll(() => opened).toBe(0);
  });

  it.each([
    ['0.0.0.0', null, 403],
    ['0.0.0.0', true, 200],
    ['127.0.0.1', null, 200],
    ['127.0.0.1', false, 403],
    ['[::1]', null, 200],
    ['localhost', null, 200],
  ])('on %s with admin.tap %s: %d', async (listen, tap, expected) => {
    const server = await start({ tap: events }, `${listen}:0`, { tap });
    const { port } = new URL(server.address);
    const host = listen === '0.0.0.0' ? '127.0.0.1' : listen;
    const response = await fetch(`http://${host}:${port}/api/tap?limit=1`);
    expect(response.status).toBe(expected);
    if (expected === 403)
      expect(await response.text()).toMatch(/^the tap is off.*admin\.tap: true allows it/);
    await response.body?.cancel().catch(() => {});
  });

  it('serves 5 readers at most; a sixth is told so', async () => {
    const server = await start({ tap: events });
    const readers = await Promise.all(
      Array.from({ length: 5 }, () => fetch(`${server.address}/api/tap?filter=x`)),
    );
    expect(await ask(server, '/api/tap')).toMatchObject({
      status: 503,
      body: expect.stringMatching(/too many/) as unknown,
    });
    for (const reader of readers) await reader.body?.cancel();
    await expect.poll(() => opened).toBe(0);
  });

  it('refuses wrong limits, stages and filters', async () => {
    const server = await start({ tap: events });
    const wrong = ['limit=0', 'limit=x', 'limit=9999999', 'stage=during', `filter=${'x'.repeat(501)}`];
    for (const query of wrong) expect((await ask(server, `/api/tap?${query}`)).status).toBe(400);
    expect(opened).toBe(0);
  });

  it('and the status page are closed to pages of other sites', async () => {
    const server = await start({ tap: events });
    for (const path of ['/api/tap', '/api/events', '/api/status', '/']) {
      const response = await fetch(server.address + path, { headers: { origin: 'http://evil.example' } });
      expect(response.status).toBe(403);
    }
    expect(opened).toBe(0);
  });
});

describe('the status page', () => {
  it('comes with its files and a strict policy, and no file beside them', async () => {
    const server = await start();
    const page = await ask(server, '/');
    expect(page).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    expect(page.body).not.toMatch(/<script>|<style|style=| on[a-z]+=|https?:/);
    const names = [...page.body.matchAll(/(?:href|src)="(page\/[^"]+)"/g)].map(([, name]) => `/${name}`);
    expect(names).toEqual(['/page/icon.svg', '/page/page.css', '/page/main.js']);
    for (const name of names) expect((await ask(server, name)).status).toBe(200);
    const script = await ask(server, '/page/main.js');
    expect(script.type).toBe('text/javascript; charset=utf-8');
    for (const [, name] of script.body.matchAll(/from '\.(\/[^']+)'/g))
      expect((await ask(server, `/page${name}`)).status).toBe(200);
    for (const name of [
      '/page/tsconfig.json',
      '/page/page.html',
      '/page/..%2fserver.ts',
      '/page/view.ts',
      '/page/',
    ])
      expect((await ask(server, name)).status).toBe(404);
  });

  it('is fed with the state and the charts at once, for 20 readers at most', async () => {
    const server = await start({ status: () => statusExample() });
    const readers = await Promise.all(
      Array.from({ length: 20 }, () => fetch(`${server.address}/api/events`)),
    );
    expect((await ask(server, '/api/events')).status).toBe(503);
    const reader = readers[0]?.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('event: view')) text += (await reader?.read())?.value ?? '';
    expect(text).toMatch(/^event: charts\ndata: \{.*\}\n\nevent: view\ndata: \{.*"summary":/s);
  });
});

it('the status has rates and a summary', async () => {
  const server = await start({ status: () => statusExample() });
  expect(JSON.parse((await ask(server, '/api/status')).body)).toMatchObject({
    rates: { received_per_second: 0, indexed_per_second: 0, dead_lettered_per_second: 0 },
    summary: { level: 'warning', sentence: expect.any(String) as unknown },
  });
});
