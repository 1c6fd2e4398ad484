import type { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { Client, errors } from '@elastic/elasticsearch';
import type { Config } from '../config/schema.ts';
import { answerOf, textOf } from './answer-text.ts';
import { bulkQuery } from './bulk-query.ts';
import { clientOptions } from './client-options.ts';
import { DataStreams } from './data-streams.ts';
import type { Document } from './document.ts';
import { type ServerProduct, identify } from './product.ts';
import type { Answer } from './verdict.ts';

type ElasticsearchConfig = Config['elasticsearch'];

/** Sends bulk bodies. */
export interface BulkTransport {
  /**
   * Sends one body. Never rejects: a failure is an answer too.
   *
   * @param documents those of the body, whose targets are checked where the server does not do it
   * @param attempt 1, and more for a request that repeats a failed one; for traces
   */
  send(body: Buffer, signal: AbortSignal, documents?: readonly Document[], attempt?: number): Promise<Answer>;
  /** Reads credentials and certificates from their files again: an operator may have replaced them. */
  refresh(): void;
  close(): Promise<void>;
}

/** An endpoint has answered (null), or failed for a reason. */
type OnEndpoint = (url: string, reason: string | null) => void;

/** In bytes. The answer to 100,000 documents that are all rejected with a long reason is smaller. */
const ANSWER_BYTES_MAX = 200_000_000;
/** An empty bulk request, which is answered with 400. */
const EMPTY_BODY = Buffer.from('\n');

/** As in the official transport: the next request goes to another node, if there is one. */
const NODE_IS_DOWN: ReadonlySet<number> = new Set([502, 503, 504]);

/** The client's own media types (version 9) are rejected by 8.x and OpenSearch; the plain ones suit all. */
const HEADERS = { 'content-type': 'application/x-ndjson', accept: 'application/json' };

/**
 * A bulk transport over the official client. The client's retries are off: the only retry loop is in bulk.ts.
 *
 * @param onEndpoint called for each answer and for each failure of an endpoint
 * @throws LogweirError CONFIG if a file of the TLS settings or credentials cannot be read
 */
export function connectElasticsearch(
  config: ElasticsearchConfig,
  product: ServerProduct,
  onEndpoint: OnEndpoint = () => {},
): BulkTransport {
  return new ClientTransport(config, product, onEndpoint);
}

type Outgoing =
  | { method: 'POST'; path: '/_bulk'; querystring?: Record<string, string>; bulkBody: Buffer }
  | { method: 'GET' | 'PUT'; path: string };

/** An answer with its headers, or the failure to get one. */
type Received =
  (Exclude<Answer, { failure: string }> & { headers: Headers; body: string }) | { failure: string };
type Headers = Readonly<Record<string, unknown>>;

class ClientTransport implements BulkTransport {
  readonly #config: ElasticsearchConfig;
  readonly #product: ServerProduct;
  readonly #onEndpoint: OnEndpoint;
  readonly #queries: Record<'elasticsearch' | 'opensearch', Record<string, string>>;
  /** Null unless documents go to data streams. */
  readonly #dataStreams: DataStreams | null;
  #options: ReturnType<typeof clientOptions>;
  #client: Client;

  constructor(config: ElasticsearchConfig, product: ServerProduct, onEndpoint: OnEndpoint) {
    this.#config = config;
    this.#product = product;
    this.#onEndpoint = onEndpoint;
    this.#options = clientOptions(config);
    this.#client = new Client(this.#options);
    this.#queries = {
      elasticsearch: bulkQuery(config, 'elasticsearch'),
      opensearch: bulkQuery(config, 'opensearch'),
    };
    this.#dataStreams =
      config.mode === 'data_stream'
        ? new DataStreams((method, path, signal) => this.#request({ method, path }, signal))
        : null;
  }

  async send(body: Buffer, signal: AbortSignal, documents: readonly Document[] = []): Promise<Answer> {
    if (this.#product.mustIdentify) {
      const failed = await this.#identify(signal);
      if (failed !== null) return failed;
    }
    const isOpenSearch = this.#product.product === 'opensearch';
    if (isOpenSearch && this.#dataStreams !== null) {
      const rejection = await this.#dataStreams.rejection(documents, signal);
      if (rejection !== null) return rejection;
    }
    const querystring = this.#queries[isOpenSearch ? 'opensearch' : 'elasticsearch'];
    const outgoing = { method: 'POST', path: '/_bulk', querystring, bulkBody: body } as const;
    const received = await this.#request(outgoing, signal, true);
    if ('failure' in received) return received;
    const { headers: _judged, ...answer } = received;
    return answer;
  }

  refresh(): void {
    let fresh: ReturnType<typeof clientOptions>;
    try {
      fresh = clientOptions(this.#config);
    } catch {
      // The file may be being replaced; the next probe reads it again.
      return;
    }
    if (isDeepStrictEqual(fresh, this.#options)) return;
    const old = this.#client;
    this.#options = fresh;
    this.#client = new Client(fresh);
    // Open requests of the old client finish first.
    void old.close();
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /**
   * Asks a node what it is, with `GET /`, and with an empty bulk request where a proxy passes only `_bulk`.
   *
   * @returns null if the documents may be sent
   */
  async #identify(signal: AbortSignal): Promise<Answer | null> {
    for (const outgoing of [
      { method: 'GET', path: '/' },
      { method: 'POST', path: '/_bulk', bulkBody: EMPTY_BODY },
    ] as const) {
      const answer = await this.#request(outgoing, signal);
      if ('failure' in answer) return answer;
      const identity = identify(answer.status, answer.headers, answer.body);
      if (identity !== null) {
        this.#product.learn(identity);
        return null;
      }
      // Of a proxy or of the server: what it means is the same as for a bulk request.
      if (answer.status === 401 || answer.status === 429 || answer.status >= 500) return answer;
    }
    return { failure: this.#product.rejection({}) ?? 'internal error: identified without evidence' };
  }

  /** @param checksProduct whether a successful answer of another product is a failure */
  async #request(outgoing: Outgoing, signal: AbortSignal, checksProduct = false): Promise<Received> {
    // The client's timeout ends with the headers; this one includes the body of the answer.
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), this.#config.request.timeout_ms);
    const { transport, connectionPool } = this.#client;
    try {
      // A stream, so that verdict.ts classifies the text of any answer, whatever its status.
      const {
        statusCode: status,
        headers,
        meta,
        body,
      } = await transport.request<Readable>(outgoing, {
        meta: true,
        asStream: true,
        headers: HEADERS,
        maxRetries: 0,
        signal: AbortSignal.any([signal, timeout.signal]),
      });
      // For streams the transport leaves the state of the node to its caller.
      if (meta.connection !== null) {
        const isDown = NODE_IS_DOWN.has(status);
        if (isDown) connectionPool.markDead(meta.connection);
        else connectionPool.markAlive(meta.connection);
        this.#onEndpoint(meta.connection.url.href, isDown ? `HTTP ${status}` : null);
      }
      const rejection = checksProduct && status < 300 ? this.#product.rejection(headers) : null;
      if (rejection !== null) {
        timeout.abort();
        body.on('error', () => {}).destroy();
        return { failure: rejection };
      }
      const text = await textOf(body, headers['content-encoding'], ANSWER_BYTES_MAX);
      return { status, body: text, retryAfter: headers['retry-after']?.toString(), headers };
    } catch (error) {
      const failed = timeout.signal.aborted
        ? { failure: `no answer within ${this.#config.request.timeout_ms} ms` }
        : answerOf(error);
      const url = endpointOf(error);
      if (url !== undefined && !signal.aborted) this.#onEndpoint(url, failed.failure);
      // An unread body would keep its connection open indefinitely.
      timeout.abort();
      return failed;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The endpoint of a failed request; undefined if there was none, or if the request ended before. */
function endpointOf(error: unknown): string | undefined {
  if (!(error instanceof errors.ElasticsearchClientError) || !('meta' in error)) return undefined;
  const { meta } = error as errors.ConnectionError;
  return meta?.meta.connection?.url.href;
}
