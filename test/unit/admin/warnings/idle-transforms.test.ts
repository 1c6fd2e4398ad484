import { expect, it } from 'vitest';
import { IdleTransforms } from '../../../../src/admin/warnings/idle-transforms.ts';
import type { Finding } from '../../../../src/admin/warnings/warning.ts';

/** One transform, looked at once a second. */
class Watched {
  readonly #idle = new IdleTransforms();
  #count = { name: 'filter', in: 0, out: 0, dropped: 0, failed: 0 };
  #now = 100;
  loadedAt = 1;

  constructor() {
    this.pass({});
  }

  pass({ out = 0, dropped = 0, failed = 0 }, seconds = 1): readonly Finding[] {
    let found: readonly Finding[] = [];
    for (let at = 0; at < seconds; at++) {
      const { in: received, ...before } = this.#count;
      this.#count = {
        name: 'filter',
        in: received + out + dropped + failed,
        out: before.out + out,
        dropped: before.dropped + dropped,
        failed: before.failed + failed,
      };
      found = this.#idle.look([this.#count], this.#now++, this.loadedAt);
    }
    return found;
  }
}

const dropsAll = expect.objectContaining({ cause: 'transform_drops_all', transform: 'filter' });

it('a transform that drops 500 events over 5 s and returns none is told, with their number', () => {
  const watched = new Watched();
  expect(watched.pass({ dropped: 100 }, 4)).toEqual([]);
  expect(watched.pass({ dropped: 100 })).toEqual([dropsAll]);
  expect(watched.pass({ dropped: 100 })[0]?.message).toBe(
    'the transform filter has dropped all of its last 600 events',
  );
  // It stays told while nothing arrives, and is over with the first event that is returned.
  expect(watched.pass({}, 60)).toEqual([dropsAll]);
  expect(watched.pass({ dropped: 100, out: 1 })).toEqual([]);
});

it('fewer events, or more in less time, are not told', () => {
  expect(new Watched().pass({ dropped: 8 }, 62)).toEqual([]);
  expect(new Watched().pass({ dropped: 100_000 }, 4)).toEqual([]);
});

it('a filter that returned one of 100 before must drop more in a row than chance explains', () => {
  const watched = new Watched();
  watched.pass({ dropped: 99, out: 1 }, 10);
  expect(watched.pass({ dropped: 300 }, 6)).toEqual([]);
  expect(watched.pass({ dropped: 300 })).toEqual([dropsAll]);
});

it('a filter that drops 95 of 100 events is never told, however few come a second', () => {
  for (const scale of [1, 5, 1000]) {
    const watched = new Watched();
    for (let second = 0; second < 600; second++)
      expect(
        watched.pass(second % 4 === 3 ? { dropped: 17 * scale, out: 3 * scale } : { dropped: 20 * scale }),
      ).toEqual([]);
  }
});

it('bursts of events that are dropped are told at most once', () => {
  const watched = new Watched();
  let told = 0;
  for (let second = 0; second < 600; second++) {
    const isLast = second % 20 === 19;
    if (watched.pass(isLast ? { out: 50 } : { dropped: 50 }).length > 0 && second % 20 === 18) told++;
  }
  expect(told).toBe(1);
});

it('other transforms start anew, and so does a run after a failed event', () => {
  const watched = new Watched();
  expect(watched.pass({ dropped: 250 }, 6)).toEqual([dropsAll]);
  watched.loadedAt = 2;
  expect(watched.pass({ dropped: 250 })).toEqual([]);
  watched.pass({ dropped: 250 }, 3);
  watched.pass({ failed: 1 });
  expect(watched.pass({ dropped: 300 }, 4)).not.toContainEqual(dropsAll);
});

it('what was returned and dropped before a reload does not count after it', () => {
  const watched = new Watched();
  watched.pass({ dropped: 299, out: 1 });
  watched.loadedAt = 2;
  watched.pass({});
  expect(watched.pass({ dropped: 120 }, 4)).toEqual([]);
  expect(watched.pass({ dropped: 120 })).toEqual([dropsAll]);
});

it('a transform that fails for 1 % of its events is told for ten seconds, one below is not', () => {
  const watched = new Watched();
  expect(watched.pass({ out: 99, failed: 1 }, 20)).toMatchObject([
    { cause: 'transform_failing', message: 'the transform filter fails for 10 of its last 1000 events' },
  ]);
  expect(watched.pass({ out: 100 }, 9)).toHaveLength(1);
  expect(watched.pass({ out: 100 }, 2)).toEqual([]);
  expect(new Watched().pass({ out: 999, failed: 1 }, 20)).toEqual([]);
});
