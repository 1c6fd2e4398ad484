import { z } from 'zod';

/** The result of one call of vitest. */
export const Totals = z.object({
  passed: z.int(),
  failed: z.int(),
  skipped: z.int(),
  /** Of the failed tests, hooks and files. */
  names: z.array(z.string()),
  /** In percent; without it nothing was measured. */
  coverage: z.object({ lines: z.number(), branches: z.number() }).optional(),
});
export type Totals = z.output<typeof Totals>;

/** The result of several calls. Only one of them measures coverage. */
export function sumOf(totals: readonly Totals[]): Totals {
  const sum = (of: (one: Totals) => number): number => totals.reduce((all, one) => all + of(one), 0);
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    skipped: sum(({ skipped }) => skipped),
    names: totals.flatMap(({ names }) => names),
    coverage: totals.findLast(({ coverage }) => coverage !== undefined)?.coverage,
  };
}

/** The end of the output. The last line is always the one with the counts. */
export function textOf({ passed, failed, skipped, names, coverage }: Totals): string {
  const named = names.map((name) => `failed: ${name}\n`).join('');
  const covered =
    coverage === undefined
      ? ''
      : `coverage by unit tests: ${coverage.lines} % of lines, ${coverage.branches} % of branches\n`;
  return `\n${named}${covered}${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`;
}
