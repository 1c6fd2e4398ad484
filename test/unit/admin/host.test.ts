import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostOf, isAllowedHost } from '../../../src/admin/host.ts';
import { AdminServer } from '../../../src/admin/server.ts';

let server: AdminServer;
beforeAll(async () => {
  server = await AdminServer.start(
    { listen: '127.0.0.1:0', hosts: ['Logweir.Example.org', '*.svc.cluster.local', 'short'] },
    {
      metrics: { contentType: 'text/plain', metrics: async () => 'metrics' } as never,
      status: () => ({ secret: 'what the status tells' }),
      readiness: () => null,
    },
  );
});
afterAll(async () => {
  await server.close();
});

function socket(): Socket {
  return connect(Number(new URL(server.address).port), '127.0.0.1');
}

/** Sends exactly these bytes, and reads to the end. */
async function raw(request: string): Promise<{ status: number; answer: string }> {
  const connection = socket();
  connection.write(request);
  const answer = await text(connection);
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0), answer };
}

const get = (host: string, target = '/api/status'): string =>
  `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

describe('the endpoint answers', () => {
  it.each([
    'localhost',
    'localhost:8686',
    'LOCALHOST:80',
    'localhost.',
    'localhost.:8686',
    'app.localhost',
    'a.b.localhost:1',
    '127.0.0.1',
    '127.0.0.1:8686',
    '127.1.2.3:8686',
    '127.0.0.1.',
    '[::1]',
    '[::1]:8686',
    '[0:0:0:0:0:0:0:1]:8686',
    '[::ffff:127.0.0.1]:80',
    '[fe80::1%25eth0]:8686',
    // A probe of the kubelet, by the address of the pod.
    '10.1.2.3:8686',
    '192.168.0.7',
    '[2001:db8::7]:8686',
    // Names of the configuration.
    'logweir.example.org',
    'LOGWEIR.example.ORG:8686',
    'logweir.example.org.',
    'logweir.logging.svc.cluster.local:8686',
    'short:8686',
    'localhost:',
    ' localhost ',
  ])('for Host: %s', async (host) => {
    const { status, answer } = await raw(get(host));
    expect(status).toBe(200);
    expect(answer).toContain('what the status tells');
  });

  it('without a host in HTTP/1.0, as probes of load balancers do', async () => {
    expect((await raw('GET /health/live HTTP/1.0\r\n\r\n')).status).toBe(200);
  });

  it('a request for a whole URL by its path, if its host is allowed', async () => {
    expect((await raw(get('localhost', 'http://127.0.0.1:8686/health/live?x=1'))).status).toBe(200);
    expect((await raw(get('localhost', 'HTTP://short/health/ready'))).status).toBe(200);
  });
});

describe('the endpoint does not answer', () => {
  it.each([
    'evil.example',
    'evil.example:8686',
    'localhost.evil.example',
    'evil-localhost',
    'xlocalhost',
    'localhost1',
    '127.0.0.1.evil.example',
    '127.0.0.1.nip.io:8686',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '999.1.1.1',
    'example.org',
    'notlogweir.example.org',
    'x.logweir.example.org',
    'svc.cluster.local',
    'evilsvc.cluster.local',
    'logweir.example.org.evil.example',
    'logweir',
    'host.docker.internal:8686',
  ])('for Host: %s', async (host) => {
    const { status, answer } = await raw(get(host));
    expect(answer).not.toContain('what the status tells');
    expect(status).toBe(421);
    expect(answer).toContain('add that name to admin.hosts');
  });

  it.each([
    'localhost@evil.example',
    'evil.example@localhost',
    'user:pass@localhost:8686',
    'localhost/evil',
    'localhost evil',
    'localhost,evil.example',
    'http://localhost',
    'localhost:8686:8686',
    'localhost:x',
    'localhost:99999',
    'localhost:-1',
    '::1',
    '[::1',
    '[::1]x',
    '[localhost]',
    '[evil.example]:80',
    '[::1]evil.example',
    'localhost..',
    '.localhost',
    '%6cocalhost',
    'löcalhost',
    'local_host!',
    'localhost#',
    'localhost?x',
    '',
    'a'.repeat(400),
  ])('for an invalid host: %s', async (host) => {
    const { status, answer } = await raw(get(host));
    expect(answer).not.toContain('what the status tells');
    expect(status).toBe(400);
  });

  it.each([
    [
      'two hosts, the good one first',
      'GET /api/status HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n',
    ],
    [
      'two hosts, the good one last',
      'GET /api/status HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n\r\n',
    ],
    ['the same host twice', 'GET /api/status HTTP/1.1\r\nhost: localhost\r\nHOST: localhost\r\n\r\n'],
    ['no host in HTTP/1.1', 'GET /api/status HTTP/1.1\r\n\r\n'],
    ['a strange host in HTTP/1.0', 'GET /api/status HTTP/1.0\r\nHost: evil.example\r\n\r\n'],
    ['a URL of another', get('localhost', 'http://evil.example/api/status')],
    ['a URL with two names', get('localhost', 'http://localhost@evil.example/api/status')],
    ['a URL without a host', get('localhost', 'http:///api/status')],
    ['a strange host beside a good URL', get('evil.example', 'http://localhost/api/status')],
    ['another scheme', get('localhost', 'ftp://localhost/api/status')],
    ['a tunnel', 'CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ])('for %s', async (_name, request) => {
    const { answer, status } = await raw(request.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    expect(answer).not.toContain('what the status tells');
    expect(status).not.toBe(200);
  });

  it('at any path: probes, metrics and unknown paths', async () => {
    for (const path of ['/health/live', '/health/ready', '/metrics', '/', '/nothing'])
      expect((await raw(get('evil.example', path))).status).toBe(421);
  });

  it('to any method', async () => {
    const request = 'POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
    expect((await raw(request)).status).toBe(421);
  });
});

describe('the resources of a request are bounded', () => {
  it('the length of the URL', async () => {
    expect((await raw(get('localhost', `/${'a'.repeat(20_000)}`))).status).toBe(431);
  });

  it('the length of header fields', async () => {
    expect((await raw(get(`localhost\r\nX: ${'a'.repeat(20_000)}`))).status).toBe(431);
  });

  it('the time of a request that never ends or never starts', async () => {
    const beginnings = ['GET /health/live HTTP/1.1\r\nHost: localhost\r\nX: ', 'G', ''];
    const ended = beginnings.map(async (beginning) => {
      const connection = socket();
      connection.write(beginning);
      connection.resume();
      await once(connection, 'close');
      return connection.bytesWritten;
    });
    expect(await Promise.all(ended)).toEqual(beginnings.map(({ length }) => length));
  }, 20_000);
});

describe('the rules by themselves', () => {
  const rules = { listens: 'mine.example', hosts: ['*'] };

  it('the host of admin.listen is allowed', () => {
    expect(isAllowedHost('mine.example', { ...rules, hosts: [] })).toBe(true);
    expect(isAllowedHost('other.example', { ...rules, hosts: [] })).toBe(false);
  });

  it('an asterisk allows any name', () => {
    expect(isAllowedHost('evil.example', rules)).toBe(true);
  });

  it.each([
    ['Example.ORG.:80', 'example.org'],
    ['[::1%25eth0]:80', '::1%25eth0'],
    ['1.2.3.4:80', '1.2.3.4'],
    ['a@b', null],
    ['', null],
  ])('%j is the host %j', (field, host) => {
    expect(hostOf(field)).toBe(host);
  });
});
