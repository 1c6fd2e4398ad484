import type { ServerResponse } from 'node:http';

/** Bytes that may wait for a reader. One that is slower is dropped: its browser connects again. */
const WAITING_BYTES_MAX = 2_097_152;
/** Below the idle limit of the server, and of common proxies. */
const KEEP_ALIVE_MS = 10_000;

/** The answer to one reader of server-sent events. */
class EventStream {
  readonly #response: ServerResponse;
  readonly #timer: NodeJS.Timeout;

  /** @param headers further ones */
  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>) {
    this.#response = response;
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
    response.flushHeaders();
    this.#timer = setInterval(() => this.#write(': keep-alive\n\n'), KEEP_ALIVE_MS).unref();
    response.once('close', () => clearInterval(this.#timer));
    response.on('error', () => {});
  }

  /** @param json text without line feeds, as `JSON.stringify` makes it */
  send(event: string, json: string): void {
    this.#write(`event: ${event}\ndata: ${json}\n\n`);
  }

  end(): void {
    this.#response.end();
  }

  #write(text: string): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    this.#response.write(text);
    if (this.#response.writableLength > WAITING_BYTES_MAX) this.#response.destroy();
  }
}

/** The open streams of one kind, up to a limit. */
export class EventStreams {
  readonly #open = new Set<EventStream>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @returns null if too many are open. @param closed called once, however the stream ends */
  add(
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    closed: () => void = () => {},
  ): EventStream | null {
    if (this.#open.size >= this.#max) return null;
    const stream = new EventStream(response, headers);
    this.#open.add(stream);
    response.once('close', () => {
      this.#open.delete(stream);
      closed();
    });
    return stream;
  }

  send(event: string, json: string): void {
    for (const stream of this.#open) stream.send(event, json);
  }
}
