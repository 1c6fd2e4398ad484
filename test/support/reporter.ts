import type { Reporter, TestModule } from 'vitest/node';

/** Ends the run with one line that says how many tests passed and failed; a file that does not load counts as failed. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    let skipped = 0;
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        tests++;
        const { state } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else skipped++;
      }
      // A hook that fails leaves its tests skipped: that is a failure too.
      const broken = [...module.children.allSuites()].filter((suite) => suite.errors().length > 0).length;
      failed += broken;
      if ((tests === 0 && broken === 0) || module.errors().length > 0) failed++;
    }
    process.stdout.write(
      `\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
    );
  }
}
