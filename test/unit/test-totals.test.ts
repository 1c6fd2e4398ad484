import { expect, it } from 'vitest';
import { sumOf, textOf } from '../support/test-totals.ts';

const unit = {
  passed: 5,
  failed: 1,
  skipped: 0,
  names: ['a.test.ts > fails'],
  coverage: { lines: 93.5, branches: 88 },
};
const others = { passed: 20, failed: 1, skipped: 2, names: ['b.test.ts: a hook'] };

it('the last line of several calls is the sum of all of them, after all failures and the coverage', () => {
  expect(textOf(sumOf([unit, others]))).toBe(
    '\nfailed: a.test.ts > fails\nfailed: b.test.ts: a hook\n' +
      'coverage by unit tests: 93.5 % of lines, 88 % of branches\n25 passed, 2 failed, 2 skipped\n',
  );
});

it('a call without coverage and failures is one line', () => {
  expect(textOf(sumOf([{ passed: 3, failed: 0, skipped: 0, names: [] }]))).toBe('\n3 passed, 0 failed\n');
});
