/** Adjacent records are sent to Elasticsearch as one run, which is split when their outcomes differ. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer } from '../../../src/elasticsearch/verdict.ts';
import type { OwnedPartition } from '../../../src/kafka/consumer/assignment.ts';
import { DeliveryLab, ITEMS, type Item, type Script, itemsOf } from '../support/delivery-lab.ts';
import { fakeDelay } from '../support/fake-delay.ts';

vi.mock(import('node:timers/promises'), async (original) => {
  const { fakeDelay: delay } = await import('../support/fake-delay.ts');
  return { ...(await original()), setTimeout: delay.wait };
});

beforeEach(() => {
  fakeDelay.reset();
});

const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, at) => from + at);

/** Uses `answer` for the first request; later requests succeed. */
const first =
  (answer: (offsets: number[]) => Answer): Script =>
  (offsets, request) =>
    request === 1 ? answer(offsets) : itemsOf(offsets);

async function delivered(
  count: number,
  script: Script,
  elasticsearch?: string,
): Promise<{ made: DeliveryLab; owned: OwnedPartition }> {
  const made = new DeliveryLab(script, elasticsearch);
  const owned = made.lab.own();
  made.receive(count);
  await made.settleDown();
  return { made, owned };
}

/** Expects that every record is settled once, and that no memory is retained. */
function expectAllSettled({ lab, stored }: DeliveryLab, count: number, storedElse = 0): void {
  expect([lab.received, lab.settled, lab.pipeline.inFlight]).toEqual([count, count, 0]);
  expect([lab.pipeline.budget.usedBytes, lab.blockedRecords.size]).toEqual([0, 0]);
  expect(stored.size).toBe(count - storedElse);
}

describe('an accepted run', () => {
  it('is sent once, and settles with one call for all of its documents', async () => {
    const { made, owned } = await delivered(10, (offsets) => itemsOf(offsets));
    expect(made.sent).toEqual([range(10)]);
    expect(made.indexed).toEqual([10]);
    expect(made.answered).toEqual([{ outcome: 'ok', documents: 10 }]);
    expect([owned.watermark, made.lab.counts.indexed]).toEqual([10, 10]);
    expectAllSettled(made, 10);
  });

  it('has a document for each record, and the answer must have as many items', async () => {
    const { made } = await delivered(
      5,
      first((offsets) => itemsOf(offsets.slice(0, 4))),
    );
    expect(made.sent).toEqual([range(5), range(5)]);
    expect(made.indexed).toEqual([5]);
    expect([...made.stored.values()]).toEqual([2, 2, 2, 2, 1]);
    expectAllSettled(made, 5);
  });

  it('settles each of its documents by its own item, next to other runs and single documents', async () => {
    const items: Record<number, Item> = {
      3: ITEMS.bad,
      130: ITEMS.dropped,
      260: ITEMS.bad,
      399: ITEMS.diverted,
    };
    const { made, owned } = await delivered(
      400,
      first((offsets) => itemsOf(offsets, items)),
    );
    expect(made.sent).toEqual([range(400)]);
    expect(made.lab.deadLetters.map(({ settlement }) => settlement.offset)).toEqual([3, 260]);
    expect(owned.watermark).toBe(3);
    await made.untilSettled();
    expect(made.lab.counts).toMatchObject({ indexed: 396, dead_lettered: 2, dropped: 1, failure_store: 1 });
    expect(owned.watermark).toBe(400);
    expectAllSettled(made, 400, 2);
  });
});

describe('a run with documents that are not accepted', () => {
  it('sends only those again, and the others are settled', async () => {
    const hold = Promise.withResolvers<Answer>();
    const { made, owned } = await delivered(10, (offsets, request) =>
      request === 1 ? itemsOf(offsets, { 4: ITEMS.busy, 7: ITEMS.busy }) : hold.promise,
    );
    expect(made.sent).toEqual([range(10), [4, 7]]);
    expect([owned.watermark, owned.unsettled, made.lab.counts.indexed]).toEqual([4, 2, 8]);
    hold.resolve(itemsOf([4, 7]));
    await made.settleDown();
    expect(owned.watermark).toBe(10);
    expectAllSettled(made, 10);
    expect([...made.stored.values()].every((times) => times === 1)).toBe(true);
  });

  it('dead-letters a rejected document, and stores the others', async () => {
    const { made, owned } = await delivered(
      10,
      first((offsets) => itemsOf(offsets, { 9: ITEMS.bad })),
    );
    expect([made.sent.length, owned.watermark, made.lab.counts.indexed]).toEqual([1, 9, 9]);
    expect(made.lab.deadLetters.map((one) => String(one.settlement.record.value))).toEqual(['{"n":9}']);
    await made.untilSettled();
    expect([owned.watermark, made.lab.counts.dead_lettered]).toEqual([10, 1]);
    expectAllSettled(made, 10, 1);
  });

  it('blocks a single document until its probe passes', async () => {
    fakeDelay.held = true;
    const { made, owned } = await delivered(
      10,
      first((offsets) => itemsOf(offsets, { 0: ITEMS.blocked })),
    );
    expect(made.lab.blockedRecords.list()).toMatchObject([
      { reason: expect.stringContaining('cluster_block') as string },
    ]);
    expect([owned.blocked, owned.watermark, owned.unsettled, made.lab.counts.indexed]).toEqual([1, 0, 1, 9]);
    fakeDelay.end();
    await made.settleDown();
    expect(made.sent).toEqual([range(10), [0]]);
    expect([owned.blocked, owned.watermark]).toEqual([0, 10]);
    expectAllSettled(made, 10);
  });

  it('blocks a document that is busy repeatedly, without occupying a slot', async () => {
    const { made, owned } = await delivered(3, (offsets, request) =>
      itemsOf(offsets, request <= 11 ? { 1: ITEMS.busy } : {}),
    );
    expect(made.sent.slice(0, 12)).toEqual([range(3), ...range(11).map(() => [1])]);
    await made.untilSettled();
    expect(owned.watermark).toBe(3);
    expectAllSettled(made, 3);
  });
});

describe('a request with runs that fails as a whole', () => {
  it('with 413 is halved until it passes, and a document that is too large is dead-lettered', async () => {
    const { made, owned } = await delivered(20, (offsets) =>
      offsets.length > 4 || offsets.includes(13) ? { status: 413, body: {} } : itemsOf(offsets),
    );
    await made.untilSettled();
    expect(made.lab.deadLettered).toEqual(['document_too_large']);
    expect(made.lab.counts).toMatchObject({ indexed: 19, dead_lettered: 1 });
    expect([...made.stored.values()].every((times) => times === 1)).toBe(true);
    expect(owned.watermark).toBe(20);
    expectAllSettled(made, 20, 1);
  });

  it('with 400 is halved until the bad document is found, while others pass', async () => {
    const { made, owned } = await delivered(20, (offsets) =>
      offsets.includes(6) ? { status: 400, body: {} } : itemsOf(offsets),
    );
    await made.untilSettled();
    expect(made.lab.deadLettered).toEqual(['bad_request']);
    expect(made.sent.filter((offsets) => offsets.includes(6)).at(-1)).toEqual([6]);
    expect([...made.stored.values()].every((times) => times === 1)).toBe(true);
    expect(owned.watermark).toBe(20);
    expectAllSettled(made, 20, 1);
  });

  it.each<[string, Answer]>([
    ['503', { status: 503, body: {} }],
    ['401', { status: 401, body: {} }],
    ['an answer without items', { status: 200, body: 'hello' }],
    ['no connection', { failure: 'connect ECONNREFUSED' }],
  ])('with %s is sent again unchanged', async (_name, answer) => {
    const { made, owned } = await delivered(10, (offsets, request) =>
      request < 4 ? answer : itemsOf(offsets),
    );
    expect(made.sent).toEqual([range(10), range(10), range(10), range(10)]);
    expect(made.indexed).toEqual([10]);
    expect(owned.watermark).toBe(10);
    expectAllSettled(made, 10);
  });

  it.each(['read ECONNRESET', 'no answer within 30 s'])(
    'with an interruption (%s) loses nothing',
    async (failure) => {
      const { made, owned } = await delivered(300, (offsets, request) =>
        request % 3 > 0 ? { failure } : itemsOf(offsets),
      );
      await made.untilSettled();
      expect(owned.watermark).toBe(300);
      expect(made.lab.counts.indexed).toBe(300);
      expectAllSettled(made, 300);
    },
  );

  it('with an interruption for one document blocks that one and stores the others', async () => {
    let isRepaired = false;
    const { made, owned } = await delivered(300, (offsets) =>
      offsets.includes(77) && !isRepaired ? { failure: 'read ECONNRESET' } : itemsOf(offsets),
    );
    await made.settleDown();
    for (let round = 0; made.lab.blockedRecords.size === 0 && round < 100; round++) await made.settleDown();
    expect([owned.watermark, owned.unsettled, owned.blocked]).toEqual([77, 1, 1]);
    isRepaired = true;
    await made.untilSettled();
    expect(owned.watermark).toBe(300);
    expectAllSettled(made, 300);
  });
});

describe('an internal error', () => {
  it.each([0, 1, 4, 9])('in a split run at %d settles nothing twice, and loses nothing', async (at) => {
    const made = new DeliveryLab((offsets, request) =>
      itemsOf(offsets, request === 1 ? { 5: ITEMS.busy, 6: ITEMS.bad } : { 6: ITEMS.bad }),
    );
    let left = 1;
    made.fails = ({ settlement }) => {
      if (settlement.offset === at && left-- > 0) throw new Error('on purpose');
    };
    const owned = made.lab.own();
    made.receive(10);
    await made.settleDown();
    await made.untilSettled();
    expect(made.breakerStates).toEqual(['internal error: on purpose', 'over']);
    expect(made.lab.counts).toMatchObject({ indexed: 9, dead_lettered: 1 });
    expect(owned.watermark).toBe(10);
    expectAllSettled(made, 10, 1);
    // Only unhandled documents are sent again.
    expect(made.sent[1]).toEqual(range(10).filter((offset) => offset >= at || (offset === 5 && at > 5)));
  });

  it('in a run that settles as a whole sends it again', async () => {
    const made = new DeliveryLab();
    let left = 1;
    made.fails = () => {
      if (left-- > 0) throw new Error('on purpose');
    };
    const owned = made.lab.own();
    made.receive(10);
    await made.settleDown();
    expect(made.sent).toEqual([range(10), range(10)]);
    expect([owned.watermark, made.indexed]).toEqual([10, [10]]);
    expectAllSettled(made, 10);
  });

  it('after the rejection of a whole request loses none of its split runs', async () => {
    let isRepaired = false;
    // The breaker allows 100 documents, so the others remain runs.
    const made = new DeliveryLab((offsets, request) =>
      isRepaired ? itemsOf(offsets) : { status: request === 1 ? 401 : 400, body: {} },
    );
    let left = 1;
    made.fails = ({ settlement }, event) => {
      if (event === 'blocked' && settlement.offset >= 250 && left-- > 0) throw new Error('on purpose');
    };
    const owned = made.lab.own();
    made.receive(300);
    const hasFailed = (): boolean => made.breakerStates.includes('internal error: on purpose');
    for (let round = 0; !hasFailed() && round < 200; round++) await made.settleDown();
    expect(hasFailed()).toBe(true);
    isRepaired = true;
    await made.untilSettled();
    expect(owned.watermark).toBe(300);
    expectAllSettled(made, 300);
  });
});

describe('a partition that is revoked while its runs are in flight', () => {
  it.each<[string, (offsets: number[]) => Answer]>([
    ['all are accepted', (offsets) => itemsOf(offsets)],
    ['one is busy', (offsets) => itemsOf(offsets, { 3: ITEMS.busy })],
    ['one is rejected', (offsets) => itemsOf(offsets, { 3: ITEMS.bad })],
    ['one is blocked', (offsets) => itemsOf(offsets, { 3: ITEMS.blocked })],
    ['it is too large', () => ({ status: 413, body: {} })],
    ['it is a bad request', () => ({ status: 400, body: {} })],
    ['the connection broke', () => ({ failure: 'read ECONNRESET' })],
  ])('returns its records, and an answer changes nothing if %s', async (_name, answer) => {
    const made = new DeliveryLab((offsets, request) => {
      if (request === 1) made.lab.revoke(owned);
      return request === 1 ? answer(offsets) : itemsOf(offsets);
    });
    const owned = made.lab.own();
    made.lab.own(1);
    made.receive(6, 0, 0);
    await made.settleDown();
    expect(made.lab.counts).toMatchObject({ returned: 6, indexed: 0, dead_lettered: 0 });
    expect([made.breakerStates, made.lab.deadLetters, made.lab.blockedRecords.size]).toEqual([[], [], 0]);
    expect([owned.committable, made.lab.pipeline.inFlight, made.lab.pipeline.budget.usedBytes]).toEqual([
      null,
      0,
      0,
    ]);
    expect(made.sent).toHaveLength(1);
    expect(made.sender.inFlight).toBe(0);
    made.receive(3, 0, 1);
    await made.settleDown();
    expect(made.lab.counts.indexed).toBe(3);
  });

  it('leaves the runs of other partitions in the same request unchanged', async () => {
    const made = new DeliveryLab((offsets, request) => {
      if (request === 1) {
        made.lab.revoke(given);
        return { failure: 'aborted' };
      }
      return itemsOf(offsets);
    });
    const [given, kept] = [made.lab.own(0), made.lab.own(1)];
    made.receiveAll([0, 1].flatMap((partition) => range(5).map((offset) => ({ partition, offset }))));
    await made.settleDown();
    expect(made.sent).toEqual([[...range(5), ...range(5)], range(5)]);
    expect(made.indexed).toEqual([5]);
    expect([kept.watermark, given.committable]).toEqual([5, null]);
    expect(made.lab.counts).toMatchObject({ returned: 5, indexed: 5 });
  });
});
