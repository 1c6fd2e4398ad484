import { describe, expect, it } from 'vitest';
import {
  isAnother,
  commitMetadata,
  resolveStart,
  topicIdOf,
} from '../../../../src/kafka/consumer/start-offset.ts';

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
      ['inside the available range', 15],
      ['at the lowest offset', 10],
      ['at the end', 20],
    ])('reading continues there: %s', (_where, committed) => {
      for (const before of [null, OLD])
        expect(start(committed, 10, 20, reset, before)).toEqual({
          offset: committed,
          fate: 'committed',
          lost: 0,
        });
    });

    it('reading continues at the lowest offset after retention, and the number of lost records is known', () => {
      expect(start(3, 10, 20, reset)).toEqual({ offset: 10, fate: 'retention', lost: 7 });
      expect(start(9, 10, 10, reset, OLD)).toEqual({ offset: 10, fate: 'retention', lost: 1 });
    });

    it.each([
      [21, 0, 20],
      [5000, 0, 0],
      [5, 0, 20],
      [0, 0, 20],
    ])(
      'a topic with another id is read from its beginning, with either reset (%d of %d to %d)',
      (at, low, high) => {
        expect(start(at, low, high, reset, OLD, NEW)).toEqual({ offset: low, fate: 'recreated', lost: 0 });
      },
    );

    it.each([
      ['the id is the same', OLD, OLD],
      ['the commit has no id', null, OLD],
      ['the brokers send no id', OLD, null],
      ['neither side has an id', null, null],
    ])('an offset beyond the end continues at the end if %s', (_name, before, now) => {
      expect(start(23, 0, 20, reset, before, now)).toEqual({ offset: 20, fate: 'truncated', lost: 3 });
      expect(start(9, 4, 4, reset, before, now)).toEqual({ offset: 4, fate: 'truncated', lost: 5 });
    });

    it('zero is a committed offset', () => {
      expect(start(0, 0, 20, reset)).toEqual({ offset: 0, fate: 'committed', lost: 0 });
    });
  },
);

describe('without a committed offset', () => {
  it.each<[string, number, number, Reset, number]>([
    ['earliest is the lowest available offset', 10, 20, 'earliest', 10],
    ['latest is the end', 10, 20, 'latest', 20],
    ['an empty partition starts at its end', 0, 0, 'earliest', 0],
  ])('%s', (_name, low, high, reset, offset) => {
    expect(start(-1, low, high, reset)).toEqual({ offset, fate: 'none', lost: 0 });
  });
});

describe('the id of a topic', () => {
  it('is read back from the metadata of a commit', () => {
    expect(topicIdOf(commitMetadata(OLD))).toBe(OLD);
  });

  it.each([undefined, '', 'text of another client', '{"topic_id":"x"}'])(
    'is not in the metadata %j',
    (metadata) => {
      expect(topicIdOf(metadata)).toBeNull();
    },
  );

  it('distinguishes two topics only if both ids are known', () => {
    expect(isAnother(OLD, NEW)).toBe(true);
    expect([isAnother(OLD, OLD), isAnother(null, NEW), isAnother(OLD, null)]).toEqual([false, false, false]);
  });
});
