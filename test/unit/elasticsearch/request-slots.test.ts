import { expect, it } from 'vitest';
import { RequestSlots } from '../../../src/elasticsearch/request-slots.ts';
import { settleDown } from '../support/fakes.ts';

function slotsFor(limit: number) {
  const concurrency = { limit, succeeded: () => {}, overloaded: () => {} };
  return { concurrency, slots: new RequestSlots(concurrency) };
}
const never = (): AbortSignal => new AbortController().signal;

it('as many have a slot as may be open, the others when one comes free', async () => {
  const { slots } = slotsFor(2);
  const told: number[] = [];
  for (const who of [1, 2, 3, 4]) void slots.take(never()).then(() => told.push(who));
  await settleDown();
  expect(told).toEqual([1, 2]);
  slots.free();
  await settleDown();
  expect(told).toEqual([1, 2, 3]);
  slots.free();
  await settleDown();
  expect(told).toEqual([1, 2, 3, 4]);
});

it('a limit that has become lower is kept from the next request on, and one that has become higher too', async () => {
  const { slots, concurrency } = slotsFor(3);
  for (let open = 0; open < 3; open++) await slots.take(never());
  concurrency.limit = 1;
  let taken = 0;
  for (let wanted = 0; wanted < 3; wanted++) void slots.take(never()).then(() => taken++);
  slots.free();
  slots.free();
  await settleDown();
  expect(taken).toBe(0);
  slots.free();
  await settleDown();
  expect(taken).toBe(1);
  concurrency.limit = 3;
  slots.free();
  await settleDown();
  expect(taken).toBe(3);
});

it('whoever is called off waits no longer, and holds up nobody', async () => {
  const { slots } = slotsFor(1);
  await slots.take(never());
  const off = new AbortController();
  let over = false;
  void slots.take(off.signal).then(() => (over = true));
  await settleDown();
  expect(over).toBe(false);
  off.abort();
  await settleDown();
  expect(over).toBe(true);
  let next = false;
  void slots.take(never()).then(() => (next = true));
  slots.free();
  slots.free();
  await settleDown();
  expect(next).toBe(true);
});
