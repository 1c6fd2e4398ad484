import { expect, it } from 'vitest';
import { Registry } from 'prom-client';
import { HttpMetrics, counted } from '../../../src/admin/http-metrics.ts';
import type { BulkTransport } from '../../../src/elasticsearch/client.ts';
import { documents } from '../support/fakes.ts';

it('the documents reach the transport, which checks their data streams', async () => {
  const given: Parameters<BulkTransport['send']>[] = [];
  const transport: BulkTransport = {
    async send(...all) {
      given.push(all);
      return { status: 200, body: '' };
    },
    refresh: () => {},
    close: async () => {},
  };
  const [body, { signal }, sent] = [Buffer.from('x'), new AbortController(), documents(2)];
  await counted(transport, new HttpMetrics(new Registry(), 'logweir_')).send(body, signal, sent);
  expect(given[0]?.slice(0, 3)).toEqual([body, signal, sent]);
});
