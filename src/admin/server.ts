import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LogweirError, messageOf } from '../errors.ts';
import type { MetricsText } from './metrics.ts';

/** Why the process is not ready, or null. */
export type Readiness = () => string | null | Promise<string | null>;

export interface AdminParts {
  readonly metrics: MetricsText;
  /** What `/api/status` shows; must be JSON. */
  readonly status: () => object | Promise<object>;
  readonly readiness: Readiness;
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

/** The read-only endpoint for probes, Prometheus and people. */
export class AdminServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * @param listen `host:port`; port 0 takes a free one
   * @throws LogweirError CONFIG where it cannot listen there
   */
  static async start(listen: string, parts: AdminParts): Promise<AdminServer> {
    const colon = listen.lastIndexOf(':');
    const host = listen.slice(0, colon).replace(/^\[|\]$/g, '');
    const server = createServer((request, response) => {
      void respond(request, response, parts);
    });
    server.requestTimeout = 10_000;
    server.maxConnections = 100;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        const hint = 'take another admin.listen, or leave it empty for none';
        reject(
          new LogweirError('CONFIG', `admin.listen: cannot listen on ${listen}: ${error.message}; ${hint}`, {
            cause: error,
          }),
        );
      });
      server.listen(Number(listen.slice(colon + 1)), host, resolve);
    });
    return new AdminServer(server);
  }

  get address(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

async function respond(request: IncomingMessage, response: ServerResponse, parts: AdminParts): Promise<void> {
  let answer: Answer;
  try {
    answer = await answerTo(request, parts);
  } catch (error) {
    answer = text(500, messageOf(error));
  }
  response.writeHead(answer.status, { 'content-type': answer.type, 'cache-control': 'no-store' });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

async function answerTo(
  request: IncomingMessage,
  { metrics, status, readiness }: AdminParts,
): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'this endpoint is read-only');
  const [path] = (request.url ?? '/').split('?');
  switch (path) {
    case '/health/live':
      return text(200, 'live');
    case '/health/ready': {
      const reason = await readiness();
      return reason === null ? text(200, 'ready') : text(503, reason);
    }
    case '/metrics':
      return { status: 200, type: metrics.contentType, body: await metrics.metrics() };
    case '/api/status':
      return { status: 200, type: 'application/json', body: `${JSON.stringify(await status(), null, 2)}\n` };
    default:
      return text(404, 'not found; there are /health/live, /health/ready, /metrics and /api/status');
  }
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}
