import type { ServerResponse } from 'node:http';
import { FILTER_LENGTH_MAX } from '../tap/filter.ts';
import { type TapOptions, type TapSource, tapOptionsSchema } from '../tap/messages.ts';
import { EventStreams } from './event-stream.ts';

const TAPS_MAX = 5;
export const TAPS_FULL = 'too many taps are open; close one first';
const LIMIT_MAX = 1_000_000;

interface TapRequest extends TapOptions {
  /** Events after which the stream ends; null for none. */
  readonly limit: number | null;
}

/** `GET /api/tap`: a stream of events before and after the chain. */
export class TapEndpoint {
  readonly #source: TapSource;
  readonly #streams = new EventStreams(TAPS_MAX);

  constructor(source: TapSource) {
    this.#source = source;
  }

  /** Why a tap cannot be opened, with its HTTP status; null if it can. */
  rejection(query: URLSearchParams): { status: number; reason: string } | null {
    const request = requestOf(query);
    if (typeof request === 'string') return { status: 400, reason: request };
    return this.#streams.size >= TAPS_MAX ? { status: 503, reason: TAPS_FULL } : null;
  }

  /** Answers with the stream. @returns whether it could be opened */
  open(query: URLSearchParams, response: ServerResponse, headers: Readonly<Record<string, string>>): boolean {
    const request = requestOf(query);
    if (typeof request === 'string' || this.#streams.size >= TAPS_MAX) return false;
    let left = request.limit ?? Infinity;
    // No event comes before this function has returned.
    const close = this.#source.open(request, (message) => {
      if (left <= 0) return;
      const { kind, ...fields } = message;
      stream?.send(kind, JSON.stringify(fields));
      if (kind === 'event' && --left <= 0) stream?.end();
    });
    if (close === null) return false;
    const stream = this.#streams.add(response, headers, close);
    return true;
  }
}

/** @returns what is wrong, if something is */
function requestOf(query: URLSearchParams): TapRequest | string {
  const filter = query.get('filter') ?? '';
  if (filter.length > FILTER_LENGTH_MAX) return `the filter is longer than ${FILTER_LENGTH_MAX} characters`;
  const parsed = tapOptionsSchema.safeParse({ filter, stage: query.get('stage') });
  if (!parsed.success) return 'stage must be before or after; leave it out for both';
  const limit = query.get('limit');
  if (limit !== null && !(/^\d{1,7}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= LIMIT_MAX))
    return `limit must be a number from 1 to ${LIMIT_MAX}`;
  return { ...parsed.data, limit: limit === null ? null : Number(limit) };
}
