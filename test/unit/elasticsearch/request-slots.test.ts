import { expect, it } from 'vitest';
import { RequestSlots } from '../../../src/elasticsearch/request-slots.ts';
import { settleDown } from '../support/fakes.ts';

function slotsFor(limit: number) {
  const concurrency = { limit, succeeded: () => {}, overloaded: () => {} };
  return { concurrency, slots: new RequestSlots(concurrency) };
}
const never = (): AbortSignal => new AbortController().signal;

it('grants as many slots as the limit allows, and others when one is released', async () => {
  const { slots } = slotsFor(2);
  const granted: number[] = [];
  for (const caller of [1, 2, 3, 4]) void slots.acquire(never()).then(() => granted.push(caller));
  await settleDown();
  expect(granted).toEqual([1, 2]);
  slots.release();
  await settleDown();
  expect(granted).toEqual([1, 2, 3]);
  slots.release();
  await settleDown();
  expect(granted).toEqual([1, 2, 3, 4]);
});

it('applies a changed limit from the next request on', async () => {
  const { slots, concurrency } = slotsFor(3);
  for (let open = 0; open < 3; open++) await slots.acquire(never());
  concurrency.limit = 1;
  let acquired = 0;
  for (let wanted = 0; wanted < 3; wanted++) void slots.acquire(never()).then(() => acquired++);
  slots.release();
  slots.release();
  await settleDown();
  expect(acquired).toBe(0);
  slots.release();
  await settleDown();
  expect(acquired).toBe(1);
  concurrency.limit = 3;
  slots.release();
  await settleDown();
  expect(acquired).toBe(3);
});

it('an aborted caller stops waiting, and does not delay the others', async () => {
  const { slots } = slotsFor(1);
  await slots.acquire(never());
  const off = new AbortController();
  let over = false;
  void slots.acquire(off.signal).then(() => (over = true));
  await settleDown();
  expect(over).toBe(false);
  off.abort();
  await settleDown();
  expect(over).toBe(true);
  let next = false;
  void slots.acquire(never()).then(() => (next = true));
  slots.release();
  slots.release();
  await settleDown();
  expect(next).toBe(true);
});
