import { type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { type BulkTransport, connectElasticsearch } from '../../../src/elasticsearch/client.ts';
import { configOf } from '../support/config.ts';

const PRODUCT = { 'x-elastic-product': 'Elasticsearch', 'content-type': 'application/json' };
const never = new AbortController().signal;
const BODY = Buffer.from('{"index":{}}\n{}\n');

let server: Server | undefined;
let transport: BulkTransport | undefined;
let connections = 0;

afterEach(async () => {
  await transport?.close();
  server?.closeAllConnections();
  server?.close();
  connections = 0;
});

async function against(answer: (response: ServerResponse) => void): Promise<BulkTransport> {
  const made = createServer((request, response) => {
    request.resume().on('end', () => answer(response));
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
  const yaml = `elasticsearch: { endpoints: "http://127.0.0.1:${port}", request: { timeout_ms: 300 } }`;
  transport = connectElasticsearch(configOf(yaml).elasticsearch);
  return transport;
}

it('what comes back is the status and the text, whatever the status', async () => {
  for (const status of [200, 401, 503]) {
    const sender = await against((response) => response.writeHead(status, PRODUCT).end('{"a": 1}'));
    expect(await sender.send(BODY, never)).toEqual({ status, body: '{"a": 1}', retryAfter: undefined });
  }
});

it('an answer that a proxy has packed is unpacked, and Retry-After is handed on', async () => {
  const headers = { ...PRODUCT, 'content-encoding': 'gzip', 'retry-after': '7' };
  const sender = await against((response) => response.writeHead(429, headers).end(gzipSync('{"b":2}')));
  expect(await sender.send(BODY, never)).toEqual({ status: 429, body: '{"b":2}', retryAfter: '7' });
});

it('an answer that stops midway is a failure after the request timeout', async () => {
  const sender = await against((response) => {
    response.writeHead(200, { ...PRODUCT, 'content-length': 100 }).write('{"errors":');
  });
  expect(await sender.send(BODY, never)).toEqual({ failure: 'no answer within 300 ms' });
});

it('an answer that is refused unread keeps no connection', async () => {
  const sender = await against((response) => response.writeHead(200).end('x'.repeat(300_000)));
  for (let request = 0; request < 20; request++) {
    const answer = await sender.send(BODY, never);
    expect('failure' in answer && answer.failure).toMatch(/X-Elastic-Product/);
  }
  await delay(100);
  expect(connections).toBeLessThan(5);
});

it('a node that answers 503 is passed over while there is another', async () => {
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
  );
  for (let request = 0; request < 20; request++) await transport.send(BODY, never);
  for (const node of nodes) {
    node.closeAllConnections();
    node.close();
  }
  expect(asked.down).toBeLessThan(5);
  expect(asked.up).toBeGreaterThan(15);
});

it('a request that is called off is a failure, at once', async () => {
  const sender = await against(() => {});
  const off = new AbortController();
  const answer = sender.send(BODY, off.signal);
  off.abort();
  expect(await answer).toHaveProperty('failure');
});
