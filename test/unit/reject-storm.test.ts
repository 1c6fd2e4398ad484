import { describe, expect, it } from 'vitest';
import { RejectStorm } from '../../src/reject-storm.ts';

function stormy(holdAboveRatio: number | null = null) {
  const told: string[] = [];
  const storm = new RejectStorm(holdAboveRatio, {
    began: ({ reason }) => void told.push(`began ${reason}`),
    ended: ({ reason }) => void told.push(`ended ${reason}`),
  });
  const refuse = (count: number, reason: string): (string | undefined)[] =>
    Array.from({ length: count }, () => storm.refused(reason));
  const pass = (count: number): void => {
    for (let left = count; left > 0; left--) storm.passed();
  };
  return { storm, told, refuse, pass };
}

describe('the last 1,000 records', () => {
  it('begin a storm with the 501st that was refused for one reason, and not before', () => {
    const { storm, told, refuse } = stormy();
    refuse(500, 'mapping');
    expect(told).toEqual([]);
    refuse(1, 'mapping');
    expect(told).toEqual(['began mapping']);
    expect(storm.current).toMatchObject({ reason: 'mapping' });
  });

  it('count what is refused already, and is nowhere to be held', () => {
    const { storm, told } = stormy(0.3);
    for (let left = 501; left > 0; left--) storm.refusedAlready('failure_store');
    expect(told).toEqual(['began failure_store']);
    expect(storm.refused('mapping')).toBeUndefined();
  });

  it('are no storm where the reasons differ', () => {
    const { told, refuse } = stormy();
    for (let round = 0; round < 1000; round++) refuse(1, `reason ${round % 3}`);
    expect(told).toEqual([]);
  });

  it('end a storm when few of them were refused, and forget what is longer ago', () => {
    const { storm, told, refuse, pass } = stormy();
    refuse(1000, 'mapping');
    pass(750);
    expect(told).toEqual(['began mapping']);
    pass(1);
    expect(told).toEqual(['began mapping', 'ended mapping']);
    expect(storm.current).toBeNull();
    pass(2000);
    refuse(500, 'mapping');
    expect(told).toHaveLength(2);
  });

  it('may hold any number of different reasons', () => {
    const { told, refuse } = stormy();
    for (let round = 0; round < 5000; round++) refuse(1, `reason ${round}`);
    // Beyond a hundred they are no longer told apart.
    expect(told).toEqual(['began other']);
  });
});

describe('hold_above_ratio', () => {
  it('lets that share through and holds what comes then, for that reason only', () => {
    const { refuse } = stormy(0.1);
    expect(refuse(101, 'mapping')).toEqual(Array.from({ length: 101 }));
    expect(refuse(2, 'mapping')).toEqual(
      Array.from({ length: 2 }, () => 'more than 100 of the last 1000 records were refused: mapping'),
    );
    expect(refuse(1, 'another')).toEqual([undefined]);
  });

  it('lets dead letters through again once enough has passed', () => {
    const { refuse, pass } = stormy(0.1);
    refuse(200, 'mapping');
    pass(1000);
    expect(refuse(1, 'mapping')).toEqual([undefined]);
  });

  it('null never holds', () => {
    const { refuse } = stormy();
    expect(refuse(3000, 'mapping').every((cause) => cause === undefined)).toBe(true);
  });
});
