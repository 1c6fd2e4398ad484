import { request as httpRequest, type Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Answer, FullAnswer, ProxyRequest } from './proxy-rules.ts';

/** Hop-by-hop headers, and those that describe a body which is sent again. */
const OWN_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

/** Sends a request on and resolves with the whole answer, uncompressed so that the journal can read it. */
export async function forwardTo(
  target: URL,
  agent: Agent,
  signal: AbortSignal,
  { method, url, headers, body }: ProxyRequest,
  newBody?: string | Buffer,
): Promise<FullAnswer> {
  const bytes = newBody === undefined ? body : Buffer.from(newBody);
  const dropped = newBody === undefined ? ['accept-encoding'] : ['accept-encoding', 'content-encoding'];
  const passed = Object.entries(headers).filter(
    ([name]) => !OWN_HEADERS.has(name) && !dropped.includes(name),
  );
  const outgoing = httpRequest(new URL(url, target), {
    method,
    agent,
    headers: { ...Object.fromEntries(passed), host: target.host, 'content-length': bytes.length },
    signal,
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
  });
  outgoing.end(bytes);
  const upstream = await answer;
  return {
    status: upstream.statusCode ?? 0,
    headers: textHeaders(upstream),
    body: await buffer(upstream),
  };
}

function textHeaders({ headers }: IncomingMessage): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !OWN_HEADERS.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}

/** What a proxy with a limit does as soon as more of a body has come, without reading on. */
export interface BodyMost {
  readonly bytes: number;
  readonly answer: 'reset' | '413';
  /** How often that was. */
  hits: number;
}

/** The body of a request; undefined where it was more than the most. */
export async function readWithin(
  incoming: IncomingMessage,
  most: BodyMost | undefined,
): Promise<Buffer | undefined> {
  if (most === undefined) return await buffer(incoming);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length <= most.bytes) continue;
    most.hits++;
    const { socket } = incoming;
    if (most.answer === 'reset') socket.resetAndDestroy();
    else socket.end('HTTP/1.1 413 Payload Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    return undefined;
  }
  return Buffer.concat(chunks);
}

/**
 * Elasticsearch puts its product into a header of every answer, so it is there unless a rule or the answer of another
 * product says otherwise.
 *
 * @param product of the server behind; an answer that a rule makes up looks like one of its own
 */
export function send(
  response: ServerResponse,
  { status, headers, ...rest }: Answer,
  product: 'elasticsearch' | 'opensearch' = 'elasticsearch',
): void {
  const bytes = bodyOf({ status, ...rest });
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(product === 'elasticsearch' ? { 'x-elastic-product': 'Elasticsearch' } : {}),
    ...headers,
    'content-length': bytes.length,
  });
  response.end(bytes);
}

/** The bytes of an answer's body: text and bytes as they are, anything else as JSON. */
export function bodyOf({ body = '' }: Answer): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}
