import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { Parking } from '../../../src/elasticsearch/parking.ts';
import { Holds } from '../../../src/holds.ts';
import { fakeDelay } from '../support/fake-delay.ts';
import { documents, makeDocument, received, settleDown } from '../support/fakes.ts';

vi.mock(import('node:timers/promises'), async (original) => {
  const { fakeDelay: delay } = await import('../support/fake-delay.ts');
  return { ...(await original()), setTimeout: delay.wait };
});

const BLOCKED = '403 cluster_block_exception';

let probed: Document[] = [];
let released: Document[][] = [];
/** Whether Elasticsearch takes documents again, by index. */
let mended: Set<string> = new Set();
let told: string[] = [];
let holds: Holds;
let parking: Parking;

beforeEach(() => {
  fakeDelay.reset();
  fakeDelay.held = true;
  probed = [];
  released = [];
  mended = new Set();
  told = [];
  holds = new Holds({
    began: ({ reason }) => void told.push(`began ${reason}`),
    ended: ({ reason }) => void told.push(`ended ${reason}`),
  });
  parking = new Parking(
    holds,
    { initial_ms: 200, max_ms: 5000 },
    async (document) => {
      probed.push(document);
      if (!mended.has(document.index)) return false;
      document.settlement.settle('indexed');
      return true;
    },
    (free) => {
      if (free.length > 0) released.push([...free]);
    },
  );
});

afterEach(() => {
  parking.close();
});

/** Lets the backoff of all causes end, and what follows from it happen. */
async function nextProbe(): Promise<void> {
  fakeDelay.end();
  await settleDown();
}

const inIndex = (index: string, parked: Document[]): Document[] =>
  parked.map(({ settlement }) => makeDocument(settlement, 'index', index, '0', '{}'));

describe('documents that Elasticsearch cannot take', () => {
  it('wait, and one of them is sent again and again as the probe, with backoff', async () => {
    const parked = documents(3);
    for (const document of parked) parking.park(document, BLOCKED);
    await settleDown();
    expect(probed).toEqual([]);
    for (let attempt = 1; attempt <= 5; attempt++) {
      await nextProbe();
      expect(probed).toHaveLength(attempt);
    }
    // Each in its turn: one of them may be what never passes.
    expect(probed).toEqual([parked[0], parked[1], parked[2], parked[0], parked[1]]);
    for (const ms of fakeDelay.lengths) expect(ms).toBeLessThanOrEqual(5000);
    expect(released).toEqual([]);
  });

  it('are a hold that names the cause and the index', () => {
    for (const document of documents(3)) parking.park(document, BLOCKED);
    expect(holds.list()).toMatchObject([
      { reason: `${BLOCKED} (index logs)`, records: 3, partitions: ['app-logs[0]'] },
    ]);
    expect(told).toEqual([`began ${BLOCKED} (index logs)`]);
  });

  it('go back into the batches when the probe is taken, and the hold has ended', async () => {
    const parked = documents(3);
    for (const document of parked) parking.park(document, BLOCKED);
    await nextProbe();
    mended.add('logs');
    await nextProbe();
    expect(released).toEqual([[parked[2], parked[0]]]);
    expect(holds.size).toBe(0);
    expect(told.at(-1)).toBe(`ended ${BLOCKED} (index logs)`);
    expect(parked[0]?.settlement.partition.held).toBe(0);
  });

  it('that come while others wait are of the same hold, and are not probed beside them', async () => {
    const parked = documents(4);
    parking.park(parked[0] as Document, BLOCKED);
    await nextProbe();
    for (const document of parked.slice(1)) parking.park(document, BLOCKED);
    await nextProbe();
    expect(probed).toEqual([parked[0], parked[0]]);
    mended.add('logs');
    await nextProbe();
    expect(released).toEqual([[parked[2], parked[3], parked[0]]]);
  });

  it('are held again, as a new hold, where they fail again', async () => {
    const parked = documents(2);
    for (const document of parked) parking.park(document, BLOCKED);
    mended.add('logs');
    await nextProbe();
    mended.clear();
    parking.park(parked[1] as Document, BLOCKED);
    await nextProbe();
    expect(probed).toEqual([parked[0], parked[1]]);
    expect(told).toHaveLength(3);
  });
});

it('of several documents of one record the one that was the probe is not sent once more', async () => {
  const { settlement, outcomes } = received();
  settlement.share(1);
  const parked = ['a', 'b'].map((id) => makeDocument(settlement, 'index', 'logs', id, '{}'));
  for (const document of parked) parking.park(document, BLOCKED);
  mended.add('logs');
  await nextProbe();
  expect(probed).toEqual([parked[0]]);
  expect(released).toEqual([[parked[1]]]);
  expect([holds.size, settlement.partition.held, outcomes]).toEqual([0, 0, []]);
});

it('each index and each cause has a hold and a probe of its own', async () => {
  const [first, second] = documents(2) as [Document, Document];
  const [a, b] = [inIndex('a', [first])[0], inIndex('b', [second])[0]] as [Document, Document];
  parking.park(a, BLOCKED);
  parking.park(b, BLOCKED);
  parking.park(a, '404 index_not_found_exception');
  await nextProbe();
  expect(probed).toEqual([a, b, a]);
  expect(holds.size).toBe(3);
  mended.add('b');
  await nextProbe();
  expect(holds.list().map(({ reason }) => reason)).toEqual([
    `${BLOCKED} (index a)`,
    '404 index_not_found_exception (index a)',
  ]);
});

describe('documents that were given up with their partition', () => {
  it('are not probed and not sent again, and their hold has ended', async () => {
    const parked = documents(2);
    for (const document of parked) parking.park(document, BLOCKED);
    await nextProbe();
    for (const { settlement } of parked) settlement.giveUp();
    await nextProbe();
    expect(probed).toHaveLength(1);
    expect(released).toEqual([]);
    expect(holds.size).toBe(0);
    expect(fakeDelay.open).toBe(0);
  });

  it('leave the probe to the others of the same cause', async () => {
    const parked = documents(3);
    for (const document of parked) parking.park(document, BLOCKED);
    parked[0]?.settlement.giveUp();
    await nextProbe();
    expect(probed).toEqual([parked[1]]);
    mended.add('logs');
    await nextProbe();
    expect(released).toEqual([[parked[1]]]);
  });
});

it('thousands of causes cost eight probes at a time, each cause in its turn, and are over soon', async () => {
  const parked = documents(3000).map(({ settlement }, at) =>
    makeDocument(settlement, 'index', `index-${at}`, '0', '{}'),
  );
  for (const document of parked) parking.park(document, BLOCKED);
  // Names of indices come from data: beyond a thousand they are not told apart.
  expect(holds.size).toBe(1001);
  await nextProbe();
  expect(probed).toHaveLength(8);
  await nextProbe();
  expect(new Set(probed.map(({ index }) => index)).size).toBe(16);
  expect(fakeDelay.open).toBe(1);
  for (const { index } of parked) mended.add(index);
  // Where all of a round are over nobody waits before the next one.
  for (let round = 0; round < 20 && holds.size > 0; round++) await nextProbe();
  expect(holds.size).toBe(0);
  const free = new Set(released.flat());
  expect(parked.every((document) => document.settlement.settled || free.has(document))).toBe(true);
});

it('nothing is probed any more once it is closed, and what waits is not settled', async () => {
  const parked = documents(2);
  for (const document of parked) parking.park(document, BLOCKED);
  await nextProbe();
  parking.close();
  await nextProbe();
  await nextProbe();
  expect(probed).toHaveLength(1);
  expect(fakeDelay.open).toBe(0);
  expect(parked.some(({ settlement }) => settlement.settled)).toBe(false);
});
