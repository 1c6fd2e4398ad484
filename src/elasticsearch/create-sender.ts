import type { Config } from '../config/schema.ts';
import { Batcher } from './batch.ts';
import { BodyLimit } from './body-limit.ts';
import { BulkSender } from './bulk.ts';
import type { BulkEvents } from './bulk-events.ts';
import type { BulkTransport } from './client.ts';
import { createConcurrency } from './concurrency.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';

/** Creates the sender and its batcher. Both share the limits on the size of bodies and on open requests. */
export function createSender(
  { request, batch }: Config['elasticsearch'],
  transport: BulkTransport,
  breaker: CircuitBreaker,
  events: BulkEvents,
): { sender: BulkSender; batcher: Batcher } {
  const concurrency = createConcurrency(request.concurrency);
  const limit = new BodyLimit(batch.max_bytes);
  const sender = new BulkSender(transport, breaker, concurrency, request.backoff, events, limit);
  return { sender, batcher: new Batcher(batch, sender, concurrency, limit) };
}
