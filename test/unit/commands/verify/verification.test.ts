import { describe, expect, it } from 'vitest';
import type { Output } from '../../../../src/comparison/pairs.ts';
import { Verification } from '../../../../src/commands/verify/verification.ts';

function output(n: number, index = 'a'): Output {
  return { index, id: undefined, document: { n } };
}

function verification(ignored: readonly string[] = []): { made: Verification; shown: () => string } {
  let text = '';
  const made = new Verification(ignored, (part) => {
    text += part;
  });
  return { made, shown: () => text };
}

describe('documents that do not tell their record', () => {
  it('are matched by their content with what is left', () => {
    const { made } = verification();
    made.record('line 1', [], { outputs: [output(1)], failures: [] });
    made.record('line 2', [output(2)], { outputs: [output(2), output(3)], failures: [] });
    made.unmatched([output(3), output(1)]);
    expect(made.end()).toEqual([
      '2 records: 3 documents are equal, 0 differ, 0 only in Vector, 0 only in Logweir',
    ]);
    expect(made.isEqual).toBe(true);
  });

  it('are differences where nothing has that content, each as often as it is there', () => {
    const { made, shown } = verification();
    made.record('line 1', [], { outputs: [output(1)], failures: [] });
    made.unmatched([output(1), output(1), output(2)]);
    expect(made.end().at(-1)).toBe(
      '1 records: 1 documents are equal, 0 differ, 2 only in Vector, 0 only in Logweir',
    );
    expect(shown()).toContain('a document without its record: only in Vector, index a\n- n: 2\n');
  });
});

it('a number in an index name is named as a date only where nothing else differs in it', () => {
  const { made } = verification();
  made.record('line 1', [output(1, 'app-2026.01.01')], {
    outputs: [output(1, 'app-2025.12.31')],
    failures: [],
  });
  made.record('line 2', [output(1, 'app-1')], { outputs: [output(1, 'web-1')], failures: [] });
  const lines = made.end();
  expect(
    lines.filter((line) => line.startsWith('1 document with another date in the index name')),
  ).toHaveLength(1);
  expect(lines.at(-1)).toContain('0 documents are equal, 2 differ');
});

it('a failure of Logweir is told beside the document that it costs', () => {
  const { made, shown } = verification();
  made.record('line 1', [output(1)], { outputs: [], failures: ['transform x fails (dead_letter): no'] });
  expect(made.end().join('\n')).toContain(
    '1 document only in Vector, of records that Logweir rejects for the reason beside each',
  );
  // It may be a defect of the program, and the run may have the option.
  expect(made.end().join('\n')).not.toContain('--strict');
  expect(shown()).toContain('line 1: only in Vector, index a: transform x fails (dead_letter): no\n');
});
