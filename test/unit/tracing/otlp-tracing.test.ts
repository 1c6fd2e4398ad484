/** The real SDK, and a real receiver of what it exports. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BulkSender } from '../../../src/elasticsearch/bulk.ts';
import { CircuitBreaker } from '../../../src/elasticsearch/circuit-breaker.ts';
import type { BulkTransport } from '../../../src/elasticsearch/client.ts';
import { AdaptiveConcurrency } from '../../../src/elasticsearch/concurrency.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import type { Product } from '../../../src/elasticsearch/product.ts';
import type { Answer } from '../../../src/elasticsearch/verdict.ts';
import { type Tracing, traced } from '../../../src/tracing/traced.ts';
import { startTracing } from '../../../src/tracing/tracing.ts';
import { configOf } from '../support/config.ts';
import { documents, makeDocument, received, sourceRecord } from '../support/fakes.ts';
import { memoryLog } from '../support/memory-log.ts';
import { receivedRun } from '../support/runs.ts';
import { Collector } from './collector.ts';
import { contextOf, traceparentOf } from './contexts.ts';

const CLIENT = 3;
const ERROR = 2;
const item = (status: number, type?: string) => ({
  index: { status, ...(type === undefined ? {} : { error: { type, reason: 'x' } }) },
});
const answered = (...items: object[]): Answer => ({ status: 200, body: { errors: true, items } });
const never = new AbortController().signal;

let collector: Collector;
beforeEach(async () => {
  server.product = null;
  collector = await Collector.start();
});
afterEach(() => collector[Symbol.asyncDispose]());

async function startedTracing(more = '', endpoint = collector.endpoint) {
  const { log, lines } = memoryLog();
  const tracing = await startTracing(configOf(`tracing: { endpoint: '${endpoint}'${more} }`), log);
  if (tracing === null) throw new Error('tracing is off');
  return { tracing, lines };
}

const server: { product: Product | null } = { product: null };

/** The answers in turn; the last one repeats. */
function transportOf(tracing: Tracing, ...answers: Answer[]): BulkTransport {
  let request = 0;
  return traced(
    {
      send: async () => answers[Math.min(request++, answers.length - 1)] as Answer,
      refresh: () => {},
      close: async () => {},
    },
    tracing,
    server,
  );
}

function senderOver(transport: BulkTransport): BulkSender {
  const events = {
    indexed: ({ settlement }: Document) => settlement.settle('indexed'),
    diverted: () => undefined,
    rejected({ settlement }: Document) {
      settlement.settle('dead_lettered');
      return undefined;
    },
    blocked: () => {},
    answered: () => {},
    retrying: () => {},
  };
  const backoff = { initial_ms: 1, max_ms: 1 };
  return new BulkSender(transport, new CircuitBreaker(() => {}), new AdaptiveConcurrency(), backoff, events);
}

it('a bulk request is a span of kind client, with a link to each record, also of a run', async () => {
  const { tracing } = await startedTracing();
  const headers = (id: number) => [{ traceparent: Buffer.from(traceparentOf(id)) }];
  const run = receivedRun([1, 2].map((id, offset) => sourceRecord({ offset, headers: headers(id) })));
  const single = makeDocument(received({ headers: headers(3) }).settlement, 'index', 'app-logs', '3', '{}');
  const body = Buffer.alloc(1234);
  const answer = answered(item(201), item(201), item(200));
  const documentsOfRequest = [run.document, single];
  expect(await transportOf(tracing, answer).send(body, never, documentsOfRequest)).toBe(answer);
  await tracing.close();

  const [span, ...others] = collector.spans;
  expect(others).toEqual([]);
  expect(span).toMatchObject({ name: 'bulk', kind: CLIENT, status: { code: 0 } });
  expect(span?.parentSpanId).toBeUndefined();
  expect(span?.attributes).toEqual({
    'db.system.name': 'elasticsearch',
    'db.operation.name': 'bulk',
    'db.collection.name': 'app-logs',
    'db.operation.batch.size': 3,
    'db.response.status_code': '200',
    'http.request.method': 'POST',
    'server.address': 'localhost',
    'server.port': 9200,
    'url.full': 'http://localhost:9200/_bulk',
    'logweir.documents': 3,
    'logweir.bytes': 1234,
    'logweir.attempt': 1,
    'logweir.outcome': 'ok',
    'logweir.documents_failed': 0,
  });
  expect(span?.links.map(({ traceId, spanId }) => ({ traceId, spanId, isSampled: true }))).toEqual(
    [1, 2, 3].map(contextOf),
  );
  expect(collector.resource).toMatchObject({ 'service.name': 'logweir' });
  expect(collector.requests[0]).toMatchObject({ url: '/v1/traces' });
});

it.each<[string, Answer, object]>([
  [
    'documents that fail',
    answered(item(201), item(400, 'mapper_parsing_exception')),
    { 'logweir.outcome': 'partial', 'logweir.documents_failed': 1, 'error.type': 'partial' },
  ],
  [
    'HTTP 429',
    { status: 429, body: '' },
    { 'logweir.outcome': 'retry', 'error.type': '429', 'db.response.status_code': '429' },
  ],
  ['HTTP 403', { status: 403, body: '' }, { 'logweir.outcome': 'hold', 'error.type': '403' }],
  ['HTTP 413', { status: 413, body: '' }, { 'logweir.outcome': 'split', 'error.type': '413' }],
  [
    'no connection',
    { failure: 'connect ECONNREFUSED' },
    { 'logweir.outcome': 'retry', 'error.type': 'connection_failed', 'logweir.documents_failed': 2 },
  ],
  ['no answer', { failure: 'no answer within 5 ms' }, { 'error.type': 'timed_out' }],
  ['an answer that is none', { status: 200, body: 'hello' }, { 'error.type': 'invalid_answer' }],
])('a request has an error status after %s', async (_name, answer, attributes) => {
  const { tracing } = await startedTracing();
  await transportOf(tracing, answer).send(Buffer.from('x'), never, documents(2));
  await tracing.close();
  const [span] = collector.spans;
  expect(span?.status.code).toBe(ERROR);
  expect(span?.attributes).toMatchObject(attributes);
});

it('a request that is repeated is a span of its own, with its attempt', async () => {
  const { tracing } = await startedTracing();
  const busy: Answer = { status: 429, body: '' };
  await senderOver(transportOf(tracing, busy, busy, answered(item(201)))).send(documents(1));
  await tracing.close();
  expect(collector.spans.map(({ attributes }) => attributes['logweir.attempt'])).toEqual([1, 2, 3]);
  expect(collector.spans.map(({ attributes }) => attributes['logweir.outcome'])).toEqual([
    'retry',
    'retry',
    'ok',
  ]);
});

it('a request without documents, or outside the sample, has no span', async () => {
  const { tracing } = await startedTracing(', sample_ratio: 0');
  await transportOf(tracing, answered(item(201))).send(Buffer.from('x'), never, documents(1));
  await tracing.close();
  const all = await startedTracing();
  await transportOf(all.tracing, { status: 400, body: '' }).send(Buffer.from('\n'), never);
  await all.tracing.close();
  expect(collector.requests).toEqual([]);
});

it('names service and product, and sends the headers of the file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'logweir-tracing-'));
  try {
    const file = join(directory, 'headers');
    writeFileSync(file, '# of the collector\nAuthorization: Bearer first\n\nx-tenant: logs\n');
    const { tracing } = await startedTracing(`, service_name: shop, headers_file: '${file}'`);
    server.product = 'opensearch';
    // A token that is replaced is used without a restart.
    writeFileSync(file, 'Authorization: Bearer second\nx-tenant: logs\n');
    await transportOf(tracing, answered(item(201))).send(Buffer.from('x'), never, documents(1));
    await tracing.close();
    expect(collector.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer second',
      'x-tenant': 'logs',
    });
    expect(collector.spans[0]?.attributes).toMatchObject({ 'db.system.name': 'opensearch' });
    expect(collector.resource).toMatchObject({ 'service.name': 'shop' });
    writeFileSync(file, 'Bearer secret-token\n');
    const failed = startedTracing(`, headers_file: '${file}'`);
    await expect(failed).rejects.toThrow(/line 1 of .* must be a header/);
    await expect(failed).rejects.not.toThrow(/secret-token/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it('without a collector, documents are delivered, and close ends soon', async () => {
  const port = new URL(collector.endpoint).port;
  await collector[Symbol.asyncDispose]();
  const { tracing } = await startedTracing('', `http://127.0.0.1:${port}`);
  const batch = documents(1);
  await senderOver(transportOf(tracing, answered(item(201)))).send(batch);
  expect(batch[0]?.settlement.settled).toBe(true);
  const start = performance.now();
  await tracing.close();
  expect(performance.now() - start).toBeLessThan(4000);
  collector = await Collector.start();
});

it('a collector that does not answer delays neither delivery nor the end', async () => {
  collector.status = null;
  const { tracing } = await startedTracing();
  await senderOver(transportOf(tracing, answered(item(201)))).send(documents(1));
  const start = performance.now();
  await tracing.close();
  expect(performance.now() - start).toBeLessThan(4000);
  expect(collector.requests).toHaveLength(1);
});

it('a login in the endpoint is a mistake of the configuration', () => {
  expect(() => configOf("tracing: { endpoint: 'http://me:secret@host' }")).toThrow(
    /must not contain a login/,
  );
  expect(() => configOf('tracing: { endpoint: host:4318 }')).toThrow(/must be a URL/);
});
