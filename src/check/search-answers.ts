import { z } from 'zod';
import type { PlainAnswer } from '../elasticsearch/plain-requests.ts';
import type { EndpointFact, Product } from './search-facts.ts';

const rootSchema = z.object({
  version: z.object({ number: z.string(), distribution: z.string().optional() }),
});
const errorSchema = z.object({
  error: z.union([z.string(), z.object({ type: z.string().default(''), reason: z.string().nullish() })]),
});

/** As newer versions of OpenSearch send it: `OpenSearch/3.0.0 (opensearch)`. */
const VERSION_HEADER = /^OpenSearch\/(\d[\w.-]*)/;

/** What the answer to `GET /` tells. @param now the time of the answer, in milliseconds since the epoch */
export function rootFact(
  { status, headers, json }: Pick<PlainAnswer, 'status' | 'headers' | 'json'>,
  now: number,
): Pick<EndpointFact, 'status' | 'product' | 'version' | 'aheadMs'> {
  const root = rootSchema.safeParse(json).data;
  const [, named] = VERSION_HEADER.exec(String(headers['x-opensearch-version'] ?? '')) ?? [];
  const date = Date.parse(headers.date ?? '');
  return {
    status,
    product: productOf(headers, root?.version.distribution, json),
    version: root?.version.number ?? named ?? null,
    // The header has whole seconds.
    aheadMs: Number.isNaN(date) ? null : date > now ? date - now : Math.min(0, date + 1000 - now),
  };
}

function productOf(
  headers: PlainAnswer['headers'],
  distribution: string | undefined,
  json: unknown,
): Product | null {
  if (distribution === 'opensearch' || headers['x-opensearch-version'] !== undefined) return 'opensearch';
  if (headers['x-elastic-product'] === 'Elasticsearch') return 'elasticsearch';
  // A rejected login or request of the security plugin.
  const login = headers['www-authenticate'] ?? '';
  if (/opensearch/i.test(login) || reasonIn(json).startsWith('no permissions for [')) return 'opensearch';
  return null;
}

/** The reason in an error of Elasticsearch or OpenSearch; empty if there is none. */
export function reasonIn(json: unknown): string {
  const parsed = errorSchema.safeParse(json).data;
  if (parsed === undefined) return '';
  return typeof parsed.error === 'string' ? parsed.error : (parsed.error.reason ?? parsed.error.type);
}

/**
 * Whether the server itself says that it has no such request, since security is switched off, for instance. A
 * proxy that rejects a request has other words, and shows nothing about the server.
 */
export function isUnknownRequest({ status, json }: Pick<PlainAnswer, 'status' | 'json'>): boolean {
  const isBadRequest = status === 400 || status === 405;
  return isBadRequest && /no handler found|invalid index name|incorrect HTTP method/i.test(reasonIn(json));
}
