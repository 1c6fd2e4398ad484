import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../test/support/paths.ts';
import { type Results, consumeOnly, ratios, shareOfDirect } from './results.ts';

/** Figures of `bench-quick` on the version that the file came with; ratios, so that machines can be compared. */
interface Baseline {
  /** Events a second as a share of consuming only, by chain. */
  readonly rate: Record<string, number>;
  /** CPU an event as a multiple of consuming only, by chain. */
  readonly cpu: Record<string, number>;
  /** Peak memory as a multiple of consuming only's, by chain. */
  readonly memory: Record<string, number>;
  readonly shareOfDirect: number;
}

/** What a figure may be worse before it is called a regression; a shared machine is noisy. */
const TOLERANCE = 0.25;

/** Says how each ratio compares with `bench/baseline.json`. @returns whether none is far worse */
export function compareWithBaseline(results: Results, say: (line: string) => void): boolean {
  const baseline = JSON.parse(readFileSync(join(root, 'bench/baseline.json'), 'utf8')) as Baseline;
  const floor = consumeOnly(results, 400);
  let good = true;
  const compare = (name: string, found: number, wanted: number | undefined, more: boolean): void => {
    if (wanted === undefined) return;
    const fine = more ? found >= wanted * (1 - TOLERANCE) : found <= wanted * (1 + TOLERANCE);
    good &&= fine;
    say(`${fine ? 'ok  ' : 'WORSE'} ${name}: ${found.toFixed(2)}, baseline ${wanted.toFixed(2)}`);
  };
  for (const series of results.series) {
    if (series.name === 'consume only' || series.eventBytes !== 400) continue;
    const { name } = series;
    compare(`${name}, events/s`, ratios(series, floor, 'eventsPerSecond').median, baseline.rate[name], true);
    compare(`${name}, CPU`, ratios(series, floor, 'cpuMicros').median, baseline.cpu[name], false);
    compare(`${name}, memory`, ratios(series, floor, 'peakMb').median, baseline.memory[name], false);
  }
  compare('share of the direct loader', shareOfDirect(results).median, baseline.shareOfDirect, true);
  return good;
}
