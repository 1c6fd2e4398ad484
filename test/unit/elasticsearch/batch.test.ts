import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Batcher } from '../../../src/elasticsearch/batch.ts';
import { BodyLimit } from '../../../src/elasticsearch/body-limit.ts';
import type { BulkSender } from '../../../src/elasticsearch/bulk.ts';
import { fixedConcurrency } from '../../../src/elasticsearch/concurrency.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { type Deferred, deferred, documents } from '../support/fakes.ts';
import { receivedRun, recordsOf } from '../support/runs.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A fake sender: a batch is in flight until the test answers it. */
class FakeSender {
  readonly sent: Document[][] = [];
  readonly #open: Deferred<void>[] = [];

  get inFlight(): number {
    return this.#open.length;
  }

  get sizes(): number[] {
    return this.sent.map(({ length }) => length);
  }

  send(batch: Document[]): Promise<void> {
    this.sent.push(batch);
    const answer = deferred();
    this.#open.push(answer);
    return answer.promise;
  }

  /** Answers the oldest request. */
  async answer(): Promise<void> {
    const answer = this.#open.shift();
    if (answer === undefined) throw new Error('nothing is in flight');
    answer.resolve();
    await answer.promise;
    await Promise.resolve();
  }
}

function batcher(
  limits: Partial<{ max_bytes: number; max_events: number; max_age_ms: number }> = {},
  limit = 8,
) {
  const sender = new FakeSender();
  const all = { max_bytes: 1_000_000, max_events: 1000, max_age_ms: 200, ...limits };
  return { sender, batches: new Batcher(all, sender as unknown as BulkSender, fixedConcurrency(limit)) };
}

function addAll(batches: Batcher, added: readonly Document[]): void {
  for (const document of added) batches.add(document);
}

describe('while nothing is in flight', () => {
  it('a lone document is sent at the flush, without waiting for others', () => {
    const { sender, batches } = batcher();
    const [only] = documents(1);
    batches.add(only as Document);
    expect(sender.sent).toEqual([]);
    batches.flush();
    expect(sender.sent).toEqual([[only]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('the documents of one poll are sent as one batch, in order', () => {
    const { sender, batches } = batcher();
    const polled = documents(50);
    addAll(batches, polled);
    batches.flush();
    expect(sender.sent).toEqual([polled]);
  });

  it('a flush without documents sends nothing', () => {
    const { sender, batches } = batcher();
    batches.flush();
    expect(sender.sent).toEqual([]);
  });
});

describe('while a request is in flight', () => {
  it('documents accumulate until the oldest has waited for max_age_ms', () => {
    const { sender, batches } = batcher();
    const [first, second, third] = documents(3) as [Document, Document, Document];
    batches.add(first);
    batches.flush();
    batches.add(second);
    batches.flush();
    vi.advanceTimersByTime(150);
    batches.add(third);
    batches.flush();
    vi.advanceTimersByTime(49);
    expect(sender.sizes).toEqual([1]);
    vi.advanceTimersByTime(1);
    expect(sender.sent).toEqual([[first], [second, third]]);
  });

  it('documents are sent at once when it is answered', async () => {
    const { sender, batches } = batcher();
    addAll(batches, documents(1));
    batches.flush();
    addAll(batches, documents(5));
    batches.flush();
    expect(sender.sizes).toEqual([1]);
    await sender.answer();
    expect(sender.sizes).toEqual([1, 5]);
  });

  it('a batch that is full by count is sent without waiting', () => {
    const { sender, batches } = batcher({ max_events: 10 });
    addAll(batches, documents(1));
    batches.flush();
    addAll(batches, documents(9));
    batches.flush();
    expect(sender.sizes).toEqual([1]);
    addAll(batches, documents(1));
    expect(sender.sizes).toEqual([1, 10]);
  });

  it('a batch that is full by bytes is sent without waiting', () => {
    const [sample] = documents(1, 100) as [Document];
    const { sender, batches } = batcher({ max_bytes: sample.bytes * 4 });
    addAll(batches, documents(1, 100));
    batches.flush();
    addAll(batches, documents(3, 100));
    batches.flush();
    expect(sender.sizes).toEqual([1]);
    addAll(batches, documents(1, 100));
    expect(sender.sizes).toEqual([1, 4]);
  });
});

describe('a batch is never larger than its limits', () => {
  it('by count', () => {
    const { sender, batches } = batcher({ max_events: 10 });
    addAll(batches, documents(35));
    batches.flush();
    vi.advanceTimersByTime(200);
    expect(sender.sizes).toEqual([10, 10, 10, 5]);
  });

  it('by bytes of the body', () => {
    const added = documents(20, 500);
    const { sender, batches } = batcher({ max_bytes: 2000 }, 20);
    addAll(batches, added);
    batches.flush();
    vi.advanceTimersByTime(200);
    expect(sender.sent.flat()).toEqual(added);
    for (const batch of sender.sent) {
      expect(batch.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(2000);
    }
  });

  it('except for a larger single document, which is sent alone', () => {
    const { sender, batches } = batcher({ max_bytes: 1024 });
    const small = documents(2);
    const large = documents(1, 5000);
    addAll(batches, [...small, ...large, ...documents(1)]);
    batches.flush();
    vi.advanceTimersByTime(200);
    expect(sender.sizes).toEqual([2, 1, 1]);
    expect(sender.sent[1]).toEqual(large);
  });
});

describe('the concurrency limits the requests in flight', () => {
  it('other documents wait for answers, whatever their age', async () => {
    const { sender, batches } = batcher({ max_events: 10 }, 2);
    const added = documents(40);
    addAll(batches, added);
    batches.flush();
    vi.advanceTimersByTime(60_000);
    expect(sender.sizes).toEqual([10, 10]);
    await sender.answer();
    expect(sender.sizes).toEqual([10, 10, 10]);
    await sender.answer();
    expect(sender.sent.flat()).toEqual(added);
  });

  it('documents that accumulated meanwhile are sent within the limits of a batch', async () => {
    const { sender, batches } = batcher({ max_events: 10 }, 1);
    addAll(batches, documents(100));
    while (sender.inFlight > 0) await sender.answer();
    expect(sender.sizes).toEqual(Array.from({ length: 10 }, () => 10));
  });
});

describe('close', () => {
  it('clears the timer, and sends nothing more', async () => {
    const { sender, batches } = batcher();
    addAll(batches, documents(1));
    batches.flush();
    addAll(batches, documents(1));
    batches.flush();
    expect(vi.getTimerCount()).toBe(1);
    batches.close();
    expect(vi.getTimerCount()).toBe(0);
    await sender.answer();
    vi.advanceTimersByTime(60_000);
    expect(sender.sizes).toEqual([1]);
  });

  it('is harmless without a timer', () => {
    const { batches } = batcher();
    batches.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a run', () => {
  const runOf = (count: number): Document =>
    receivedRun(recordsOf(Array.from({ length: count }, () => '{"n":0}'))).document;
  const countsOf = ({ sent }: FakeSender): number[][] => sent.map((batch) => batch.map(({ count }) => count));

  it('counts with all its documents', () => {
    const { sender, batches } = batcher({ max_events: 10 });
    addAll(batches, [runOf(4), runOf(4)]);
    expect(sender.sent).toEqual([]);
    batches.add(runOf(4));
    expect(countsOf(sender)).toEqual([[4, 4]]);
  });

  it('counts with all its bytes', () => {
    const { bytes } = runOf(4);
    const { sender, batches } = batcher({ max_bytes: 2 * bytes + 1 });
    addAll(batches, [runOf(4), runOf(4)]);
    expect(sender.sent).toEqual([]);
    batches.add(runOf(4));
    expect(countsOf(sender)).toEqual([[4, 4]]);
  });

  it.each([
    ['documents', { max_events: 3 }],
    ['bytes', { max_bytes: 3 * runOf(1).bytes }],
  ])('with more %s than a batch may have is split', (_what, limits) => {
    const { sender, batches } = batcher(limits);
    const run = runOf(7);
    batches.add(run);
    vi.advanceTimersByTime(200);
    batches.flush();
    expect(countsOf(sender)).toEqual([[1, 1, 1], [1, 1, 1], [1]]);
    expect(sender.sent.flat().map(({ settlement }) => settlement.offset)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(run.settlement.settled).toBe(true);
  });

  it('with more bytes than the limit of a body is split', () => {
    const sender = new FakeSender();
    const limit = new BodyLimit(1_000_000);
    limit.rejected(2 * runOf(3).bytes, 10);
    const limits = { max_bytes: 1_000_000, max_events: 1000, max_age_ms: 200 };
    const batches = new Batcher(limits, sender as unknown as BulkSender, fixedConcurrency(8), limit);
    addAll(batches, [runOf(4), runOf(2)]);
    batches.flush();
    expect(countsOf(sender)).toEqual([
      [1, 1, 1],
      [1, 2],
    ]);
  });
});
