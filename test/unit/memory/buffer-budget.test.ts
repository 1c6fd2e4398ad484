import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BufferBudget } from '../../../src/memory/buffer-budget.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('counts acquired and released bytes, and may be overdrawn', () => {
  const budget = new BufferBudget(100);
  expect([budget.maxBytes, budget.usedBytes, budget.roomBytes]).toEqual([100, 0, 100]);
  budget.use(70);
  expect([budget.usedBytes, budget.roomBytes]).toEqual([70, 30]);
  budget.use(70);
  expect([budget.usedBytes, budget.roomBytes]).toEqual([140, -40]);
  budget.release(140);
  expect([budget.usedBytes, budget.roomBytes]).toEqual([0, 100]);
});

describe('waiting for room', () => {
  /** What became of the wait, or `waiting`. */
  function wait(budget: BufferBudget, timeoutMs: number): { result: boolean | 'waiting' } {
    const waiting: { result: boolean | 'waiting' } = { result: 'waiting' };
    void budget.room(timeoutMs).then((result) => {
      waiting.result = result;
    });
    return waiting;
  }

  it('is over at once where there is some', async () => {
    const budget = new BufferBudget(100);
    expect(await budget.room(1000)).toBe(true);
    budget.use(99);
    expect(await budget.room(1000)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is over at once without a time to wait', async () => {
    const budget = new BufferBudget(100);
    budget.use(100);
    expect(await budget.room(0)).toBe(false);
  });

  it('ends for all callers that wait when bytes are released, and leaves no timer', async () => {
    const budget = new BufferBudget(100);
    budget.use(100);
    const waits = [wait(budget, 1000), wait(budget, 1000)];
    await vi.advanceTimersByTimeAsync(500);
    expect(waits).toEqual([{ result: 'waiting' }, { result: 'waiting' }]);
    budget.release(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(waits).toEqual([{ result: true }, { result: true }]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('continues if the released bytes do not make room', async () => {
    const budget = new BufferBudget(100);
    budget.use(150);
    const waiting = wait(budget, 1000);
    budget.release(50);
    await vi.advanceTimersByTimeAsync(0);
    expect(waiting.result).toBe('waiting');
    budget.release(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(waiting.result).toBe(true);
  });

  it('ends after the time, and says that there is none', async () => {
    const budget = new BufferBudget(100);
    budget.use(100);
    const waiting = wait(budget, 1000);
    await vi.advanceTimersByTimeAsync(999);
    expect(waiting.result).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1);
    expect(waiting.result).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
