import { readFileSync } from 'node:fs';
import { Client, type ClientOptions, errors } from '@elastic/elasticsearch';
import type { Config } from '../config/schema.ts';
import { LogweirError, messageOf } from '../errors.ts';
import type { Answer } from './verdict.ts';

type ElasticsearchConfig = Config['elasticsearch'];

/** Sends one bulk body and tells what came back. Never throws: no answer is an answer too. */
export interface BulkTransport {
  send(body: Buffer, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

/** Only what the verdict needs comes back; positions stay as they were sent. */
const FILTER_PATH = 'errors,items.*.status,items.*.error';

/** Elasticsearch 9's client would send a media type that 8.x refuses; the plain ones serve both. */
const HEADERS = { 'content-type': 'application/x-ndjson', accept: 'application/json' };

/**
 * A bulk transport over the official client. Its own retries are off: the one retry loop is in bulk.ts.
 *
 * @throws LogweirError CONFIG where a file of the TLS settings or credentials cannot be read
 */
export function connectElasticsearch(config: ElasticsearchConfig): BulkTransport {
  const client = new Client(clientOptions(config));
  const querystring: Record<string, string> = { filter_path: FILTER_PATH };
  if (config.pipeline !== null) querystring['pipeline'] = config.pipeline;
  return {
    async send(body, signal) {
      // The client's timeout ends with the headers; this one covers the body of the answer too.
      const timeout = new AbortController();
      const timer = setTimeout(() => timeout.abort(), config.request.timeout_ms);
      try {
        const answer = await client.transport.request(
          { method: 'POST', path: '/_bulk', querystring, bulkBody: body },
          { meta: true, headers: HEADERS, maxRetries: 0, signal: AbortSignal.any([signal, timeout.signal]) },
        );
        return { status: answer.statusCode ?? 0, body: answer.body };
      } catch (error) {
        if (timeout.signal.aborted) return { failure: `no answer within ${config.request.timeout_ms} ms` };
        return answerOf(error);
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => client.close(),
  };
}

function answerOf(error: unknown): Answer {
  if (error instanceof errors.ResponseError) {
    const retryAfter = error.headers?.['retry-after'];
    return { status: error.statusCode ?? 0, body: error.body, retryAfter: retryAfter?.toString() };
  }
  if (error instanceof errors.ProductNotSupportedError) {
    return {
      failure:
        'the answer lacks the header X-Elastic-Product: is a proxy removing it, or is this not Elasticsearch?',
    };
  }
  if (error instanceof errors.DeserializationError) return { failure: 'the answer is not JSON' };
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return {
    failure: (messageOf(error) + (messageOf(error).includes(cause.slice(2, -1)) ? '' : cause)).slice(0, 500),
  };
}

function clientOptions(config: ElasticsearchConfig): ClientOptions {
  const options: ClientOptions = {
    nodes: config.endpoints,
    maxRetries: 0,
    requestTimeout: config.request.timeout_ms,
    compression: config.compression === 'gzip',
    enableMetaHeader: false,
  };
  const auth = credentials(config.auth);
  if (auth !== undefined) options.auth = auth;
  const { ca_file, cert_file, key_file, verify } = config.tls;
  if (ca_file !== null || cert_file !== null || !verify) {
    options.tls = {
      rejectUnauthorized: verify,
      ...(ca_file === null ? {} : { ca: read(ca_file, 'tls.ca_file') }),
      ...(cert_file === null ? {} : { cert: read(cert_file, 'tls.cert_file') }),
      ...(key_file === null ? {} : { key: read(key_file, 'tls.key_file') }),
    };
  }
  return options;
}

function credentials(auth: ElasticsearchConfig['auth']): NonNullable<ClientOptions['auth']> | undefined {
  const apiKey =
    auth.api_key ?? (auth.api_key_file === null ? null : read(auth.api_key_file, 'auth.api_key_file').trim());
  if (apiKey !== null) return { apiKey };
  if (auth.username === null) return undefined;
  const password =
    auth.password ??
    (auth.password_file === null ? '' : read(auth.password_file, 'auth.password_file').trim());
  return { username: auth.username, password };
}

function read(path: string, key: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new LogweirError('CONFIG', `elasticsearch.${key}: cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
