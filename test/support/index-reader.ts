export interface StoredDocument {
  readonly index: string;
  readonly id: string;
  /** The text of `_source` exactly as Elasticsearch keeps it. */
  readonly source: string;
}

interface Page {
  readonly hits: {
    readonly hits: readonly {
      readonly _index: string;
      readonly _id: string;
      readonly sort: readonly unknown[];
    }[];
  };
}

/** What the two products name differently. */
interface PointInTime {
  open(target: string): Promise<string>;
  close(id: string): Promise<unknown>;
  readonly sort: object;
}

function pointInTime(url: string, isOpenSearch: boolean): PointInTime {
  if (isOpenSearch)
    return {
      open: async (target) => {
        const text = await post(`${target}/_search/point_in_time?keep_alive=2m`);
        return (JSON.parse(text) as { pit_id: string }).pit_id;
      },
      close: async (id) => await fetch(`${url}/_search/point_in_time`, request({ pit_id: [id] }, 'DELETE')),
      sort: { _id: 'asc' },
    };
  return {
    open: async (target) => (JSON.parse(await post(`${target}/_pit?keep_alive=2m`)) as { id: string }).id,
    close: async (id) => await fetch(`${url}/_pit`, request({ id }, 'DELETE')),
    sort: { _shard_doc: 'asc' },
  };
}

/** The development Elasticsearch has no handler for `GET /`. */
async function asksOpenSearch(url: string): Promise<boolean> {
  const answer = await fetch(url);
  const text = await answer.text();
  return answer.ok && /"distribution"\s*:\s*"opensearch"/.test(text);
}

/**
 * Reads every document of an index (an alias, a data stream, a pattern), as of now: refreshed, in a point in time.
 *
 * @param pageSize documents in one answer, which must fit into memory
 */
export async function* readIndex(
  url: string,
  index: string,
  pageSize: number,
): AsyncGenerator<StoredDocument> {
  const target = `${url}/${encodeURIComponent(index)}`;
  await post(`${target}/_refresh`);
  const { open, close, sort } = pointInTime(url, await asksOpenSearch(url));
  const id = await open(target);
  const pit = { id, keep_alive: '2m' };
  try {
    let after: readonly unknown[] | undefined;
    while (true) {
      const query = {
        size: pageSize,
        pit,
        sort: [sort],
        track_total_hits: false,
        search_after: after,
      };
      const text = await post(`${url}/_search`, query);
      const { hits } = (JSON.parse(text) as Page).hits;
      const sources = sourceTexts(text);
      if (sources.length !== hits.length) throw new Error(`${sources.length} sources in ${hits.length} hits`);
      for (const [position, { _index, _id }] of hits.entries()) {
        yield { index: _index, id: _id, source: sources[position] ?? '' };
      }
      after = hits.at(-1)?.sort;
      if (after === undefined) return;
    }
  } finally {
    await close(id);
  }
}

async function post(url: string, body?: object): Promise<string> {
  const response = await fetch(url, request(body, 'POST'));
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text.slice(0, 500)}`);
  return text;
}

function request(body: object | undefined, method: string): RequestInit {
  return body === undefined
    ? { method }
    : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

/**
 * The text of each hit's `_source`. A parser would lose what a test wants to see: white space, the spelling of numbers.
 * Strings are skipped as a whole, so that nothing inside a document counts as the answer's own structure.
 */
function sourceTexts(text: string): string[] {
  const sources: string[] = [];
  const token = /["{}]/g;
  let depth = 0;
  let start = -1;
  let isSource = false;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [found] = match;
    if (found === '"') {
      const end = closingQuote(text, match.index);
      // Keys and values alike: no value of a hit's other fields is the word `_source`.
      if (depth === 3) isSource = text.slice(match.index, end + 1) === '"_source"';
      token.lastIndex = end + 1;
    } else if (found === '{') {
      depth++;
      // {"hits":{"hits":[{"_source":{ opens the fourth.
      if (depth === 4 && isSource) start = match.index;
    } else {
      if (depth === 4 && start >= 0) {
        sources.push(text.slice(start, match.index + 1));
        start = -1;
      }
      depth--;
    }
  }
  return sources;
}

function closingQuote(text: string, opening: number): number {
  for (let end = text.indexOf('"', opening + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text[end - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  throw new Error('a string without an end');
}
