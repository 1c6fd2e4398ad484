import type { Readable } from 'node:stream';
import { isDeepStrictEqual, promisify } from 'node:util';
import { unzip } from 'node:zlib';
import { Client, errors } from '@elastic/elasticsearch';
import type { Config } from '../config/schema.ts';
import { messageOf } from '../errors.ts';
import { bulkQuery } from './bulk-query.ts';
import { clientOptions } from './client-options.ts';
import type { Answer } from './verdict.ts';

type ElasticsearchConfig = Config['elasticsearch'];

/** Sends one bulk body and tells what came back. Never throws: no answer is an answer too. */
export interface BulkTransport {
  send(body: Buffer, signal: AbortSignal): Promise<Answer>;
  /** Reads credentials and certificates from their files again: somebody may have mended them. */
  refresh(): void;
  close(): Promise<void>;
}

/** A batch of 100,000 documents that are all refused with a long reason is answered with less. */
const ANSWER_BYTES_MAX = 200_000_000;

const unpack = promisify(unzip);

/** As the official transport has it: the next request goes to another node, where there is one. */
const NODE_IS_DOWN: ReadonlySet<number> = new Set([502, 503, 504]);

/** Elasticsearch 9's client would send a media type that 8.x refuses; the plain ones serve both. */
const HEADERS = { 'content-type': 'application/x-ndjson', accept: 'application/json' };

/**
 * A bulk transport over the official client. Its own retries are off: the one retry loop is in bulk.ts.
 *
 * @throws LogweirError CONFIG where a file of the TLS settings or credentials cannot be read
 */
export function connectElasticsearch(config: ElasticsearchConfig): BulkTransport {
  let options = clientOptions(config);
  let client = new Client(options);
  const querystring = bulkQuery(config);
  return {
    async send(body, signal) {
      // The client's timeout ends with the headers; this one covers the body of the answer too.
      const timeout = new AbortController();
      const timer = setTimeout(() => timeout.abort(), config.request.timeout_ms);
      try {
        // As a stream: what the answer means is decided in verdict.ts, on its text, whatever its status.
        const answer = await client.transport.request<Readable>(
          { method: 'POST', path: '/_bulk', querystring, bulkBody: body },
          {
            meta: true,
            asStream: true,
            headers: HEADERS,
            maxRetries: 0,
            signal: AbortSignal.any([signal, timeout.signal]),
          },
        );
        const { statusCode: status, headers, meta } = answer;
        // For streams the transport leaves it to us to say which node is worth being asked.
        if (meta.connection !== null) {
          if (NODE_IS_DOWN.has(status)) client.connectionPool.markDead(meta.connection);
          else client.connectionPool.markAlive(meta.connection);
        }
        const retryAfter = headers['retry-after']?.toString();
        return { status, body: await textOf(answer.body, headers['content-encoding']), retryAfter };
      } catch (error) {
        if (timeout.signal.aborted) return { failure: `no answer within ${config.request.timeout_ms} ms` };
        // A body that nobody has read to its end would keep its connection for ever.
        timeout.abort();
        return answerOf(error);
      } finally {
        clearTimeout(timer);
      }
    },
    refresh() {
      let fresh: typeof options;
      try {
        fresh = clientOptions(config);
      } catch {
        // The file is being replaced at this moment; the next probe looks again.
        return;
      }
      if (isDeepStrictEqual(fresh, options)) return;
      const old = client;
      options = fresh;
      client = new Client(fresh);
      // Requests that are open on the old one come to their end first.
      void old.close();
    },
    close: () => client.close(),
  };
}

/** The text of an answer, unpacked where a proxy or `compression: gzip` has packed it. @throws Error where it is too long */
async function textOf(body: Readable, encoding: string | string[] | undefined): Promise<string> {
  const packed = await limited(body);
  const isPacked = encoding === 'gzip' || encoding === 'deflate';
  return (isPacked ? await unpack(packed, { maxOutputLength: ANSWER_BYTES_MAX }) : packed).toString('utf8');
}

async function limited(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX) throw new Error(`the answer is longer than ${ANSWER_BYTES_MAX} bytes`);
  }
  return Buffer.concat(chunks, length);
}

/** A URL in a message may hold a password. */
function withoutCredentials(message: string): string {
  return message.replaceAll(/\/\/[^/\s]*@/g, '//').slice(0, 500);
}

/** What an error of the client says. */
export function answerOf(error: unknown): { failure: string } {
  if (error instanceof errors.ProductNotSupportedError) {
    return {
      failure:
        'the answer lacks the header X-Elastic-Product: is a proxy removing it, or is this not Elasticsearch?',
    };
  }
  const message = messageOf(error);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
  return { failure: withoutCredentials(message.includes(cause) ? message : `${message} (${cause})`) };
}
