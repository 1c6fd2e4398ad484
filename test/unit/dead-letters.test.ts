import { expect, it } from 'vitest';
import { NoDeadLetters } from '../../src/dead-letters.ts';
import { Holds } from '../../src/holds.ts';
import { received, settleDown } from './support/fakes.ts';

it('where dead letters are off, a record is held with the reason, and never settles', async () => {
  const holds = new Holds({ began: () => {}, ended: () => {} });
  const { settlement, owned } = received({ offset: 7 });
  let over = false;
  const letters = new NoDeadLetters(holds);
  void letters.send(settlement, { reason: 'invalid_json', message: 'x'.repeat(10_000) }).finally(() => {
    over = true;
  });
  await letters.close();
  await settleDown();
  expect(over).toBe(false);
  expect(settlement.settled).toBe(false);
  expect(owned.held).toBe(1);
  expect(holds.list()).toMatchObject([{ reason: 'dead letters are off: invalid_json', records: 1 }]);
});
