import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../test/support/paths.ts';
import { spreadOf } from './measure.ts';
import { CLIENT, READER, type Results, type Series, clientOf, ratios, shareOfDirect } from './results.ts';

const file = join(root, 'bench/baseline.json');

/**
 * Figures of `bench-quick` on the version that the file came with; ratios, so that machines can be compared.
 */
interface Baseline {
  /** Events a second, of the client's `consume`, by contender. */
  readonly rate: Record<string, number>;
  /** CPU an event, of the client's. */
  readonly cpu: Record<string, number>;
  /** Peak memory in MB, which hardly depends on the machine. */
  readonly memory: Record<string, number>;
  readonly shareOfDirect: number;
}

/** What a figure may be worse before it is called a regression; a shared machine is noisy. */
const TOLERANCE = 0.25;

function figuresOf(results: Results): Baseline {
  const client = clientOf(results, 400);
  const measured = results.series.filter(({ name, eventBytes }) => name !== CLIENT && eventBytes === 400);
  const byName = (
    figure: (series: Series) => number,
    chosen: readonly Series[] = measured,
  ): Record<string, number> =>
    Object.fromEntries(chosen.map((series) => [series.name, Number(figure(series).toFixed(2))]));
  return {
    rate: byName((series) => ratios(series, client, 'eventsPerSecond').median),
    cpu: byName((series) => ratios(series, client, 'cpuMicros').median),
    memory: byName(
      ({ runs }) => Math.round(spreadOf(runs.map((run) => run.peakMb)).median),
      measured.filter(({ name }) => name !== READER),
    ),
    shareOfDirect: Number(shareOfDirect(results).median.toFixed(2)),
  };
}

/** Says how each figure compares with `bench/baseline.json`. @returns whether none is far worse */
export function compareWithBaseline(results: Results, say: (line: string) => void): boolean {
  const baseline = JSON.parse(readFileSync(file, 'utf8')) as Baseline;
  const found = figuresOf(results);
  let good = true;
  const compare = (name: string, figure: number, wanted: number | undefined, more: boolean): void => {
    if (wanted === undefined) return;
    const fine = more ? figure >= wanted * (1 - TOLERANCE) : figure <= wanted * (1 + TOLERANCE);
    good &&= fine;
    say(`${fine ? 'ok  ' : 'WORSE'} ${name}: ${figure}, baseline ${wanted}`);
  };
  for (const [name, rate] of Object.entries(found.rate)) {
    compare(`${name}, events/s`, rate, baseline.rate[name], true);
    compare(`${name}, CPU`, found.cpu[name] ?? Number.NaN, baseline.cpu[name], false);
    compare(`${name}, peak MB`, found.memory[name] ?? Number.NaN, baseline.memory[name], false);
  }
  compare('share of the direct loader', found.shareOfDirect, baseline.shareOfDirect, true);
  return good;
}

/** Makes these figures the ones that later runs are compared with. */
export function writeBaseline(results: Results): void {
  writeFileSync(file, `${JSON.stringify(figuresOf(results), null, 2)}\n`);
}
