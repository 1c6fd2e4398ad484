import { describe, expect, it } from 'vitest';
import { RejectionRate } from '../../../src/pipeline/rejection-rate.ts';

function makeRate(holdAboveRatio: number | null = null) {
  const told: string[] = [];
  const rate = new RejectionRate(holdAboveRatio, {
    began: ({ reason }) => void told.push(`began ${reason}`),
    ended: ({ reason }) => void told.push(`ended ${reason}`),
  });
  const reject = (count: number, reason: string): (string | undefined)[] =>
    Array.from({ length: count }, () => rate.rejected(reason));
  const pass = (count: number): void => {
    for (let left = count; left > 0; left--) rate.passed();
  };
  return { rate, told, reject, pass };
}

describe('the last 1,000 records', () => {
  it('raise the alert with the 501st that was rejected for one reason, and not before', () => {
    const { rate, told, reject } = makeRate();
    reject(500, 'mapping');
    expect(told).toEqual([]);
    reject(1, 'mapping');
    expect(told).toEqual(['began mapping']);
    expect(rate.current).toMatchObject({ reason: 'mapping' });
  });

  it('count records that are rejected already, and cannot be blocked', () => {
    const { rate, told } = makeRate(0.3);
    for (let left = 501; left > 0; left--) rate.rejectedAlready('failure_store');
    expect(told).toEqual(['began failure_store']);
    expect(rate.rejected('mapping')).toBeUndefined();
  });

  it('raise no alert where the reasons differ', () => {
    const { told, reject } = makeRate();
    for (let round = 0; round < 1000; round++) reject(1, `reason ${round % 3}`);
    expect(told).toEqual([]);
  });

  it('end the alert when few of them were rejected, and forget older ones', () => {
    const { rate, told, reject, pass } = makeRate();
    reject(1000, 'mapping');
    pass(750);
    expect(told).toEqual(['began mapping']);
    pass(1);
    expect(told).toEqual(['began mapping', 'ended mapping']);
    expect(rate.current).toBeNull();
    pass(2000);
    reject(500, 'mapping');
    expect(told).toHaveLength(2);
  });

  it('may hold any number of different reasons', () => {
    const { told, reject } = makeRate();
    for (let round = 0; round < 5000; round++) reject(1, `reason ${round}`);
    // Beyond a hundred they are no longer distinguished.
    expect(told).toEqual(['began other']);
  });
});

describe('hold_above_ratio', () => {
  it('lets that ratio through and blocks further records, for that reason only', () => {
    const { reject } = makeRate(0.1);
    expect(reject(101, 'mapping')).toEqual(Array.from({ length: 101 }));
    expect(reject(2, 'mapping')).toEqual(
      Array.from({ length: 2 }, () => 'more than 100 of the last 1000 records were rejected: mapping'),
    );
    expect(reject(1, 'another')).toEqual([undefined]);
  });

  it('lets dead letters through again once enough has passed', () => {
    const { reject, pass } = makeRate(0.1);
    reject(200, 'mapping');
    pass(1000);
    expect(reject(1, 'mapping')).toEqual([undefined]);
  });

  it('null never blocks', () => {
    const { reject } = makeRate();
    expect(reject(3000, 'mapping').every((cause) => cause === undefined)).toBe(true);
  });
});
