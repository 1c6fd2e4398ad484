import { describe, expect, it } from 'vitest';
import { RepeatGate } from '../../src/log.ts';

describe('a message that repeats', () => {
  it('passes at first', () => {
    expect(new RepeatGate(1000).pass(5_000_000)).toBe(0);
  });

  it('is held back and counted until the interval is over', () => {
    const gate = new RepeatGate(1000);
    gate.pass(10_000);
    expect([10_000, 10_001, 10_500, 10_999].map((now) => gate.pass(now))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(gate.pass(11_000)).toBe(4);
  });

  it('counts anew after each that passes, and the interval starts from there', () => {
    const gate = new RepeatGate(1000);
    gate.pass(10_000);
    gate.pass(10_500);
    expect(gate.pass(15_500)).toBe(1);
    expect(gate.pass(16_000)).toBeUndefined();
    expect(gate.pass(16_499)).toBeUndefined();
    expect(gate.pass(16_500)).toBe(2);
    expect(gate.pass(20_000)).toBe(0);
  });

  it('a thousand failures a second cost a line every ten seconds', () => {
    const gate = new RepeatGate();
    const held: number[] = [];
    for (let now = 1_000_000; now < 1_060_000; now++) {
      const before = gate.pass(now);
      if (before !== undefined) held.push(before);
    }
    expect(held).toEqual([0, 9999, 9999, 9999, 9999, 9999]);
  });

  it('another gate knows nothing of it', () => {
    const [one, other] = [new RepeatGate(1000), new RepeatGate(1000)] as const;
    one.pass(10_000);
    expect(other.pass(10_000)).toBe(0);
  });
});
