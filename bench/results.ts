import type { ChainName } from './contenders.ts';
import type { Drained } from './drain.ts';
import type { Indexed } from './elasticsearch.ts';
import type { Latency } from './latency.ts';
import { type Spread, spreadOf } from './measure.ts';
import type { ParserCost } from './parsers.ts';
import type { RemapCost } from './remaps.ts';

/** The floors: records are read, and that is all. */
export const CLIENT = 'the client, nothing else';
export const READER = 'the reader, nothing else';

export type ContenderName =
  | typeof CLIENT
  | typeof READER
  | ChainName
  | `${'passthrough' | 'one field set'}, 2 workers`
  | 'passthrough, after an outage'
  | 'passthrough, page open'
  | 'rsyslog';

/** Runs of one contender, in the order of the rounds. */
export interface Series {
  readonly name: ContenderName;
  readonly eventBytes: number;
  readonly runs: Drained[];
}

export interface Results {
  readonly date: string;
  readonly machine: string;
  readonly versions: string;
  readonly quick: boolean;
  readonly rounds: number;
  readonly series: Series[];
  /** One a round. */
  readonly latency: Latency[];
  readonly elasticsearch: {
    direct: Indexed[];
    logweir: Indexed[];
    /** Documents a second by requests in flight; one run each. */
    curve: { concurrency: number | 'adaptive'; documentsPerSecond: number }[];
  };
  readonly parsers: ParserCost[];
  readonly remaps: RemapCost[];
  /**
   * Events that never arrive where one item in ten is answered 429 for five seconds; null where it was not
   * run.
   */
  readonly lostWhileBusy: { events: number; logweir: number; rsyslog: number | null } | null;
}

/** Of all runs, the ratio to the run of `base` in the same round. */
export function ratios(
  series: Series,
  base: Series,
  figure: 'eventsPerSecond' | 'cpuMicros' | 'peakMb',
): Spread {
  return spreadOf(series.runs.map((run, round) => run[figure] / (base.runs[round]?.[figure] ?? Number.NaN)));
}

/** One contender's runs with events of that size; undefined where it was not run. */
export function seriesOf({ series }: Results, name: ContenderName, eventBytes: number): Series | undefined {
  return series.find((one) => one.name === name && one.eventBytes === eventBytes);
}

/** What all others are compared with: the client's `consume` with events of that size. */
export function clientOf(results: Results, eventBytes: number): Series {
  const found = seriesOf(results, CLIENT, eventBytes);
  if (found === undefined) throw new Error(`there is no run of the client alone with ${eventBytes} bytes`);
  return found;
}

/**
 * Documents a second into the real Elasticsearch, as a share of what the direct loader reaches in the same
 * round.
 */
export function shareOfDirect({ elasticsearch: { direct, logweir } }: Results): Spread {
  return spreadOf(
    logweir.map((run, round) => run.documentsPerSecond / (direct[round]?.documentsPerSecond ?? Number.NaN)),
  );
}
