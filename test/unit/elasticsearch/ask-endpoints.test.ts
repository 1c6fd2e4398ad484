import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { askEndpoints } from '../../../src/elasticsearch/ask-endpoints.ts';
import type { EndpointState } from '../../../src/elasticsearch/reachability.ts';
import { configOf } from '../support/config.ts';

const PRODUCT = { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' };
const never = new AbortController().signal;
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server that answers so. @returns its URL */
async function serve(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
  credentials = '',
): Promise<string> {
  const server = createServer((request, response) => answer(response, request));
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://${credentials}127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ask = async (urls: string[], more = '', timeout = 20_000): Promise<readonly EndpointState[]> => {
  const yaml = `elasticsearch: { endpoints: ${JSON.stringify(urls)}, request: { timeout_ms: ${timeout} } ${more} }`;
  return askEndpoints(configOf(yaml).elasticsearch)(never);
};

it.each<[number, Record<string, string>, RegExp | null]>([
  [200, PRODUCT, null],
  // The development server has no handler for GET /.
  [405, PRODUCT, null],
  [403, PRODUCT, null],
  [404, PRODUCT, null],
  [429, PRODUCT, null],
  [401, PRODUCT, /^HTTP 401: it refuses the login$/],
  [503, PRODUCT, /^HTTP 503$/],
  [500, PRODUCT, /^HTTP 500$/],
  [200, {}, /X-Elastic-Product/],
  [404, {}, /^HTTP 404 without the header X-Elastic-Product/],
  [302, { location: '/login' }, /^HTTP 302 without the header/],
  [502, { 'content-type': 'text/html' }, /^HTTP 502 without the header/],
  [401, { 'content-type': 'application/json' }, /^HTTP 401 without the header/],
])('HTTP %i with %o: %s', async (status, headers, reason) => {
  for (const body of ['{}', '<html>', '']) {
    const url = await serve((response) => response.writeHead(status, headers).end(body));
    const [state] = await ask([url]);
    expect(state?.endpoint).toBe(`${url}/`);
    if (reason === null) expect(state?.reason).toBeNull();
    else expect(state?.reason).toMatch(reason);
    expect(state?.isForeign ?? false).toBe(!('x-elastic-product' in headers));
  }
});

it('what refuses connections is said', async () => {
  expect((await ask(['http://127.0.0.1:1']))[0]?.reason).toMatch(/ECONNREFUSED/);
});

it('a server that speaks no TLS says so', async () => {
  const url = await serve((response) => response.writeHead(200, PRODUCT).end('{}'));
  const [state] = await ask([url.replace('http:', 'https:')]);
  expect(state?.reason).toMatch(/SSL|TLS|packet length|wrong version/i);
});

it('what does not answer is given up after the request timeout', async () => {
  const url = await serve(() => {});
  expect((await ask([url], '', 300))[0]?.reason).toBe('no answer within 300 ms');
});

it('what is behind the headers of an answer is not waited for', async () => {
  const url = await serve((response) => response.writeHead(200, PRODUCT).write('{'));
  expect((await ask([url]))[0]?.reason).toBeNull();
});

it('each endpoint is asked for itself, with the login of the first that has one, and no password is told', async () => {
  const logins: (string | undefined)[] = [];
  const note = (response: ServerResponse, request: IncomingMessage): void => {
    logins.push(request.headers.authorization);
    response.writeHead(200, PRODUCT).end('{}');
  };
  const states = await ask([await serve(note, 'elastic:p%25w@'), await serve(note), 'http://127.0.0.1:1']);
  expect(states.map(({ reason }) => reason === null)).toEqual([true, true, false]);
  const login = `Basic ${Buffer.from('elastic:p%w').toString('base64')}`;
  expect(logins).toEqual([login, login]);
  expect(JSON.stringify(states)).not.toContain('p%');
});

it('a file that is missing is a reason, and not an end', async () => {
  const url = await serve((response) => response.writeHead(200, PRODUCT).end('{}'));
  const [state] = await ask([url], ', auth: { username: u, password_file: /nowhere/password }');
  expect(state?.reason).toMatch(/^elasticsearch.auth.password_file: cannot read \/nowhere\/password/);
});

it('GET / is all that is asked, and no connection stays', async () => {
  const asked: string[] = [];
  let open = 0;
  const url = await serve((response, request) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(200, PRODUCT).end('{}');
  });
  const closed = new Promise((resolve) => {
    servers[0]?.on('connection', (socket) => {
      open++;
      socket.on('close', () => resolve(--open));
    });
  });
  await ask([url]);
  expect(asked).toEqual(['GET /']);
  expect(await closed).toBe(0);
});
