import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { Metrics } from '../../../src/admin/metrics.ts';
import { type AdminParts, AdminServer } from '../../../src/admin/server.ts';
import { LogweirError } from '../../../src/errors.ts';

const servers: AdminServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(parts: Partial<AdminParts> = {}, listen = '127.0.0.1:0'): Promise<AdminServer> {
  const metrics = new Metrics('logweir_', {
    partitions: () => [],
    kafka: () => ({ connected: true, reason: null, lastContact: 1, silentSeconds: 0 }),
    rebalanceFailures: () => 0,
    inFlight: () => 7,
    bufferBytes: () => 0,
    pauses: () => [],
    holds: () => [],
    storm: () => null,
  });
  const server = await AdminServer.start(
    { listen, hosts: [] },
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
  it('live is 200, whatever readiness says', async () => {
    const server = await start({ readiness: () => 'Elasticsearch: outage: HTTP 503' });
    expect(await ask(server, '/health/live')).toMatchObject({ status: 200, body: 'live\n' });
  });

  it('ready is 200 without a reason against it, else 503 with the reason, as it is at that time', async () => {
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

it('metrics come as Prometheus wants them', async () => {
  const { status, type, body } = await ask(await start(), '/metrics');
  expect(status).toBe(200);
  expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(body).toContain('logweir_in_flight_records 7\n');
});

it('the status is JSON', async () => {
  const { status, type, body } = await ask(await start(), '/api/status');
  expect({ status, type }).toEqual({ status: 200, type: 'application/json' });
  expect(JSON.parse(body)).toEqual({ state: 'running' });
});

it('a query in the address changes nothing', async () => {
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

it.each(['/nothing', '/health', '/health/live/', '/../etc/passwd', '/API/STATUS', '//', '/%2e%2e/'])(
  '%s is 404',
  async (path) => {
    expect((await ask(await start(), path)).status).toBe(404);
  },
);

it('an error of a part is 500 with its message, and the server goes on', async () => {
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

  it.runIf(hasIpv6)('works on IPv6 too, and says where', async () => {
    const server = await start({}, '[::1]:0');
    expect(server.address).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await ask(server, '/health/live')).status).toBe(200);
  });

  async function refusal(listen: string): Promise<LogweirError> {
    try {
      await start({}, listen);
    } catch (error) {
      if (error instanceof LogweirError) return error;
      throw error;
    }
    throw new Error('it listens');
  }

  it('on a port that is in use is a configuration error that says what to do', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => {
      taken.once('listening', resolve);
    });
    const { port } = taken.address() as AddressInfo;
    try {
      const { code, message } = await refusal(`127.0.0.1:${port}`);
      expect(code).toBe('CONFIG');
      expect(message).toMatch(
        new RegExp(`^admin\\.listen: cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`),
      );
      expect(message).toMatch(/take another admin\.listen, or leave it empty for none/);
    } finally {
      taken.close();
    }
  });

  it('on an address that is not ours is a configuration error', async () => {
    expect((await refusal('192.0.2.1:0')).message).toMatch(
      /cannot listen on 192\.0\.2\.1:0: .*EADDRNOTAVAIL/,
    );
  });

  it('ends with close, open connections included', async () => {
    const server = await start();
    const { address } = server;
    await ask(server, '/health/live');
    await server.close();
    servers.length = 0;
    await expect(fetch(`${address}/health/live`)).rejects.toThrow(/fetch failed/);
  });
});
