import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/pipeline/outcome.ts';
import { received } from '../support/fakes.ts';

describe('a record settles', () => {
  it.each<Outcome>(['skipped', 'dropped', 'indexed', 'dead_lettered'])('as %s, told once', (outcome) => {
    const { settlement, owned, outcomes } = received();
    expect(settlement.settled).toBe(false);
    settlement.settle(outcome);
    expect(settlement.settled).toBe(true);
    expect(outcomes).toEqual([outcome]);
    expect(owned.watermark).toBe(1);
    expect(owned.unsettled).toBe(0);
  });

  it('only when the last of its outputs does', () => {
    const { settlement, owned, outcomes } = received();
    settlement.retain(2);
    settlement.settle('indexed');
    settlement.settle('indexed');
    expect(settlement.settled).toBe(false);
    expect(owned.watermark).toBe(0);
    settlement.settle('indexed');
    expect(outcomes).toEqual(['indexed']);
    expect(owned.watermark).toBe(1);
  });

  it('once its outputs are settled, whenever they are retained in between', () => {
    const { settlement, outcomes } = received();
    settlement.retain(1);
    settlement.settle('indexed');
    settlement.retain(1);
    settlement.settle('indexed');
    expect(outcomes).toEqual([]);
    settlement.settle('indexed');
    expect(outcomes).toEqual(['indexed']);
  });

  it.each<[Outcome[], Outcome]>([
    [['indexed', 'dead_lettered'], 'dead_lettered'],
    [['dead_lettered', 'indexed'], 'dead_lettered'],
    [['indexed', 'dead_lettered', 'indexed'], 'dead_lettered'],
    [['dropped', 'indexed'], 'indexed'],
    [['indexed', 'dropped'], 'indexed'],
  ])('with the outputs %j as %s', (outputs, outcome) => {
    const { settlement, outcomes } = received();
    settlement.retain(outputs.length - 1);
    for (const output of outputs) settlement.settle(output);
    expect(outcomes).toEqual([outcome]);
  });

  it('does not settle a second time', () => {
    const { settlement, owned, outcomes } = received();
    settlement.settle('indexed');
    settlement.settle('dead_lettered');
    settlement.abandon();
    expect(outcomes).toEqual(['indexed']);
    expect(owned.unsettled).toBe(0);
  });
});

describe('a record that is abandoned', () => {
  it('is returned at once, whatever outputs are open and whatever some of them became', () => {
    const { settlement, owned, outcomes } = received();
    settlement.retain(3);
    settlement.settle('dead_lettered');
    settlement.abandon();
    expect(settlement.settled).toBe(true);
    expect(outcomes).toEqual(['returned']);
    expect(owned.unsettled).toBe(0);
  });

  it('ignores what is acknowledged late', () => {
    const { settlement, outcomes } = received();
    settlement.retain(1);
    settlement.abandon();
    settlement.settle('indexed');
    settlement.settle('indexed');
    settlement.abandon();
    expect(outcomes).toEqual(['returned']);
  });
});

describe('the source record', () => {
  it('is at hand until the record settles, and to the listener', () => {
    const { settlement } = received({ offset: 3, value: Buffer.from('x') });
    settlement.retain(1);
    settlement.settle('indexed');
    expect(settlement.record).toMatchObject({ topic: 'app-logs', offset: 3, value: Buffer.from('x') });
  });

  it.each<[string, (settlement: ReturnType<typeof received>['settlement']) => void]>([
    ['settled', (settlement) => settlement.settle('indexed')],
    ['abandoned', (settlement) => settlement.abandon()],
  ])('is let go once the record is %s, and using it is an error that says so', (_how, end) => {
    const { settlement } = received({ offset: 3 });
    end(settlement);
    expect(() => settlement.record).toThrow('record at offset 3 was used after it had settled');
    expect(settlement.offset).toBe(3);
  });
});
