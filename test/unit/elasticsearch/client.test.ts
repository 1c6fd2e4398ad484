import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type BulkTransport, connectElasticsearch } from '../../../src/elasticsearch/client.ts';
import { ServerProduct } from '../../../src/elasticsearch/product.ts';
import { configOf } from '../support/config.ts';

const PRODUCT = { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' };
const never = new AbortController().signal;
const BODY = Buffer.from('{"index":{}}\n{}\n');

let server: Server | undefined;
let transport: BulkTransport | undefined;
let product: ServerProduct;
let connections = 0;

afterEach(async () => {
  await transport?.close();
  server?.closeAllConnections();
  server?.close();
  connections = 0;
});

/** @param timeoutMs long enough for a busy machine */
async function against(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
  timeoutMs = 10_000,
  more = '',
): Promise<BulkTransport> {
  const made = createServer((request, response) => {
    request.resume().on('end', () => answer(response, request));
  });
  server = made;
  made.on('connection', (socket) => {
    connections++;
    socket.on('close', () => connections--);
  });
  await new Promise<void>((resolve) => {
    made.listen(0, '127.0.0.1', resolve);
  });
  const { port } = made.address() as AddressInfo;
  const yaml = `elasticsearch: { endpoints: "http://127.0.0.1:${port}", request: { timeout_ms: ${timeoutMs} } ${more} }`;
  const { elasticsearch } = configOf(yaml);
  product = new ServerProduct(elasticsearch.product);
  transport = connectElasticsearch(elasticsearch, product);
  return transport;
}

it('returns status and text for any status', async () => {
  for (const status of [200, 401, 503]) {
    const sender = await against((response) => response.writeHead(status, PRODUCT).end('{"a": 1}'));
    expect(await sender.send(BODY, never)).toEqual({ status, body: '{"a": 1}', retryAfter: undefined });
  }
});

it('decompresses an answer, and returns Retry-After', async () => {
  const headers = { ...PRODUCT, 'content-encoding': 'gzip', 'retry-after': '7' };
  const sender = await against((response) => response.writeHead(429, headers).end(gzipSync('{"b":2}')));
  expect(await sender.send(BODY, never)).toEqual({ status: 429, body: '{"b":2}', retryAfter: '7' });
});

it('an incomplete answer is a failure after the request timeout', async () => {
  const sender = await against((response) => {
    response.writeHead(200, { ...PRODUCT, 'content-length': 100 }).write('{"errors":');
  }, 300);
  expect(await sender.send(BODY, never)).toEqual({ failure: 'no answer within 300 ms' });
});

it('an unread answer keeps no connection', async () => {
  const sender = await against((response) => response.writeHead(200).end('x'.repeat(300_000)));
  for (let request = 0; request < 20; request++) {
    const answer = await sender.send(BODY, never);
    expect('failure' in answer && answer.failure).toMatch(/X-Elastic-Product/);
  }
  await delay(100);
  expect(connections).toBeLessThan(5);
});

it('a node that answers 503 is avoided while there is another', async () => {
  const asked = { down: 0, up: 0 };
  const listen = async (name: keyof typeof asked, status: number): Promise<Server> => {
    const made = createServer((request, response) => {
      request.resume().on('end', () => {
        asked[name]++;
        response.writeHead(status, PRODUCT).end('{}');
      });
    });
    await new Promise<void>((resolve) => {
      made.listen(0, '127.0.0.1', resolve);
    });
    return made;
  };
  const nodes = [await listen('down', 503), await listen('up', 200)];
  const urls = nodes.map((node) => `"http://127.0.0.1:${(node.address() as AddressInfo).port}"`);
  transport = connectElasticsearch(
    configOf(`elasticsearch: { endpoints: [${urls.join(', ')}] }`).elasticsearch,
    new ServerProduct('elasticsearch'),
  );
  for (let request = 0; request < 20; request++) await transport.send(BODY, never);
  for (const node of nodes) {
    node.closeAllConnections();
    node.close();
  }
  expect(asked.down).toBeLessThan(5);
  expect(asked.up).toBeGreaterThan(15);
});

it('an aborted request is a failure at once', async () => {
  const sender = await against(() => {});
  const off = new AbortController();
  const answer = sender.send(BODY, off.signal);
  off.abort();
  expect(await answer).toHaveProperty('failure');
});

describe('the product', () => {
  const ITEMS = '{"errors":false,"items":[{"index":{"result":"created","status":201}}]}';
  const MAIN = JSON.stringify({ version: { distribution: 'opensearch', number: '2.19.1' } });
  const FORBIDDEN =
    '{"error":{"type":"security_exception","reason":"no permissions for [cluster:monitor/main] and User []"},"status":403}';

  /** A server that answers by path; without an answer for it as a proxy that does not pass it. */
  async function serving(answers: Record<string, [number, string, object?]>, more = '') {
    const asked: string[] = [];
    const sender = await against(
      (response, request) => {
        const [path] = (request.url ?? '').split('?');
        const key = `${request.method} ${path}`;
        asked.push(key);
        const [status, body, headers] = answers[key] ?? [404, '<html>not here</html>', {}];
        response.writeHead(status, { ...headers }).end(body);
      },
      10_000,
      more,
    );
    return { sender, asked };
  }

  it.each<[string, Record<string, [number, string, object?]>, string | null]>([
    ['OpenSearch', { 'GET /': [200, MAIN] }, '2.19.1'],
    ['OpenSearch whose role lacks cluster:monitor/main', { 'GET /': [403, FORBIDDEN] }, null],
  ])('%s is asked once, and its answers are accepted', async (_name, answers, version) => {
    const { sender, asked } = await serving({ ...answers, 'POST /_bulk': [200, ITEMS] });
    for (let request = 0; request < 2; request++)
      expect(await sender.send(BODY, never)).toMatchObject({ status: 200, body: ITEMS });
    expect(asked).toEqual(['GET /', 'POST /_bulk', 'POST /_bulk']);
    expect(product.identity).toEqual({ product: 'opensearch', version });
  });

  it('a proxy that passes only _bulk to Elasticsearch is no obstacle', async () => {
    const { sender, asked } = await serving({ 'POST /_bulk': [200, ITEMS, PRODUCT] });
    expect(await sender.send(BODY, never)).toMatchObject({ status: 200 });
    // The first one is empty, and identifies.
    expect(asked).toEqual(['GET /', 'POST /_bulk', 'POST /_bulk']);
  });

  it.each([
    ['a page for everything', { 'GET /': [200, '<html>'], 'POST /_bulk': [200, '<html>'] }],
    ['another product', { 'GET /': [200, '{"version":{"number":"1"}}'], 'POST /_bulk': [200, ITEMS] }],
  ] as const)('%s gets no document, and is a failure', async (_name, answers) => {
    const { sender, asked } = await serving(answers as never);
    const answer = await sender.send(BODY, never);
    expect('failure' in answer && answer.failure).toMatch(/^an answer without the header X-Elastic-Product/);
    expect('failure' in answer && answer.failure).toContain('set elasticsearch.product: opensearch');
    expect(asked).toEqual(['GET /', 'POST /_bulk']);
  });

  it('with product: opensearch nothing is asked, and the answer of Elasticsearch is a failure', async () => {
    const open = await serving({ 'POST /_bulk': [200, ITEMS] }, ', product: opensearch');
    expect(await open.sender.send(BODY, never)).toMatchObject({ status: 200 });
    expect(open.asked).toEqual(['POST /_bulk']);
    const elastic = await serving({ 'POST /_bulk': [200, ITEMS, PRODUCT] }, ', product: opensearch');
    expect(await elastic.sender.send(BODY, never)).toEqual({
      failure: 'this is Elasticsearch, but elasticsearch.product is opensearch',
    });
  });

  it('with product: elasticsearch the answers of OpenSearch are failures', async () => {
    const { sender } = await serving(
      { 'GET /': [200, MAIN], 'POST /_bulk': [200, ITEMS] },
      ', product: elasticsearch',
    );
    const answer = await sender.send(BODY, never);
    expect('failure' in answer && answer.failure).toMatch(/X-Elastic-Product/);
  });

  it('an Elasticsearch that is replaced by an OpenSearch is identified again', async () => {
    const answers: Record<string, [number, string, object?]> = { 'POST /_bulk': [200, ITEMS, PRODUCT] };
    const { sender } = await serving(answers);
    await sender.send(BODY, never);
    expect(product.product).toBe('elasticsearch');
    Object.assign(answers, { 'GET /': [200, MAIN], 'POST /_bulk': [200, ITEMS] });
    expect(await sender.send(BODY, never)).toHaveProperty('failure');
    expect(await sender.send(BODY, never)).toMatchObject({ status: 200 });
    expect(product.product).toBe('opensearch');
  });

  it('a rejected login is no unknown product', async () => {
    const { sender } = await serving({ 'GET /': [401, 'Unauthorized'] });
    expect(await sender.send(BODY, never)).toMatchObject({ status: 401 });
  });
});
