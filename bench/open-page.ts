import { setTimeout as delay } from 'node:timers/promises';
import { endpointOf } from './endpoint.ts';

const POLL_MS = 50;

/** What a browser with the status page gets: the event stream of an instance, from its start on. */
export class OpenPage {
  readonly #closing = new AbortController();
  readonly #ended: Promise<void>;
  #bytes = 0;

  /** @param directory of the instance */
  constructor(directory: string) {
    // The instance ends the stream when it stops; `close` tells whether anything came.
    this.#ended = this.#read(directory).catch(() => {});
  }

  /** @throws Error if nothing came: then nothing was measured */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
    if (this.#bytes === 0) throw new Error('the status page got no data');
  }

  async #read(directory: string): Promise<void> {
    const { signal } = this.#closing;
    let endpoint: string | undefined;
    while (endpoint === undefined) {
      await delay(POLL_MS, undefined, { signal });
      endpoint = endpointOf(directory);
    }
    const answer = await fetch(`${endpoint}/api/events`, { signal });
    for await (const part of answer.body ?? []) this.#bytes += part.length;
  }
}
