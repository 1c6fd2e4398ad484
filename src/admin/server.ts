import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/schema.ts';
import { LogweirError, messageOf } from '../errors.ts';
import { type HostRules, hostOf, isAllowedHost } from './host.ts';
import type { MetricsText } from './metrics.ts';

/** Why the process is not ready, or null. */
export type Readiness = () => string | null | Promise<string | null>;

export interface AdminParts {
  readonly metrics: MetricsText;
  /** What `/api/status` shows; must be JSON. */
  readonly status: () => object | Promise<object>;
  readonly readiness: Readiness;
  /** Told when the server has an error while it listens. */
  readonly failed?: (error: Error) => void;
}

/** A request and its fields, all together; nobody who may ask needs more. */
const HEADER_BYTES_MAX = 8192;
const HEADERS_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 10_000;
/** A connection on which nothing moves, one that does not take its answer for one. */
const IDLE_TIMEOUT_MS = 30_000;
const CONNECTIONS_MAX = 100;

export type AdminOptions = Pick<Config['admin'], 'listen' | 'hosts'>;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The read-only endpoint for probes, Prometheus and people. */
export class AdminServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * @param admin `listen` is `host:port`, and port 0 takes a free one; `hosts` are names by which it may be asked besides its own
   * @throws LogweirError CONFIG where it cannot listen there
   */
  static async start({ listen, hosts }: AdminOptions, parts: AdminParts): Promise<AdminServer> {
    const colon = listen.lastIndexOf(':');
    const host = listen.slice(0, colon).replace(/^\[|\]$/g, '');
    const rules = { listens: host, hosts };
    const limits = {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: HEADERS_TIMEOUT_MS,
      // How often the two before are looked at; left to itself every half a minute.
      connectionsCheckingInterval: 1000,
    };
    const server = createServer(limits, (request, response) => {
      void respond(request, response, parts, rules);
    });
    server.maxConnections = CONNECTIONS_MAX;
    server.setTimeout(IDLE_TIMEOUT_MS);
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
    server.removeAllListeners('error');
    server.on('error', (error) => parts.failed?.(error));
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

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  parts: AdminParts,
  rules: HostRules,
): Promise<void> {
  let answer: Answer;
  try {
    answer = refusal(request, rules) ?? (await answerTo(request, parts));
  } catch (error) {
    answer = text(500, messageOf(error));
  }
  const { status, type, headers } = answer;
  const common = { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  response.writeHead(status, { ...common, ...headers });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

/** What somebody gets who asks by a name that is not ours, or null. */
function refusal(request: IncomingMessage, rules: HostRules): Answer | null {
  const fields = request.headersDistinct['host'] ?? [];
  const target = /^https?:\/\/([^/?#]*)/i.exec(request.url ?? '')?.[1];
  // Only before HTTP/1.1 may it be missing: some probes of load balancers leave it out, no browser does.
  const asked = [...fields, ...(target === undefined ? [] : [target])];
  if (fields.length > 1) return text(400, 'the request names more than one host');
  for (const field of asked) {
    const host = hostOf(field);
    if (host === null) return text(400, 'the host of the request is no name and no address');
    if (isAllowedHost(host, rules)) continue;
    return text(
      421,
      `this endpoint does not answer for ${host}: add that name to admin.hosts, or ask by an IP address or as localhost`,
    );
  }
  return null;
}

async function answerTo(
  request: IncomingMessage,
  { metrics, status, readiness }: AdminParts,
): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { ...text(405, 'this endpoint is read-only'), headers: { allow: 'GET, HEAD' } };
  const [path] = (request.url ?? '/').replace(/^https?:\/\/[^/?#]*/i, '').split('?');
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
