import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';
import { z } from 'zod';
import { Totals, sumOf, textOf } from './test-totals.ts';

/** The part of istanbul's coverage map that the summary needs. */
const Coverage = z.object({ lines: z.object({ pct: z.number() }), branches: z.object({ pct: z.number() }) });

/**
 * Ends the run with the names of what failed, since of a long run often only the end is kept, and one line that says how many tests passed
 * and failed; a file that does not load counts as failed. With coverage, the line before it gives that.
 *
 * `make test` calls vitest twice: the environment variable `TEST_TOTALS` names a file that carries the totals of the first call to the last.
 */
export default class SummaryReporter implements Reporter {
  #coverage: Totals['coverage'];

  onCoverage(coverage: unknown): void {
    const map = coverage as { getCoverageSummary(): { toJSON(): unknown } };
    const { lines, branches } = Coverage.parse(map.getCoverageSummary().toJSON());
    this.#coverage = { lines: lines.pct, branches: branches.pct };
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const own = { ...countsOf(modules, errors), ...(this.#coverage && { coverage: this.#coverage }) };
    const file = process.env['TEST_TOTALS'];
    const before = file === undefined || !existsSync(file) ? [] : readTotals(file);
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(own)}\n`);
    const text = textOf(sumOf([...before, own]));
    // Vitest writes long failures bit by bit where they go into a pipe; nothing follows this.
    process.once('exit', () => process.stdout.write(text));
  }
}

function readTotals(file: string): Totals[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => Totals.parse(JSON.parse(line)));
}

function countsOf(modules: readonly TestModule[], errors: readonly unknown[]): Totals {
  let passed = 0;
  let failed = errors.length;
  let skipped = 0;
  const names: string[] = [];
  for (const module of modules) {
    let tests = 0;
    for (const test of module.children.allTests()) {
      tests++;
      const { state } = test.result();
      if (state === 'passed') passed++;
      else if (state === 'failed') {
        failed++;
        names.push(`${module.relativeModuleId} > ${test.fullName}`);
      } else skipped++;
    }
    // A hook that fails leaves its tests skipped: that is a failure too.
    const broken = [...module.children.allSuites()].filter((suite) => suite.errors().length > 0);
    failed += broken.length;
    for (const suite of broken) names.push(`${module.relativeModuleId} > ${suite.fullName}: a hook`);
    if ((tests === 0 && broken.length === 0) || module.errors().length > 0) {
      failed++;
      names.push(module.relativeModuleId);
    }
  }
  return { passed, failed, skipped, names };
}
