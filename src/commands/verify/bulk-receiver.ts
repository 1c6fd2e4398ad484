import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { parseObject } from '../../codec/exact-json.ts';
import { messageOf } from '../../errors.ts';

/** In all requests together: documents are kept in memory. */
const BYTES_MAX = 1_073_741_824;

/** A document of a bulk request. */
export interface ReceivedDocument {
  /** The first part of the path that it was sent to. */
  readonly path: string;
  readonly index: string;
  /** Undefined if Elasticsearch would make one. */
  readonly id: string | undefined;
  /** JSON. */
  readonly source: string;
}

const targetSchema = z.looseObject({ _index: z.string(), _id: z.string().optional() });
/** Vector knows these. */
const operations = ['index', 'create', 'update'] as const;

/** A server on the loopback interface that accepts bulk requests, as Elasticsearch would. */
export class BulkReceiver {
  readonly documents: ReceivedDocument[] = [];
  /** What was not understood, or was too much. */
  fault: string | null = null;
  readonly #server: Server;
  #bytes = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        this.fault ??= messageOf(error);
        // Vector does not repeat a request with this answer.
        response.writeHead(400).end('{}');
      });
    });
  }

  static async open(): Promise<BulkReceiver> {
    const receiver = new BulkReceiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  /** The address for what sends its documents under a path of its own. */
  endpoint(path: string): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/${path}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      this.#bytes += chunk.length;
      if (this.#bytes > BYTES_MAX) throw new Error(`more than ${BYTES_MAX} bytes of documents`);
      chunks.push(chunk);
    }
    const [path = '', endpoint] = new URL(request.url ?? '/', 'http://localhost').pathname
      .slice(1)
      .split('/');
    const answer =
      request.method === 'POST' && endpoint === '_bulk'
        ? this.#store(path, Buffer.concat(chunks).toString('utf8'))
        : // Vector asks for the version if `api_version` is not set.
          { version: { number: '8.11.0' }, tagline: 'You Know, for Search', status: 'green' };
    response.setHeader('content-type', 'application/json');
    response.setHeader('x-elastic-product', 'Elasticsearch');
    response.end(JSON.stringify(answer));
  }

  #store(path: string, body: string): object {
    const items: object[] = [];
    const lines = body.split('\n');
    for (let at = 0; at + 1 < lines.length; at += 2) {
      const [action = '', source = ''] = [lines[at], lines[at + 1]];
      const { operation, index, id } = readAction(action);
      this.documents.push({ path, index, id, source });
      items.push({ [operation]: { _index: index, _id: id ?? String(this.documents.length), status: 201 } });
    }
    return { took: 1, errors: false, items };
  }
}

/** @throws Error if it is no action that has a document */
function readAction(line: string): { operation: string; index: string; id: string | undefined } {
  const action = parseObject(line) ?? {};
  const operation = operations.find((one) => one in action);
  const target = targetSchema.safeParse(operation === undefined ? undefined : action[operation]);
  if (operation === undefined || !target.success)
    throw new Error(`a bulk request whose actions are not ${operations.join(', ')}`);
  const { _index: index, _id: id } = target.data;
  return { operation, index, id };
}
