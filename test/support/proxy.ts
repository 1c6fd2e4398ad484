import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Socket } from 'node:net';
import { freePort } from './ports.ts';
import { BulkJournal, type Acknowledgement, type BulkItem } from './proxy-journal.ts';
import {
  Rule,
  type Action,
  type Answer,
  type Forward,
  type FullAnswer,
  type Match,
  type Predicate,
  type ProxyRequest,
} from './proxy-rules.ts';
import { type BodyMost, bodyOf, forwardTo, readWithin, send } from './proxy-transport.ts';
import { waitFor } from './wait.ts';

export type * from './proxy-rules.ts';

/** An HTTP proxy in front of Elasticsearch that breaks things on purpose, and keeps a journal of what really happened. */
export class Proxy {
  readonly url: string;
  readonly journal = new BulkJournal();
  /** Bulk requests that have arrived and whose connection still waits for the end of the answer. */
  inFlight = 0;
  /** Where set, larger bodies are not read to their end. */
  bodyMost: BodyMost | undefined;
  /** Of the server behind. */
  product: 'elasticsearch' | 'opensearch' = 'elasticsearch';
  /** Bulk requests that have arrived. */
  bulkRequests = 0;
  readonly #port: number;
  readonly #target: URL;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #agent = new Agent({ keepAlive: true });
  readonly #sockets = new Set<Socket>();
  readonly #closing = new AbortController();
  #rules: Rule[] = [];

  constructor(targetUrl: string, port: number) {
    this.#target = new URL(targetUrl);
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  get acknowledged(): ReadonlyMap<string, Acknowledgement> {
    return this.journal.acknowledged;
  }

  /** Items of all bulk requests that have arrived; an item that was sent twice counts twice. */
  get itemsSent(): number {
    return this.journal.items.length;
  }

  /** Adds a rule after the existing ones. Every rule counts all requests; the first that matches acts. */
  rule(match: Match | Predicate, action: Action): Rule {
    const rule = new Rule(match, action, (removed) => {
      this.#rules = this.#rules.filter((one) => one !== removed);
    });
    this.#rules = [...this.#rules, rule];
    return rule;
  }

  async waitForInFlight(count = 1, timeoutMs = 10_000): Promise<void> {
    const what = `${count} bulk requests in flight`;
    await waitFor(() => this.inFlight >= count, { timeoutMs, what, everyMs: 2 });
  }

  /** Closes the port and breaks every connection: Elasticsearch is gone. */
  async refuse(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await waitFor(() => this.inFlight === 0, { timeoutMs: 5000, what: 'connections to end', everyMs: 2 });
  }

  /** Opens the port again. */
  async accept(): Promise<void> {
    if (this.#server.listening) return;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#port, '127.0.0.1', () => {
        this.#server.removeListener('error', reject);
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.refuse();
    this.#agent.destroy();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = incoming.url ?? '/';
    const [path = '/'] = url.split('?');
    const method = incoming.method ?? 'GET';
    const isBulk = path.endsWith('/_bulk');
    try {
      const body = await readWithin(incoming, this.bodyMost);
      if (body === undefined) return;
      const request = { method, path, url, headers: incoming.headers, body };
      let items: BulkItem[] = [];
      if (isBulk) {
        items = this.journal.sent(body, incoming.headers['content-encoding']);
        this.bulkRequests++;
        this.inFlight++;
        response.once('close', () => this.inFlight--);
      }
      const wanting = this.#rules.filter((rule) => rule.wants(method, path));
      const rule = wanting[0];
      if (rule !== undefined) rule.hits++;
      await this.#act(rule?.action, request, response, items);
    } catch {
      // The client has gone, Elasticsearch has, or this proxy closes. The client sees a broken connection in any case.
      response.destroy();
    }
  }

  async #act(
    action: Action | undefined,
    request: ProxyRequest,
    response: ServerResponse,
    items: BulkItem[],
  ): Promise<void> {
    const forward: Forward = async (body) => await this.#forward(request, items, body);
    const passOn = async () => {
      const answer = await forward();
      response.once('finish', () => items.forEach((item) => (item.delivered = true)));
      this.#send(response, answer, items);
    };
    if (action === undefined) await passOn();
    else if (action === 'cutBefore') response.destroy();
    else if (action === 'cutAfter') {
      await forward();
      response.destroy();
    } else if (action === 'hangAfter') await forward();
    else if (action === 'hang') return;
    else if ('delayMs' in action) {
      await delay(action.delayMs, undefined, { signal: this.#closing.signal });
      await passOn();
    } else if ('truncateAt' in action) {
      const { status, headers, body } = await forward();
      const part = body.subarray(0, action.truncateAt);
      if (action.cut !== true) send(response, { status, headers: headers ?? {}, body: part }, this.product);
      else {
        response.writeHead(status, { ...headers, 'content-length': body.length });
        response.write(part, () => response.destroy());
      }
    } else if ('stallAt' in action) {
      const { status, headers, body } = await forward();
      response.writeHead(status, { ...headers, 'content-length': body.length });
      response.write(body.subarray(0, action.stallAt));
    } else {
      const { answer } = action;
      this.#send(response, typeof answer === 'function' ? await answer(request, forward) : answer, items);
    }
  }

  #send(response: ServerResponse, answer: Answer, items: readonly BulkItem[]): void {
    this.journal.leaving(items, answer.status, bodyOf(answer));
    send(response, answer, this.product);
  }

  async #forward(request: ProxyRequest, items: BulkItem[], body?: string | Buffer): Promise<FullAnswer> {
    const answer = await forwardTo(this.#target, this.#agent, this.#closing.signal, request, body);
    // A changed body has other items than the journal knows of; the rule that changes it is responsible.
    if (body === undefined) this.journal.answered(items, answer.status, answer.body);
    return answer;
  }
}

export async function startProxy(targetUrl: string): Promise<Proxy> {
  const proxy = new Proxy(targetUrl, await freePort());
  await proxy.accept();
  return proxy;
}
