import { expect, it } from 'vitest';
import { BetweenPolls } from '../../../../src/kafka/consumer/between-polls.ts';

it('runs waiting actions in order, and resolves with their results', async () => {
  const queue = new BetweenPolls();
  const ran: number[] = [];
  const results = [1, 2].map((n) =>
    queue.run(() => {
      ran.push(n);
      return 10 * n;
    }),
  );
  expect([ran, queue.isEmpty]).toEqual([[], false]);
  queue.runWaiting();
  expect([ran, queue.isEmpty]).toEqual([[1, 2], true]);
  expect(await Promise.all(results)).toEqual([10, 20]);
  queue.runWaiting();
  expect(ran).toEqual([1, 2]);
});

it('rejects with the error of an action, and still runs the next one', async () => {
  const queue = new BetweenPolls();
  const failure = new Error('not now');
  const failing = queue.run(() => {
    throw failure;
  });
  const next = queue.run(() => 'ran');
  queue.runWaiting();
  await expect(failing).rejects.toBe(failure);
  expect(await next).toBe('ran');
});

it('leaves an action that is added by another one to the next run', async () => {
  const queue = new BetweenPolls();
  const ran: string[] = [];
  void queue.run(() => {
    ran.push('first');
    void queue.run(() => ran.push('second'));
  });
  queue.runWaiting();
  expect(ran).toEqual(['first']);
  queue.runWaiting();
  expect(ran).toEqual(['first', 'second']);
});

it('runs actions at once after the last poll', async () => {
  const queue = new BetweenPolls();
  queue.end();
  expect(await queue.run(() => 'at once')).toBe('at once');
  expect(queue.isEmpty).toBe(true);
});
