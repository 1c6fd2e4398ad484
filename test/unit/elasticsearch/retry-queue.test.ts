import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { RetryQueue } from '../../../src/elasticsearch/retry-queue.ts';
import { BlockedRecords } from '../../../src/pipeline/blocked-records.ts';
import { fakeDelay } from '../support/fake-delay.ts';
import { documents, makeDocument, received, settleDown } from '../support/fakes.ts';

vi.mock(import('node:timers/promises'), async (original) => {
  const { fakeDelay: delay } = await import('../support/fake-delay.ts');
  return { ...(await original()), setTimeout: delay.wait };
});

const BLOCKED = '403 cluster_block_exception';

let probed: Document[] = [];
let released: Document[][] = [];
/** Indices that accept documents again. */
let repaired: Set<string> = new Set();
let events: string[] = [];
let blockedRecords: BlockedRecords;
let retryQueue: RetryQueue;

beforeEach(() => {
  fakeDelay.reset();
  fakeDelay.held = true;
  probed = [];
  released = [];
  repaired = new Set();
  events = [];
  blockedRecords = new BlockedRecords({
    began: ({ reason }) => void events.push(`began ${reason}`),
    ended: ({ reason }) => void events.push(`ended ${reason}`),
  });
  retryQueue = new RetryQueue(
    blockedRecords,
    { initial_ms: 200, max_ms: 5000 },
    async (document) => {
      probed.push(document);
      if (!repaired.has(document.index)) return false;
      document.settlement.settle('indexed');
      return true;
    },
    (free) => {
      if (free.length > 0) released.push([...free]);
    },
  );
});

afterEach(() => {
  retryQueue.close();
});

/** Ends the backoff, and waits for the probes. */
async function nextProbe(): Promise<void> {
  fakeDelay.end();
  await settleDown();
}

const inIndex = (index: string, blocked: Document[]): Document[] =>
  blocked.map(({ settlement }) => makeDocument(settlement, 'index', index, '0', '{}'));

describe('blocked documents', () => {
  it('wait while one of them is sent repeatedly as the probe, with backoff', async () => {
    const blocked = documents(3);
    for (const document of blocked) retryQueue.add(document, BLOCKED);
    await settleDown();
    expect(probed).toEqual([]);
    for (let attempt = 1; attempt <= 5; attempt++) {
      await nextProbe();
      expect(probed).toHaveLength(attempt);
    }
    // They alternate: one of them may never pass.
    expect(probed).toEqual([blocked[0], blocked[1], blocked[2], blocked[0], blocked[1]]);
    for (const ms of fakeDelay.lengths) expect(ms).toBeLessThanOrEqual(5000);
    expect(released).toEqual([]);
  });

  it('are blocked with their cause and index', () => {
    for (const document of documents(3)) retryQueue.add(document, BLOCKED);
    expect(blockedRecords.list()).toMatchObject([
      { reason: `${BLOCKED} (index logs)`, records: 3, partitions: ['app-logs[0]'] },
    ]);
    expect(events).toEqual([`began ${BLOCKED} (index logs)`]);
  });

  it('return to the batches when the probe is accepted, and are no longer blocked', async () => {
    const blocked = documents(3);
    for (const document of blocked) retryQueue.add(document, BLOCKED);
    await nextProbe();
    repaired.add('logs');
    await nextProbe();
    expect(released).toEqual([[blocked[2], blocked[0]]]);
    expect(blockedRecords.size).toBe(0);
    expect(events.at(-1)).toBe(`ended ${BLOCKED} (index logs)`);
    expect(blocked[0]?.settlement.partition.blocked).toBe(0);
  });

  it('share the cause and the probe of those that already wait', async () => {
    const blocked = documents(4);
    retryQueue.add(blocked[0] as Document, BLOCKED);
    await nextProbe();
    for (const document of blocked.slice(1)) retryQueue.add(document, BLOCKED);
    await nextProbe();
    expect(probed).toEqual([blocked[0], blocked[0]]);
    repaired.add('logs');
    await nextProbe();
    expect(released).toEqual([[blocked[2], blocked[3], blocked[0]]]);
  });

  it('are blocked again if they fail again', async () => {
    const blocked = documents(2);
    for (const document of blocked) retryQueue.add(document, BLOCKED);
    repaired.add('logs');
    await nextProbe();
    repaired.clear();
    retryQueue.add(blocked[1] as Document, BLOCKED);
    await nextProbe();
    expect(probed).toEqual([blocked[0], blocked[1]]);
    expect(events).toHaveLength(3);
  });
});

it('a settled probe is not sent again with another document of its record', async () => {
  const { settlement, outcomes } = received();
  settlement.retain(1);
  const blocked = ['a', 'b'].map((id) => makeDocument(settlement, 'index', 'logs', id, '{}'));
  for (const document of blocked) retryQueue.add(document, BLOCKED);
  repaired.add('logs');
  await nextProbe();
  expect(probed).toEqual([blocked[0]]);
  expect(released).toEqual([[blocked[1]]]);
  expect([blockedRecords.size, settlement.partition.blocked, outcomes]).toEqual([0, 0, []]);
});

it('each index and each cause has its own probe', async () => {
  const [first, second] = documents(2) as [Document, Document];
  const [a, b] = [inIndex('a', [first])[0], inIndex('b', [second])[0]] as [Document, Document];
  retryQueue.add(a, BLOCKED);
  retryQueue.add(b, BLOCKED);
  retryQueue.add(a, '404 index_not_found_exception');
  await nextProbe();
  expect(probed).toEqual([a, b, a]);
  expect(blockedRecords.size).toBe(3);
  repaired.add('b');
  await nextProbe();
  expect(blockedRecords.list().map(({ reason }) => reason)).toEqual([
    `${BLOCKED} (index a)`,
    '404 index_not_found_exception (index a)',
  ]);
});

describe('documents that are abandoned with their partition', () => {
  it('are not probed or sent again, and are no longer blocked', async () => {
    const blocked = documents(2);
    for (const document of blocked) retryQueue.add(document, BLOCKED);
    await nextProbe();
    for (const { settlement } of blocked) settlement.abandon();
    await nextProbe();
    expect(probed).toHaveLength(1);
    expect(released).toEqual([]);
    expect(blockedRecords.size).toBe(0);
    expect(fakeDelay.open).toBe(0);
  });

  it('leave the probe to others with the same cause', async () => {
    const blocked = documents(3);
    for (const document of blocked) retryQueue.add(document, BLOCKED);
    blocked[0]?.settlement.abandon();
    await nextProbe();
    expect(probed).toEqual([blocked[1]]);
    repaired.add('logs');
    await nextProbe();
    expect(released).toEqual([[blocked[1]]]);
  });
});

it('thousands of causes are probed eight at a time in rotation, and are resolved soon', async () => {
  const blocked = documents(3000).map(({ settlement }, at) =>
    makeDocument(settlement, 'index', `index-${at}`, '0', '{}'),
  );
  for (const document of blocked) retryQueue.add(document, BLOCKED);
  // Index names come from data: more than 1000 causes are not distinguished.
  expect(blockedRecords.size).toBe(1001);
  await nextProbe();
  expect(probed).toHaveLength(8);
  await nextProbe();
  expect(new Set(probed.map(({ index }) => index)).size).toBe(16);
  expect(fakeDelay.open).toBe(1);
  for (const { index } of blocked) repaired.add(index);
  // After a round of resolved causes the next one starts without a delay.
  for (let round = 0; round < 20 && blockedRecords.size > 0; round++) await nextProbe();
  expect(blockedRecords.size).toBe(0);
  const free = new Set(released.flat());
  expect(blocked.every((document) => document.settlement.settled || free.has(document))).toBe(true);
});

it('close ends the probes, and settles nothing', async () => {
  const blocked = documents(2);
  for (const document of blocked) retryQueue.add(document, BLOCKED);
  await nextProbe();
  retryQueue.close();
  await nextProbe();
  await nextProbe();
  expect(probed).toHaveLength(1);
  expect(fakeDelay.open).toBe(0);
  expect(blocked.some(({ settlement }) => settlement.settled)).toBe(false);
});
