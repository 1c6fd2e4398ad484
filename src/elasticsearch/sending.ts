import type { Config } from '../config/schema.ts';
import { Batcher } from './batch.ts';
import { BodyLimit } from './body-limit.ts';
import { BulkSender } from './bulk.ts';
import type { BulkEvents } from './bulk-events.ts';
import type { BulkTransport } from './client.ts';
import { createConcurrency } from './concurrency.ts';
import type { Outage } from './outage.ts';

/** The sender and the batcher in front of it, which share what is found out about the size of bodies and their number at once. */
export function createSending(
  { request, batch }: Config['elasticsearch'],
  transport: BulkTransport,
  outage: Outage,
  events: BulkEvents,
): { sender: BulkSender; batcher: Batcher } {
  const concurrency = createConcurrency(request.concurrency);
  const limit = new BodyLimit(batch.max_bytes);
  const sender = new BulkSender(transport, outage, concurrency, request.backoff, events, limit);
  return { sender, batcher: new Batcher(batch, sender, concurrency, limit) };
}
