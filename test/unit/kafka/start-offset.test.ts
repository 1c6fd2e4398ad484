import { describe, expect, it } from 'vitest';
import { resolveStart } from '../../../src/kafka/start-offset.ts';

const NOTHING_LOST = { lost: 0, recreated: false };

describe.each(['earliest', 'latest'] as const)(
  'with a committed offset, and auto_offset_reset %s',
  (reset) => {
    it.each([
      ['inside of what the broker has', 15],
      ['at the lowest offset', 10],
      ['at the end', 20],
    ])('reading goes on from there: %s', (_where, committed) => {
      expect(resolveStart(committed, 10, 20, reset)).toEqual({ offset: committed, ...NOTHING_LOST });
    });

    it('reading goes on from the lowest offset where retention was faster, and it says how much is lost', () => {
      expect(resolveStart(3, 10, 20, reset)).toEqual({ offset: 10, lost: 7, recreated: false });
      expect(resolveStart(9, 10, 10, reset)).toEqual({ offset: 10, lost: 1, recreated: false });
    });

    it('a topic that was created anew is read from its beginning, whatever the reset', () => {
      expect(resolveStart(21, 0, 20, reset)).toEqual({ offset: 0, lost: 0, recreated: true });
      expect(resolveStart(5000, 0, 0, reset)).toEqual({ offset: 0, lost: 0, recreated: true });
    });

    it('a committed offset of zero is one', () => {
      expect(resolveStart(0, 0, 20, reset)).toEqual({ offset: 0, ...NOTHING_LOST });
    });
  },
);

describe('without a committed offset', () => {
  it('earliest is the lowest that the broker still has', () => {
    expect(resolveStart(-1, 10, 20, 'earliest')).toEqual({ offset: 10, ...NOTHING_LOST });
  });

  it('latest is the end', () => {
    expect(resolveStart(-1, 10, 20, 'latest')).toEqual({ offset: 20, ...NOTHING_LOST });
  });

  it('an empty partition starts at its end', () => {
    expect(resolveStart(-1, 0, 0, 'earliest')).toEqual({ offset: 0, ...NOTHING_LOST });
  });
});
