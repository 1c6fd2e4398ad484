import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { type AddressInfo, isIPv4 } from 'node:net';
import type { Config } from '../config/schema.ts';
import { LogweirError, messageOf } from '../errors.ts';
import type { TapSource } from '../tap/messages.ts';
import { isCrossSite } from './cross-site.ts';
import { type HostRules, hostOf, isAllowedHost } from './host.ts';
import type { MetricsSource } from './metrics.ts';
import { Monitor } from './monitor.ts';
import { pageFile, securityHeaders } from './page-files.ts';
import { TAPS_FULL, TapEndpoint } from './tap-endpoint.ts';

/** Why the process is not ready, or null. */
type Readiness = () => string | null | Promise<string | null>;

export interface AdminDependencies {
  readonly metrics: MetricsSource;
  /** The value of `/api/status`; must be serialisable as JSON. */
  readonly status: () => object | Promise<object>;
  readonly readiness: Readiness;
  /** Without one, the tap is off. */
  readonly tap?: TapSource;
  /** Like readiness, for the start only: see {@link notStarted}. Left out, it is the readiness. */
  readonly started?: Readiness;
  /** Called for an error of the listening server. */
  readonly failed?: (error: Error) => void;
}

/** Size of a request's header fields; far more than probes and Prometheus send. */
const HEADER_BYTES_MAX = 8192;
const HEADERS_TIMEOUT_MS = 5000;
const REQUEST_TIMEOUT_MS = 10_000;
/** For a connection without traffic, for instance of a client that does not read the answer. */
const IDLE_TIMEOUT_MS = 30_000;
const CONNECTIONS_MAX = 100;
const KNOWN_PATHS =
  'not found; known are / (the status page), /health/live, /health/ready, /health/started, ' +
  '/metrics, /api/status, /api/tap';
const TAP_OFF =
  'the tap is off, since admin.listen is not a loopback address and the tap shows what events contain: ' +
  'admin.tap: true allows it';

type AdminOptions = Pick<Config['admin'], 'listen' | 'hosts'> &
  Partial<Pick<Config['admin'], 'tap' | 'metrics_prefix'>>;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What requests are answered from. */
interface Sources extends AdminDependencies {
  readonly monitor: Monitor;
  /** Null where the tap is off. */
  readonly tapEndpoint: TapEndpoint | null;
}

/** The read-only HTTP endpoint for probes, Prometheus and operators. */
export class AdminServer {
  readonly #server: Server;
  readonly #monitor: Monitor;

  private constructor(server: Server, monitor: Monitor) {
    this.#server = server;
    this.#monitor = monitor;
  }

  /**
   * @param admin `listen` is `host:port`, port 0 is any free port; `hosts` are further allowed host names
   * @throws LogweirError CONFIG if the address cannot be used
   */
  static async start(options: AdminOptions, dependencies: AdminDependencies): Promise<AdminServer> {
    const { listen, hosts } = options;
    const colon = listen.lastIndexOf(':');
    const host = listen.slice(0, colon).replace(/^\[|\]$/g, '');
    const rules = { listens: host, hosts };
    const limits = {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: HEADERS_TIMEOUT_MS,
      // Interval of checking the two timeouts above; the default is 30 s.
      connectionsCheckingInterval: 1000,
    };
    const { status, metrics, tap } = dependencies;
    const monitor = new Monitor({ status, metrics, metricsPrefix: options.metrics_prefix ?? '' });
    const isTapped = options.tap ?? isLoopback(host);
    const tapEndpoint = isTapped && tap !== undefined ? new TapEndpoint(tap) : null;
    const sources = { ...dependencies, monitor, tapEndpoint };
    const server = createServer(limits, (request, response) => {
      void respond(request, response, sources, rules);
    });
    server.maxConnections = CONNECTIONS_MAX;
    server.setTimeout(IDLE_TIMEOUT_MS);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        const hint = 'choose another admin.listen, or leave it empty for none';
        reject(
          new LogweirError('CONFIG', `admin.listen: cannot listen on ${listen}: ${error.message}; ${hint}`, {
            cause: error,
          }),
        );
      });
      server.listen(Number(listen.slice(colon + 1)), host, resolve);
    });
    server.removeAllListeners('error');
    server.on('error', (error) => dependencies.failed?.(error));
    monitor.start();
    return new AdminServer(server, monitor);
  }

  get address(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  }

  async close(): Promise<void> {
    this.#monitor.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  sources: Sources,
  rules: HostRules,
): Promise<void> {
  let answer: Answer | 'stream';
  try {
    answer = rejection(request, rules) ?? (await answerTo(request, response, sources));
  } catch (error) {
    answer = text(500, messageOf(error));
  }
  if (answer === 'stream' || response.headersSent) return;
  const { status, type, headers } = answer;
  response.writeHead(status, { ...securityHeaders, 'content-type': type, ...headers });
  response.end(request.method === 'HEAD' ? undefined : answer.body);
}

/** The answer to a request with a host that is not allowed; null if it is allowed. */
function rejection(request: IncomingMessage, rules: HostRules): Answer | null {
  const fields = request.headersDistinct['host'] ?? [];
  const target = /^https?:\/\/([^/?#]*)/i.exec(request.url ?? '')?.[1];
  // Before HTTP/1.1 the host may be missing: some probes of load balancers omit it, browsers never do.
  const requested = [...fields, ...(target === undefined ? [] : [target])];
  if (fields.length > 1) return text(400, 'the request names more than one host');
  for (const field of requested) {
    const host = hostOf(field);
    if (host === null) return text(400, 'the host of the request is neither a name nor an address');
    if (isAllowedHost(host, rules)) continue;
    return text(
      421,
      `this endpoint does not answer for ${host}: add that name to admin.hosts, ` +
        'or use an IP address or localhost',
    );
  }
  return null;
}

const STREAM_HEAD: Answer = { status: 200, type: 'text/event-stream', body: '' };

/** @returns 'stream' if the answer is a stream that stays open */
async function answerTo(
  request: IncomingMessage,
  response: ServerResponse,
  sources: Sources,
): Promise<Answer | 'stream'> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { ...text(405, 'this endpoint is read-only'), headers: { allow: 'GET, HEAD' } };
  const [path = '', query = ''] = (request.url ?? '/').replace(/^https?:\/\/[^/?#]*/i, '').split('?');
  if (isCrossSite(request.headers, !path.startsWith('/api/')))
    return text(403, 'this endpoint does not answer requests of pages of other sites');
  switch (path) {
    case '/health/live':
      return text(200, 'live');
    case '/health/ready':
      return probe(await sources.readiness(), 'ready');
    case '/health/started':
      return probe(await (sources.started ?? sources.readiness)(), 'started');
    case '/metrics':
      return { status: 200, type: sources.metrics.contentType, body: await sources.metrics.metrics() };
    case '/api/status': {
      const status = await sources.monitor.status();
      return { status: 200, type: 'application/json', body: `${JSON.stringify(status, null, 2)}\n` };
    }
    case '/api/events':
    case '/api/tap':
      return await streamTo(path, new URLSearchParams(query), request, response, sources);
    default: {
      const file = pageFile(path);
      return file === null ? text(404, KNOWN_PATHS) : { status: 200, ...file };
    }
  }
}

function probe(reason: string | null, word: string): Answer {
  return reason === null ? text(200, word) : text(503, reason);
}

async function streamTo(
  path: '/api/events' | '/api/tap',
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
  { monitor, tapEndpoint }: Sources,
): Promise<Answer | 'stream'> {
  const isHead = request.method === 'HEAD';
  if (path === '/api/events') {
    if (isHead) return STREAM_HEAD;
    const isOpen = await monitor.openPage(response, securityHeaders);
    return isOpen ? 'stream' : text(503, 'too many status pages are open');
  }
  const failure = tapEndpoint === null ? { status: 403, reason: TAP_OFF } : tapEndpoint.rejection(query);
  // The page asks with HEAD why it was rejected: an EventSource does not expose the status.
  if (failure !== null)
    return { ...text(failure.status, failure.reason), headers: { 'x-reason': failure.reason } };
  if (isHead) return STREAM_HEAD;
  return tapEndpoint?.open(query, response, securityHeaders) === true ? 'stream' : text(503, TAPS_FULL);
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${body}\n` };
}

/** @param host of `admin.listen` */
function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
