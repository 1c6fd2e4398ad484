import type { Readable } from 'node:stream';
import { Client, errors } from '@elastic/elasticsearch';
import type { Config } from '../config/schema.ts';
import { messageOf } from '../errors.ts';
import { answerOf } from './client.ts';
import { clientOptions } from './client-options.ts';
import type { AsksEndpoints, EndpointState } from './reachability.ts';

const TIMEOUT_MAX_MS = 5000;
const PRODUCT = 'Elasticsearch';

/**
 * Asks each endpoint by itself, with `GET /`, which needs no privilege. With the credentials and certificates that are in their
 * files at that moment, and without a connection that stays: it is asked every few seconds at most.
 */
export function askEndpoints(config: Config['elasticsearch']): AsksEndpoints {
  const timeout = Math.min(config.request.timeout_ms, TIMEOUT_MAX_MS);
  const ask = async (endpoint: string, signal: AbortSignal): Promise<State> => {
    let client: Client;
    try {
      const { nodes: _all, ...options } = clientOptions(config);
      client = new Client({ ...options, node: endpoint });
    } catch (error) {
      // A file is being replaced, or is missing.
      return { reason: messageOf(error) };
    }
    try {
      return await stateOf(client, timeout, signal);
    } finally {
      void client.close();
    }
  };
  return async (signal) =>
    await Promise.all(
      config.endpoints.map(async (endpoint) => ({
        endpoint: withoutPassword(endpoint),
        ...(await ask(endpoint, signal)),
      })),
    );
}

export function withoutPassword(endpoint: string): string {
  const url = new URL(endpoint);
  url.username = '';
  url.password = '';
  return url.toString();
}

type State = Omit<EndpointState, 'endpoint'>;

async function stateOf(client: Client, timeout: number, signal: AbortSignal): Promise<State> {
  const late = AbortSignal.timeout(timeout);
  try {
    // As a stream: nothing of the body is looked at.
    const { statusCode, headers, body } = await client.transport.request<Readable>(
      { method: 'GET', path: '/' },
      {
        meta: true,
        asStream: true,
        headers: { accept: 'application/json' },
        maxRetries: 0,
        signal: AbortSignal.any([signal, late]),
      },
    );
    body.on('error', () => {}).destroy();
    return judgeStatus(statusCode, headers['x-elastic-product']);
  } catch (error) {
    if (late.aborted) return { reason: `no answer within ${timeout} ms` };
    return { reason: answerOf(error).failure, isForeign: error instanceof errors.ProductNotSupportedError };
  }
}

/** Whatever Elasticsearch answers shows that it is there, but for a login that it refuses and for what it cannot do now. */
function judgeStatus(status: number, product: unknown): State {
  if (product !== PRODUCT) {
    const reason = `HTTP ${status} without the header X-Elastic-Product: is a proxy removing it, or is this not Elasticsearch?`;
    return { reason, isForeign: true };
  }
  if (status === 401) return { reason: 'HTTP 401: it refuses the login' };
  return { reason: status >= 500 ? `HTTP ${status}` : null };
}
