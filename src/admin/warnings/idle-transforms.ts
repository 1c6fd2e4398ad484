import type { Finding, TransformCount } from './warning.ts';

/** So many events in a row must be dropped, at least: of so many, a filter of 95 % returns some. */
const DROPPED_MIN = 500;
/** For at least this time: one poll may bring thousands of the same kind. */
const DROPPING_SECONDS = 5;
/**
 * A filter that returns one event of n has a run of 21·n dropped ones by chance once in 10⁹ events
 * (e^-21). So the run must be longer the fewer it has returned before.
 */
const UNLIKELY = 21;
/** Events of one kind come in bursts: a run must be so many times the longest one before. */
const LONGEST_TIMES = 2;
/** Share of failed events that is a fault, as in the alert LogweirTransformFailing. */
const FAILING_SHARE = 0.01;
/** Failures are counted over this time. */
const FAILING_SECONDS = 10;

/** What is known of one transform. */
interface Known {
  /** At the first look: the counters of a name continue when the transforms are loaded again. */
  readonly first: TransformCount;
  /** At its last returned event, or at the first look. */
  start: TransformCount & { readonly at: number };
  last: TransformCount;
  /** Looks of the last {@link FAILING_SECONDS}, oldest first. */
  readonly looks: (TransformCount & { readonly at: number })[];
  /** Of events that were received from the first look until `start`; null before any. */
  returnedShare: number | null;
  /** Dropped events in a row, in runs that have ended. */
  longestRun: number;
  isDropping: boolean;
  /** Since its share of failed events was reached, and until none fails. */
  isFailing: boolean;
}

/** Finds transforms that drop every event, or fail for many, from their counters alone. */
export class IdleTransforms {
  #known = new Map<string, Known>();
  #loadedAt = Number.NaN;

  /**
   * Call it once a second.
   *
   * @param now seconds of a monotonic clock
   * @param loadedAt when the transforms were loaded: another time starts again
   */
  look(counts: readonly TransformCount[], now: number, loadedAt: number): Finding[] {
    if (loadedAt !== this.#loadedAt) this.#known = new Map();
    this.#loadedAt = loadedAt;
    return counts.flatMap((count) => {
      const known = this.#noted(count, now);
      return [...dropping(count, known, now), ...failing(count, known)];
    });
  }

  #noted(count: TransformCount, now: number): Known {
    const at = { ...count, at: now };
    const known = this.#known.get(count.name) ?? {
      first: count,
      start: at,
      last: count,
      looks: [],
      returnedShare: null,
      longestRun: 0,
      isDropping: false,
      isFailing: false,
    };
    this.#known.set(count.name, known);
    known.looks.push(at);
    while (known.looks.length > 1 && (known.looks[0]?.at ?? now) < now - FAILING_SECONDS) known.looks.shift();
    // Failed events end a run as returned ones do. A run starts after the last look without a dropped one.
    if (
      count.out !== known.last.out ||
      count.failed !== known.last.failed ||
      known.start.dropped === count.dropped
    ) {
      known.longestRun = Math.max(known.longestRun, known.last.dropped - known.start.dropped);
      known.start = at;
      known.returnedShare = shareSince(known.first, count);
    }
    known.last = count;
    return known;
  }
}

function shareSince(first: TransformCount, now: TransformCount): number | null {
  const received = now.in - first.in;
  return received === 0 ? null : Math.min(1, (now.out - first.out) / received);
}

function dropping({ name, dropped }: TransformCount, known: Known, now: number): Finding[] {
  const run = dropped - known.start.dropped;
  const { returnedShare, longestRun } = known;
  const needed = Math.max(
    DROPPED_MIN,
    LONGEST_TIMES * longestRun,
    returnedShare ? UNLIKELY / returnedShare : 0,
  );
  if (run === 0) known.isDropping = false;
  else if (run >= needed && now - known.start.at >= DROPPING_SECONDS) known.isDropping = true;
  if (!known.isDropping) return [];
  return [
    {
      cause: 'transform_drops_all',
      transform: name,
      message: `the transform ${name} has dropped all of its last ${run} events`,
      action:
        'If this is not intended, look at its condition, and at what the producers send now: ' +
        'logweir transform --from-topic --explain shows each event. Dropped events are not in the dead letters.',
      details: { dropped: run, seconds: Math.round(now - known.start.at) },
    },
  ];
}

function failing({ name, in: received, failed }: TransformCount, known: Known): Finding[] {
  const [first] = known.looks;
  if (first === undefined) return [];
  const [failures, events] = [failed - first.failed, received - first.in];
  known.isFailing = failures > 0 && (known.isFailing || failures >= FAILING_SHARE * events);
  if (!known.isFailing) return [];
  return [
    {
      cause: 'transform_failing',
      transform: name,
      message: `the transform ${name} fails for ${failures} of its last ${Math.max(failures, events)} events`,
      action:
        'The log lines with the code transform_failed name the error and its place; ' +
        'logweir dlq show prints a failed record with the message of the error.',
      details: { failed: failures, events },
    },
  ];
}
