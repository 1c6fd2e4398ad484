/**
 * How time grows with the size of an input: a quadratic step needs sixteen times as long for four times as much. It is the time of this thread,
 * since others are busy on the machine too.
 */

const FACTOR = 4;
/** Linear is 4, quadratic is 16; caches and the garbage collector make linear things look worse than they are. */
const GROWTH_MAX = 10;
/** A shorter time is not worth a measurement, in ms; a tenth of it may be another, cheaper way. */
const FLOOR_MS = 25;
/** A longer time is measured well enough by one run. */
const LONG_MS = 1000;
const RUNS = 3;
/** Other work on the machine may disturb one measurement, not each of them. */
const ATTEMPTS = 5;

/** The shortest of some runs, in ms. */
function timeOf(run: () => void): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let left = RUNS; left > 0; left--) {
    const before = process.threadCpuUsage();
    run();
    shortest = Math.min(shortest, process.threadCpuUsage(before).user / 1000);
    if (shortest < FLOOR_MS || shortest > LONG_MS) break;
  }
  return shortest;
}

/**
 * @param prepare makes an input of about so many bytes, and what is to be done with it
 * @returns what grows faster than its input, said with its times; undefined where it does not
 */
export function superlinear(bytes: number, prepare: (bytes: number) => () => void): string | undefined {
  const small = prepare(bytes);
  const large = prepare(bytes * FACTOR);
  let growth = 0;
  let times: number[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const after = timeOf(large);
    if (after < FLOOR_MS) return undefined;
    const before = timeOf(small);
    growth = after / Math.max(before, FLOOR_MS / GROWTH_MAX);
    times = [before, after];
    if (growth < GROWTH_MAX) return undefined;
    if (after > LONG_MS && attempt > 0) break;
  }
  const [before = 0, after = 0] = times;
  return `${bytes} bytes ${before.toFixed(1)} ms, ${bytes * FACTOR} bytes ${after.toFixed(1)} ms: ${growth.toFixed(1)} times`;
}
