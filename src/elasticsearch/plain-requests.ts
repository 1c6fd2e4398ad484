import { type IncomingHttpHeaders, type IncomingMessage, request as httpRequest } from 'node:http';
import { type RequestOptions, request as httpsRequest } from 'node:https';
import type { Config } from '../config/schema.ts';
import { messageOf } from '../errors.ts';
import { textOf } from './answer-text.ts';
import { clientOptions } from './client-options.ts';

/** In bytes. A mapping of 10,000 fields is about 2 MB. */
const ANSWER_BYTES_MAX = 20_000_000;

export interface PlainAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The parsed body; undefined if it is not JSON. */
  readonly json: unknown;
  /** The body as it came: `json` has lost digits. */
  readonly text: string;
}

/**
 * Sends one request to an endpoint. Also to OpenSearch, whose answers the official client rejects.
 *
 * @param body sent as JSON, a string as NDJSON
 * @throws Error whose message gives the reason, without credentials
 */
export type Ask = (method: string, path: string, body?: object | string) => Promise<PlainAnswer>;

/**
 * @param ending aborts all requests
 * @throws LogweirError CONFIG if a file of the TLS settings or credentials cannot be read
 */
export function plainRequests(
  config: Config['elasticsearch'],
  endpoint: string,
  timeoutMs: number,
  ending: AbortSignal = new AbortController().signal,
): Ask {
  const { auth, tls } = clientOptions(config);
  const url = new URL(endpoint);
  const isSecure = url.protocol === 'https:';
  const prefix = url.pathname.replace(/\/+$/, '');
  return async (method, path, body) => {
    const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const late = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([late, ending]);
    const options: RequestOptions = {
      method,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
      path: prefix + path,
      headers: {
        accept: 'application/json',
        ...authorization(auth),
        ...(payload === undefined
          ? {}
          : {
              'content-type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json',
              'content-length': Buffer.byteLength(payload),
            }),
      },
      signal,
      agent: false,
      ...(isSecure ? (tls as RequestOptions | undefined) : {}),
    };
    try {
      return await answered(isSecure, options, payload);
    } catch (error) {
      if (late.aborted) throw new Error(`no answer within ${timeoutMs} ms`, { cause: error });
      if (ending.aborted) throw new Error('no answer in time', { cause: error });
      throw new Error(reasonOf(error), { cause: error });
    }
  };
}

type Auth = ReturnType<typeof clientOptions>['auth'];

function authorization(auth: Auth): Record<string, string> {
  if (auth === undefined) return {};
  if ('username' in auth) {
    const login = Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
    return { authorization: `Basic ${login}` };
  }
  // client-options.ts encodes the key.
  return 'apiKey' in auth && typeof auth.apiKey === 'string'
    ? { authorization: `ApiKey ${auth.apiKey}` }
    : {};
}

async function answered(
  isSecure: boolean,
  options: RequestOptions,
  payload: string | undefined,
): Promise<PlainAnswer> {
  const outgoing = isSecure ? httpsRequest(options) : httpRequest(options);
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
  });
  outgoing.end(payload);
  const answer = await response;
  const text = await textOf(answer, undefined, ANSWER_BYTES_MAX);
  return { status: answer.statusCode ?? 0, headers: answer.headers, json: parsed(text), text };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Node's error for a host with several addresses has an empty message. */
function reasonOf(error: unknown): string {
  const inner = error instanceof AggregateError ? (error.errors as unknown[])[0] : error;
  return messageOf(inner).slice(0, 300);
}
