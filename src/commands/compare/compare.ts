import type { Writable } from 'node:stream';
import { loadConfig } from '../../config/load.ts';
import { LogweirError } from '../../errors.ts';
import { isDuration, parseDuration, parseTime } from '../../kafka/admin/replay-target.ts';
import { findServer } from '../find-server.ts';
import { Comparison } from './comparison.ts';
import { IndexReader, type StoredDocument } from './index-reader.ts';
import { compareByContent, compareById, compareByKafka, hasCoordinates, type Matched } from './matching.ts';

const TIMEOUT_MS = 60_000;
const LIMIT_MAX = 100_000_000;
/** The id that Logweir makes of a record: `timestamp:topic:partition:offset[:output]`. */
const LOGWEIR_ID = /^[0-9a-z]{9}:[\w.-]+:\d+:\d+(?::\d+)?$/;

export interface CompareOptions {
  readonly config?: string;
  readonly by?: 'id' | 'kafka' | 'content';
  readonly from?: string;
  readonly to?: string;
  readonly timeField: string;
  readonly ignore: readonly string[];
  readonly limit: number;
}

const MATCHING = {
  id: { how: 'document id', compare: compareById },
  kafka: { how: 'topic, partition and offset', compare: compareByKafka },
  content: { how: 'content', compare: compareByContent },
} as const;

/**
 * `logweir compare`: compares the documents of two indices, of patterns or of data streams.
 *
 * @returns whether they are equal
 * @throws LogweirError USAGE if an option is wrong, or there is nothing to compare; UNAVAILABLE if an index
 *   cannot be read
 */
export async function compare(
  names: readonly [string, string],
  options: CompareOptions,
  output: Writable,
): Promise<boolean> {
  const { ignore: ignored, limit } = options;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw new LogweirError('USAGE', `--limit must be an integer from 1 to ${LIMIT_MAX}, not ${limit}`);
  const query = queryOf(options, Date.now());
  const { config } = loadConfig(options.config);
  const server = await findServer(config.elasticsearch, TIMEOUT_MS);
  const a = await IndexReader.open(server, names[0], query);
  try {
    const b = await IndexReader.open(server, names[1], query);
    try {
      const matched: Matched = { a, b, limit, ignored };
      const by = options.by ?? (await matchingOf(matched));
      output.write(`- ${names[0]}, + ${names[1]}; documents are matched by ${MATCHING[by].how}\n`);
      const comparison = new Comparison(names, ignored, (text) => output.write(text));
      await MATCHING[by].compare(matched, comparison);
      if (comparison.count === 0)
        throw new LogweirError(
          'USAGE',
          `there is nothing to compare: neither ${names[0]} nor ${names[1]} has documents${inTime(options)}`,
        );
      output.write(
        comparison
          .end()
          .map((line) => `${line}\n`)
          .join(''),
      );
      return comparison.isEqual;
    } finally {
      await b.close();
    }
  } finally {
    await a.close();
  }
}

/** By the first documents of both. */
async function matchingOf({ a, b }: Matched): Promise<keyof typeof MATCHING> {
  const [inA, inB] = [await firstOf(a), await firstOf(b)];
  const all = [...inA, ...inB];
  if (all.every(({ id }) => LOGWEIR_ID.test(id))) return 'id';
  const ids = (page: readonly StoredDocument[]): string[] => page.map(({ id }) => id);
  if ((await b.byIds(ids(inA), false)).size + (await a.byIds(ids(inB), false)).size > 0) return 'id';
  return all.every(hasCoordinates) ? 'kafka' : 'content';
}

async function firstOf(reader: IndexReader): Promise<StoredDocument[]> {
  for await (const page of reader.pages()) return page;
  return [];
}

function queryOf({ from, to, timeField }: CompareOptions, now: number): object {
  if (from === undefined && to === undefined) return { match_all: {} };
  const timeOf = (text: string, option: string): string =>
    new Date(isDuration(text) ? now - parseDuration(text, option) : parseTime(text, option)).toISOString();
  const range = {
    ...(from !== undefined && { gte: timeOf(from, '--from') }),
    ...(to !== undefined && { lt: timeOf(to, '--to') }),
  };
  return { range: { [timeField]: { ...range, format: 'strict_date_optional_time' } } };
}

function inTime({ from, to, timeField }: CompareOptions): string {
  return from === undefined && to === undefined
    ? ''
    : ` whose ${timeField} is in this time (--time-field names another field)`;
}
