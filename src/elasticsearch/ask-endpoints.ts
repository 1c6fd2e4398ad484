import type { Readable } from 'node:stream';
import { Client } from '@elastic/elasticsearch';
import type { Config } from '../config/schema.ts';
import { messageOf } from '../errors.ts';
import { answerOf, textOf } from './answer-text.ts';
import { clientOptions } from './client-options.ts';
import { type ServerProduct, identify, isOwnError } from './product.ts';
import type { CheckEndpoints, EndpointState } from './reachability.ts';

const TIMEOUT_MAX_MS = 5000;
/** The body names product and version. Without it an answer still shows that the server is up. */
const BODY_TIMEOUT_MS = 1000;
const BODY_BYTES_MAX = 100_000;

/**
 * Checks each endpoint with `GET /`, and tells `product` what it finds. No privilege is needed. Each check
 * reads the files for credentials and certificates, and keeps no connection: there is at most one check in a
 * second.
 */
export function askEndpoints(config: Config['elasticsearch'], product: ServerProduct): CheckEndpoints {
  const timeout = Math.min(config.request.timeout_ms, TIMEOUT_MAX_MS);
  const ask = async (endpoint: string, signal: AbortSignal): Promise<State> => {
    let client: Client;
    try {
      const { nodes: _all, ...options } = clientOptions(config);
      client = new Client({ ...options, node: endpoint });
    } catch (error) {
      // A file is missing or being replaced.
      return { reason: messageOf(error) };
    }
    try {
      return await stateOf(client, product, timeout, signal);
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

async function stateOf(
  client: Client,
  product: ServerProduct,
  timeout: number,
  signal: AbortSignal,
): Promise<State> {
  const late = AbortSignal.timeout(timeout);
  try {
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
    return judge(product, statusCode, headers, await bodyOf(body, headers['content-encoding']));
  } catch (error) {
    if (late.aborted) return { reason: `no answer within ${timeout} ms` };
    return { reason: answerOf(error).failure };
  }
}

/** The text of the body; empty if it does not come, or is too long. */
async function bodyOf(body: Readable, encoding: string | string[] | undefined): Promise<string> {
  const timer = setTimeout(() => body.destroy(new Error('late')), BODY_TIMEOUT_MS);
  try {
    return await textOf(body, encoding, BODY_BYTES_MAX);
  } catch {
    return '';
  } finally {
    clearTimeout(timer);
    body.on('error', () => {}).destroy();
  }
}

/** Any answer of the product shows that it is up, except a rejected login and a server error. */
function judge(
  product: ServerProduct,
  status: number,
  headers: Readonly<Record<string, unknown>>,
  body: string,
): State {
  const identity = identify(status, headers, body);
  if (identity !== null) {
    const reason = product.learn(identity);
    if (reason !== null) return { reason, isForeign: true };
  } else if (product.product !== 'opensearch' || !isOwnError(status, body))
    return { reason: product.stranger(status), isForeign: true };
  if (status === 401) return { reason: 'HTTP 401: login rejected' };
  return { reason: status >= 500 ? `HTTP ${status}` : null };
}
