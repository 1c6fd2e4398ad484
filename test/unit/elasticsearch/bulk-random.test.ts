/** With any answers, the watermark passes only settled records, and every record settles once. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { outcomes } from '../../../src/pipeline/outcome.ts';
import { DeliveryHistory } from '../support/delivery-history.ts';
import { fakeDelay } from '../support/fake-delay.ts';

vi.mock(import('node:timers/promises'), async (original) => {
  const { fakeDelay: delay } = await import('../support/fake-delay.ts');
  return { ...(await original()), setTimeout: delay.wait };
});

beforeEach(() => {
  fakeDelay.reset();
});

const SEEDS = Array.from({ length: 24 }, (_, seed) => seed + 1);
const STEPS = 120;

describe('random histories of runs', () => {
  const totals = Object.fromEntries(outcomes.map((outcome) => [outcome, 0]));
  let [whole, single, internal] = [0, 0, 0];

  it.each(SEEDS)('the watermark passes only settled records, and all settle once: seed %d', async (seed) => {
    const history = new DeliveryHistory(seed);
    for (let step = 0; step < STEPS; step++) await history.step();
    await history.finish();
    const { lab, breaker, breakerStates, sender, indexed } = history.made;
    if (breakerStates.some((reason) => reason.startsWith('internal error'))) internal++;
    expect(history.unfinished()).toEqual([]);
    expect([lab.settled, lab.pipeline.inFlight, lab.pipeline.budget.usedBytes]).toEqual([lab.received, 0, 0]);
    expect([lab.blockedRecords.size, lab.deadLetters.length, sender.inFlight, breaker.state]).toEqual([
      0,
      0,
      0,
      null,
    ]);
    for (const outcome of outcomes) totals[outcome] = (totals[outcome] ?? 0) + lab.counts[outcome];
    for (const count of indexed) {
      if (count > 1) whole++;
      else single++;
    }
  });

  it('the histories contain every outcome', () => {
    for (const outcome of outcomes) expect([outcome, (totals[outcome] ?? 0) > 100]).toEqual([outcome, true]);
    expect([whole > 100, single > 1000, internal > 5]).toEqual([true, true, true]);
  });
});
