/** The parts of an aggregator, made from its configuration, between a server and a receiver of traces. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createComponents } from '../../../src/components.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { startTracing } from '../../../src/tracing/tracing.ts';
import { LiveChain } from '../../../src/transform/runtime/live-chain.ts';
import { makeDocument, received } from '../support/fakes.ts';
import { memoryLog } from '../support/memory-log.ts';
import { Collector } from './collector.ts';
import { contextOf, traceparentOf } from './contexts.ts';

it('a document that is delivered leaves a span of its request, with a link to its record', async () => {
  await using collector = await Collector.start();
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('x-elastic-product', 'Elasticsearch');
      response.end('{"errors":false,"items":[{"index":{"status":201}}]}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const directory = mkdtempSync(join(tmpdir(), 'logweir-wiring-'));
  try {
    const path = join(directory, 'logweir.yaml');
    writeFileSync(
      path,
      `kafka: { topics: [app-logs] }
elasticsearch: { product: elasticsearch, endpoints: 'http://127.0.0.1:${port}' }
tracing: { endpoint: '${collector.endpoint}' }`,
    );
    const loaded = loadConfig(path, {});
    const { log } = memoryLog();
    const tracing = await startTracing(loaded.config, log);
    const chain = await LiveChain.load(loaded, log, null);
    const { batcher, transport } = createComponents(loaded, chain, log, { tracing });
    const { settlement, outcomes } = received({
      headers: [{ traceparent: Buffer.from(traceparentOf(7)) }],
    });
    batcher.addAtOnce([makeDocument(settlement, 'index', 'app-logs', '1', '{}')]);
    await expect.poll(() => outcomes, { timeout: 30_000 }).toEqual(['indexed']);
    await Promise.all([transport.close(), chain.close(), tracing?.close()]);
    expect(collector.spans).toMatchObject([
      {
        name: 'bulk',
        attributes: { 'logweir.outcome': 'ok', 'server.port': port },
        links: [{ traceId: contextOf(7).traceId, spanId: contextOf(7).spanId }],
      },
    ]);
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  }
});
