import { z } from 'zod';
import { reasonIn } from '../../check/search-answers.ts';
import { parseExact } from '../../codec/exact-json.ts';
import type { PlainAnswer } from '../../elasticsearch/plain-requests.ts';
import { LogweirError, messageOf } from '../../errors.ts';
import type { Event } from '../../transform/api/api.ts';
import type { Server } from '../find-server.ts';

/** Documents in one answer, unless they are too long for it. */
const PAGE_SIZE = 500;
const KEEP_ALIVE = '2m';

export interface StoredDocument {
  readonly id: string;
  readonly index: string;
  /** Empty if it was not asked for. */
  readonly source: Event;
  readonly sort: readonly unknown[];
}

/** Fields to sort by; a last one makes the order complete. */
type Sort = readonly object[];

const hitsSchema = z.object({
  pit_id: z.string().optional(),
  timed_out: z.boolean(),
  _shards: z.object({ failed: z.number() }),
  hits: z.object({
    hits: z.array(
      z.object({
        _id: z.string(),
        _index: z.string(),
        _source: z.record(z.string(), z.unknown()).optional(),
        sort: z.array(z.unknown()).default([]),
      }),
    ),
  }),
});
const openedSchema = z.union([
  z.object({ id: z.string() }).transform(({ id }) => id),
  z.object({ pit_id: z.string() }).transform(({ pit_id }) => pit_id),
]);

/** Reads an index, or the indices of a pattern, as they are at one point in time. */
export class IndexReader {
  /** As the user named it. */
  readonly name: string;
  readonly #server: Server;
  readonly #query: object;
  #pit: string;
  #pageSize = PAGE_SIZE;

  private constructor(server: Server, name: string, query: object, pit: string) {
    this.#server = server;
    this.name = name;
    this.#query = query;
    this.#pit = pit;
  }

  /**
   * @param query which documents
   * @throws LogweirError USAGE if there is no such index, UNAVAILABLE if it cannot be read
   */
  static async open(server: Server, name: string, query: object): Promise<IndexReader> {
    const path = isOpenSearch(server) ? '_search/point_in_time' : '_pit';
    const answer = await asked(
      server,
      'POST',
      `/${encodeURIComponent(name)}/${path}?keep_alive=${KEEP_ALIVE}`,
    );
    if (answer.status === 404)
      throw new LogweirError('USAGE', `there is no index ${name}: ${reasonIn(answer.json)}`);
    const pit = openedSchema.safeParse(expected(answer, name).json);
    if (!pit.success) throw unexpected(name);
    return new IndexReader(server, name, query, pit.data);
  }

  /** All documents, in pages. @param sort none for any order */
  async *pages(sort: Sort = []): AsyncGenerator<StoredDocument[]> {
    // Elasticsearch completes the order of a point in time by itself. OpenSearch has only ids for it.
    const complete = [...sort, isOpenSearch(this.#server) ? { _id: 'asc' } : { _shard_doc: 'asc' }];
    let after: readonly unknown[] | undefined;
    for (;;) {
      const page: StoredDocument[] = await this.#search(this.#query, { sort: complete, search_after: after });
      if (page.length > 0) yield page;
      if (page.length === 0) return;
      after = page.at(-1)?.sort;
    }
  }

  /** Documents by their ids; an id may be in several indices of a pattern. */
  async byIds(ids: readonly string[], withSource = true): Promise<Map<string, StoredDocument>> {
    const found = new Map<string, StoredDocument>();
    for (let at = 0; at < ids.length; at += this.#pageSize) {
      const part = ids.slice(at, at + this.#pageSize);
      // Each id once for each index of a pattern: those beyond the size are found by asking for the rest.
      let left = part;
      while (left.length > 0) {
        const query = { ids: { values: left } };
        const page = await this.#search(query, { _source: withSource });
        for (const one of page) found.set(one.id, one);
        const rest = left.filter((id) => !found.has(id));
        left = page.length < this.#pageSize || rest.length === left.length ? [] : rest;
      }
    }
    return found;
  }

  async close(): Promise<void> {
    const [path, body] = isOpenSearch(this.#server)
      ? ['/_search/point_in_time', { pit_id: [this.#pit] }]
      : ['/_pit', { id: this.#pit }];
    // It ends by itself.
    await this.#server.ask('DELETE', path, body).catch(() => {});
  }

  /** A page; a shorter one if the answer would be too long. */
  async #search(query: object, more: object): Promise<StoredDocument[]> {
    for (;;) {
      const pit = { id: this.#pit, keep_alive: KEEP_ALIVE };
      const body = { size: this.#pageSize, pit, query, track_total_hits: false, ...more };
      try {
        return this.#documentsOf(expected(await this.#server.ask('POST', '/_search', body), this.name));
      } catch (error) {
        if (error instanceof LogweirError) throw error;
        if (!messageOf(error).startsWith('the answer is longer') || this.#pageSize === 1)
          throw new LogweirError('UNAVAILABLE', `cannot read ${this.name}: ${messageOf(error)}`, {
            cause: error,
          });
        this.#pageSize = Math.ceil(this.#pageSize / 4);
      }
    }
  }

  #documentsOf({ text }: PlainAnswer): StoredDocument[] {
    const parsed = hitsSchema.safeParse(parseExact(text).value);
    if (!parsed.success) throw unexpected(this.name);
    const { pit_id, timed_out, _shards, hits } = parsed.data;
    // A part of the documents would pass for all of them.
    if (timed_out || _shards.failed > 0)
      throw new LogweirError('UNAVAILABLE', `${_shards.failed} shards of ${this.name} do not answer`);
    this.#pit = pit_id ?? this.#pit;
    return hits.hits.map(({ _id, _index, _source, sort }) => ({
      id: _id,
      index: _index,
      source: _source ?? {},
      sort: sort.map((one) => (typeof one === 'bigint' ? Number(one) : one)),
    }));
  }
}

function isOpenSearch({ product }: Server): boolean {
  return product?.name === 'opensearch';
}

async function asked({ ask }: Server, method: string, path: string): Promise<PlainAnswer> {
  try {
    return await ask(method, path);
  } catch (error) {
    if (error instanceof LogweirError) throw error;
    throw new LogweirError('UNAVAILABLE', `Elasticsearch: ${messageOf(error)}`, { cause: error });
  }
}

/** @throws LogweirError UNAVAILABLE if the server rejects a request */
function expected(answer: PlainAnswer, name: string): PlainAnswer {
  if (answer.status < 300) return answer;
  const advice = answer.status === 401 || answer.status === 403 ? '; the index privilege read is needed' : '';
  throw new LogweirError(
    'UNAVAILABLE',
    `cannot read ${name}: HTTP ${answer.status} ${reasonIn(answer.json)}${advice}`,
  );
}

function unexpected(name: string): LogweirError {
  return new LogweirError('UNAVAILABLE', `a search in ${name} has an unexpected answer`);
}
