import { describe, expect, it } from 'vitest';
import { isAnother, noteOf, resolveStart, topicIdOf } from '../../../src/kafka/start-offset.ts';

const [OLD, NEW] = ['AbCdEfGhIjKlMnOpQrStUv', 'ZyXwVuTsRqPoNmLkJiHgFe'];
type Reset = 'earliest' | 'latest';

const start = (
  offset: number,
  low: number,
  high: number,
  reset: Reset,
  before: string | null = null,
  now: string | null = OLD,
) => resolveStart({ offset, topicId: before }, { low, high, topicId: now }, reset);

describe.each(['earliest', 'latest'] as const)(
  'with a committed offset, and auto_offset_reset %s',
  (reset) => {
    it.each([
      ['inside of what the broker has', 15],
      ['at the lowest offset', 10],
      ['at the end', 20],
    ])('reading goes on from there: %s', (_where, committed) => {
      for (const before of [null, OLD])
        expect(start(committed, 10, 20, reset, before)).toEqual({
          offset: committed,
          fate: 'committed',
          lost: 0,
        });
    });

    it('reading goes on from the lowest offset where retention was faster, and it says how much is lost', () => {
      expect(start(3, 10, 20, reset)).toEqual({ offset: 10, fate: 'retention', lost: 7 });
      expect(start(9, 10, 10, reset, OLD)).toEqual({ offset: 10, fate: 'retention', lost: 1 });
    });

    it.each([
      [21, 0, 20],
      [5000, 0, 0],
      [5, 0, 20],
      [0, 0, 20],
    ])(
      'a topic of another id is read from its beginning, whatever the reset (%d of %d to %d)',
      (at, low, high) => {
        expect(start(at, low, high, reset, OLD, NEW)).toEqual({ offset: low, fate: 'recreated', lost: 0 });
      },
    );

    it.each([
      ['the id is the same', OLD, OLD],
      ['nobody noted the id', null, OLD],
      ['the brokers tell none', OLD, null],
      ['nobody knows it', null, null],
    ])('beyond the end reading goes on at the end, where %s', (_name, before, now) => {
      expect(start(23, 0, 20, reset, before, now)).toEqual({ offset: 20, fate: 'truncated', lost: 3 });
      expect(start(9, 4, 4, reset, before, now)).toEqual({ offset: 4, fate: 'truncated', lost: 5 });
    });

    it('a committed offset of zero is one', () => {
      expect(start(0, 0, 20, reset)).toEqual({ offset: 0, fate: 'committed', lost: 0 });
    });
  },
);

describe('without a committed offset', () => {
  it.each<[string, number, number, Reset, number]>([
    ['earliest is the lowest that the broker still has', 10, 20, 'earliest', 10],
    ['latest is the end', 10, 20, 'latest', 20],
    ['an empty partition starts at its end', 0, 0, 'earliest', 0],
  ])('%s', (_name, low, high, reset, offset) => {
    expect(start(-1, low, high, reset)).toEqual({ offset, fate: 'none', lost: 0 });
  });
});

describe('the id of a topic', () => {
  it('comes back from the note that goes with a commit', () => {
    expect(topicIdOf(noteOf(OLD))).toBe(OLD);
  });

  it.each([undefined, '', 'someone else’s note', '{"topic_id":"x"}'])('is not in the note %j', (note) => {
    expect(topicIdOf(note)).toBeNull();
  });

  it('tells two topics apart only where both ids are known', () => {
    expect(isAnother(OLD, NEW)).toBe(true);
    expect([isAnother(OLD, OLD), isAnother(null, NEW), isAnother(OLD, null)]).toEqual([false, false, false]);
  });
});
