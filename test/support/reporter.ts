import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends the run with the names of what failed, since of a long run often only the end is kept, and one line that says how many tests passed
 * and failed; a file that does not load counts as failed.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
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
    const named = names.map((name) => `failed: ${name}\n`).join('');
    const text = `\n${named}${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`;
    // Vitest writes long failures bit by bit where they go into a pipe; nothing comes behind this.
    process.once('exit', () => process.stdout.write(text));
  }
}
