import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { askEndpoints } from '../../../src/elasticsearch/ask-endpoints.ts';
import { ServerProduct } from '../../../src/elasticsearch/product.ts';
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

/** Starts a server. @returns its URL */
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

let product: ServerProduct;
const ask = async (urls: string[], more = '', timeout = 20_000): Promise<readonly EndpointState[]> => {
  const yaml = `elasticsearch: { endpoints: ${JSON.stringify(urls)}, request: { timeout_ms: ${timeout} } ${more} }`;
  const { elasticsearch } = configOf(yaml);
  product = new ServerProduct(elasticsearch.product);
  return askEndpoints(elasticsearch, product)(never);
};

it.each<[number, Record<string, string>, RegExp | null]>([
  [200, PRODUCT, null],
  // The development server has no handler for GET /.
  [405, PRODUCT, null],
  [403, PRODUCT, null],
  [404, PRODUCT, null],
  [429, PRODUCT, null],
  [401, PRODUCT, /^HTTP 401: login rejected$/],
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

it('reports a refused connection', async () => {
  expect((await ask(['http://127.0.0.1:1']))[0]?.reason).toMatch(/ECONNREFUSED/);
});

it('reports a server without TLS', async () => {
  const url = await serve((response) => response.writeHead(200, PRODUCT).end('{}'));
  const [state] = await ask([url.replace('http:', 'https:')]);
  expect(state?.reason).toMatch(/SSL|TLS|packet length|wrong version/i);
});

it('stops waiting after the request timeout', async () => {
  const url = await serve(() => {});
  expect((await ask([url], '', 300))[0]?.reason).toBe('no answer within 300 ms');
});

it('does not wait long for the body of an answer', async () => {
  const url = await serve((response) => response.writeHead(200, PRODUCT).write('{'));
  expect((await ask([url]))[0]?.reason).toBeNull();
});

it('checks each endpoint with the login of the first that has one, and shows no password', async () => {
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

it('reports a missing file as the reason', async () => {
  const url = await serve((response) => response.writeHead(200, PRODUCT).end('{}'));
  const [state] = await ask([url], ', auth: { username: u, password_file: /nowhere/password }');
  expect(state?.reason).toMatch(/^elasticsearch.auth.password_file: cannot read \/nowhere\/password/);
});

it('sends only GET /, and keeps no connection', async () => {
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

const PLUGIN = 'no permissions for [cluster:monitor/main] and User [name=none, backend_roles=[]]';
const forbidden = (reason: string): string =>
  JSON.stringify({ error: { type: 'security_exception', reason }, status: 403 });
const main = (version: object, tagline = 'The OpenSearch Project: https://opensearch.org/'): string =>
  JSON.stringify({ name: 'n', version, tagline });

it.each<[string, number, Record<string, string>, string, string, object | null, RegExp | null]>([
  [
    'names itself',
    200,
    {},
    main({ distribution: 'opensearch', number: '2.19.1' }),
    'auto',
    { version: '2.19.1' },
    null,
  ],
  ['poses as 7.10.2', 200, {}, main({ number: '7.10.2' }), 'auto', { version: '7.10.2' }, null],
  [
    'has the header of OpenSearch 3',
    403,
    { 'x-opensearch-version': 'OpenSearch/3.6.0 (opensearch)' },
    '{}',
    'auto',
    { version: '3.6.0' },
    null,
  ],
  ['forbids GET /', 403, {}, forbidden(PLUGIN), 'auto', { version: null }, null],
  [
    'rejects the login',
    401,
    { 'www-authenticate': 'Basic realm="OpenSearch Security"' },
    'Unauthorized',
    'auto',
    { version: null },
    /^HTTP 401: login rejected$/,
  ],
  [
    'is not wanted',
    200,
    {},
    main({ distribution: 'opensearch', number: '3.6.0' }),
    'elasticsearch',
    null,
    /^this is OpenSearch, but elasticsearch\.product is elasticsearch$/,
  ],
  [
    'answers with an error, and is configured',
    429,
    {},
    '{"error":"busy","status":429}',
    'opensearch',
    null,
    null,
  ],
  ['is a proxy that forbids', 403, {}, forbidden('by the proxy'), 'auto', null, /X-Elastic-Product/],
  [
    'is a proxy, and OpenSearch is configured',
    404,
    {},
    '<html>',
    'opensearch',
    null,
    /^HTTP 404 that is not of/,
  ],
  [
    'is something else',
    200,
    {},
    main({ number: '1.0' }, 'You Know, for Search'),
    'auto',
    null,
    /X-Elastic-P/,
  ],
])('a server without the header that %s', async (_name, status, headers, body, setting, identity, reason) => {
  const url = await serve((response) => response.writeHead(status, headers).end(body));
  const [state] = await ask([url], `, product: ${setting}`);
  expect(product.identity).toEqual(identity === null ? null : { product: 'opensearch', ...identity });
  if (reason === null) expect(state).toEqual({ endpoint: `${url}/`, reason: null });
  else expect(state?.reason).toMatch(reason);
});

it('reads the version of Elasticsearch', async () => {
  const body = JSON.stringify({ version: { number: '9.5.0' } });
  await ask([await serve((response) => response.writeHead(200, PRODUCT).end(body))]);
  expect(product.identity).toEqual({ product: 'elasticsearch', version: '9.5.0' });
});
