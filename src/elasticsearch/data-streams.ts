import { BoundedMap } from '../memory/bounded-map.ts';
import type { Document } from './document.ts';
import type { Answer } from './verdict.ts';

/** A target is checked again after this time: someone may have deleted it. */
const CHECKED_FOR_MS = 30_000;
/** A transform may route to any number of names. */
const NAMES_MAX = 1000;

/** Sends a request without a body. Never rejects. */
type Ask = (method: 'GET' | 'PUT', path: string, signal: AbortSignal) => Promise<Answer>;

/** The error of an item of a bulk answer, with its status. */
interface ItemFailure {
  readonly status: number;
  readonly error: unknown;
}

/**
 * Ensures that documents go to data streams only. Elasticsearch has `require_data_stream` for it. OpenSearch
 * has not: a document whose data stream neither exists nor is made by a template would create an ordinary
 * index of that name.
 */
export class DataStreams {
  readonly #ask: Ask;
  /** When each name was last a data stream, in milliseconds of a monotonic clock. */
  readonly #checked = new BoundedMap<string, number>(NAMES_MAX);

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /**
   * Checks the targets of a request, and creates the data streams that are missing.
   *
   * @returns the answer in place of OpenSearch's: failed items for documents without a data stream, as
   *   Elasticsearch would have failed them, and items to be sent again for the others; null to send the
   *   request
   */
  async rejection(documents: readonly Document[], signal: AbortSignal): Promise<Answer | null> {
    const failures = new Map<string, ItemFailure>();
    for (const name of this.#unchecked(documents)) {
      const failure = await this.#check(name, signal);
      if (failure === null) continue;
      if ('failure' in failure || !('error' in failure)) return failure;
      failures.set(name, failure);
    }
    if (failures.size === 0) return null;
    const items = documents.flatMap((document) => {
      const failed = document.isDeadLetter ? undefined : failures.get(document.index);
      const item = { create: failed ?? NOT_SENT };
      return Array.from({ length: document.count }, () => item);
    });
    return { status: 200, body: { errors: true, items } };
  }

  #unchecked(documents: readonly Document[]): Set<string> {
    const names = new Set<string>();
    const since = performance.now() - CHECKED_FOR_MS;
    for (const document of documents) {
      // Dead letters go to an ordinary index.
      if (document.isDeadLetter || (this.#checked.get(document.index) ?? -Infinity) > since) continue;
      names.add(document.index);
    }
    return names;
  }

  /** @returns null if it is a data stream now; why not; or an answer that tells neither */
  async #check(name: string, signal: AbortSignal): Promise<ItemFailure | Answer | null> {
    const path = `/_data_stream/${encodeURIComponent(name)}`;
    const found = await this.#ask('GET', path, signal);
    if ('failure' in found) return found;
    if (found.status === 200) return isListed(found.body, name) ? this.#exists(name) : notDataStream(name);
    if (found.status !== 404) return failureOf(found);
    const made = await this.#ask('PUT', path, signal);
    if ('failure' in made) return made;
    if (made.status === 200) return this.#exists(name);
    const error = errorOf(made.body);
    // By another process, between the two requests.
    if (error?.type === 'resource_already_exists_exception') return this.#exists(name);
    return isWithoutTemplate(error) ? withoutTemplate(name) : failureOf(made);
  }

  #exists(name: string): null {
    this.#checked.set(name, performance.now());
    return null;
  }
}

/** Temporary, and no failure of the document: it is sent once those without a data stream are blocked. */
const NOT_SENT: ItemFailure = {
  status: 503,
  error: { type: 'not_sent', reason: 'other documents of the request have no data stream' },
};

/** As in Elasticsearch's answers with `require_data_stream`. */
function notDataStream(name: string): ItemFailure {
  const reason = `[require_data_stream] request flag is [true] and [${name}] is not a data stream`;
  return { status: 404, error: { type: 'resource_not_found_exception', reason } };
}

function withoutTemplate(name: string): ItemFailure {
  const reason = `no such index [${name}] and the index creation request requires a data stream`;
  return { status: 404, error: { type: 'index_not_found_exception', reason } };
}

/** A rejection of this name, such as a missing privilege, fails its documents; all else the whole request. */
function failureOf(answer: Exclude<Answer, { failure: string }>): ItemFailure | Answer {
  const { status } = answer;
  const error = errorOf(answer.body);
  const isOfName = error !== null && status >= 400 && status < 500 && ![401, 408, 429].includes(status);
  return isOfName ? { status, error } : answer;
}

function isWithoutTemplate(error: ReturnType<typeof errorOf>): boolean {
  return error?.reason.startsWith('no matching index template found for data stream') === true;
}

function isListed(body: unknown, name: string): boolean {
  const answer = parsed(body);
  const streams = isObject(answer) ? answer['data_streams'] : undefined;
  return Array.isArray(streams) && streams.some((one) => isObject(one) && one['name'] === name);
}

function errorOf(body: unknown): { type: string; reason: string } | null {
  const answer = parsed(body);
  const error = isObject(answer) ? answer['error'] : undefined;
  if (!isObject(error)) return null;
  const { type, reason } = error;
  return { type: typeof type === 'string' ? type : '', reason: typeof reason === 'string' ? reason : '' };
}

function parsed(body: unknown): unknown {
  try {
    return typeof body === 'string' ? (JSON.parse(body) as unknown) : body;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
