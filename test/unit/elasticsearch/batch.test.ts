import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Batcher } from '../../../src/elasticsearch/batch.ts';
import type { BulkSender } from '../../../src/elasticsearch/bulk.ts';
import { fixedConcurrency } from '../../../src/elasticsearch/concurrency.ts';
import type { Document } from '../../../src/elasticsearch/document.ts';
import { type Deferred, deferred, documents } from '../support/fakes.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Stands in for the sender: a batch is in flight until the test answers it. */
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

  /** Answers the oldest request, and lets go on what waits for it. */
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
  it('a lone document leaves at the flush, without waiting for others', () => {
    const { sender, batches } = batcher();
    const [only] = documents(1);
    batches.add(only as Document);
    expect(sender.sent).toEqual([]);
    batches.flush();
    expect(sender.sent).toEqual([[only]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('all that one poll brought leaves as one batch, in order', () => {
    const { sender, batches } = batcher();
    const polled = documents(50);
    addAll(batches, polled);
    batches.flush();
    expect(sender.sent).toEqual([polled]);
  });

  it('a flush of nothing sends nothing', () => {
    const { sender, batches } = batcher();
    batches.flush();
    expect(sender.sent).toEqual([]);
  });
});

describe('while a request is in flight', () => {
  it('documents gather until the oldest has waited for max_age_ms', () => {
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

  it('they leave at once when its answer comes', async () => {
    const { sender, batches } = batcher();
    addAll(batches, documents(1));
    batches.flush();
    addAll(batches, documents(5));
    batches.flush();
    expect(sender.sizes).toEqual([1]);
    await sender.answer();
    expect(sender.sizes).toEqual([1, 5]);
  });

  it('a batch that is full by count leaves without waiting', () => {
    const { sender, batches } = batcher({ max_events: 10 });
    addAll(batches, documents(1));
    batches.flush();
    addAll(batches, documents(9));
    batches.flush();
    expect(sender.sizes).toEqual([1]);
    addAll(batches, documents(1));
    expect(sender.sizes).toEqual([1, 10]);
  });

  it('a batch that is full by bytes leaves without waiting', () => {
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

  it('by bytes, as the body will have them', () => {
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

  it('but for a single document that is larger, which leaves alone', () => {
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

describe('no more requests are in flight than the concurrency allows', () => {
  it('the rest waits for answers, however old it gets', async () => {
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

  it('a batch that has filled meanwhile is still cut to its limits', async () => {
    const { sender, batches } = batcher({ max_events: 10 }, 1);
    addAll(batches, documents(100));
    while (sender.inFlight > 0) await sender.answer();
    expect(sender.sizes).toEqual(Array.from({ length: 10 }, () => 10));
  });
});

describe('close', () => {
  it('releases the timer, and sends nothing more', async () => {
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

  it('is harmless where there is no timer', () => {
    const { batches } = batcher();
    batches.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
