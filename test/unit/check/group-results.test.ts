import { describe, expect, it } from 'vitest';
import { type GroupFact, groupFact, groupResults } from '../../../src/check/group-results.ts';
import { configOf } from '../support/config.ts';

const member = { clientId: 'vector', clientHost: '/10.0.0.1', memberId: 'm' };
const described = {
  kind: 'described' as const,
  assignor: 'range',
  isBrokers: false,
  members: [member],
  operations: [3, 8],
};

function resultsOf(group: GroupFact, yaml = ''): string[] {
  return groupResults(group, configOf(yaml)).map(({ check, result }) => `${check} ${result}`);
}

describe('the right on the group', () => {
  it.each([
    [[3, 8], 'kafka.group_acl ok'],
    [[8], 'kafka.group_acl failed'],
    [null, 'kafka.group_acl warning'],
  ])('with operations %j is %s', (operations, expected) => {
    expect(resultsOf({ ...described, operations, members: [] })).toEqual([expected, 'kafka.group ok']);
  });

  it('is missing if the group is forbidden, and unknown if the brokers do not answer', () => {
    expect(resultsOf({ kind: 'forbidden' })).toEqual(['kafka.group_acl failed']);
    expect(resultsOf({ kind: 'unknown', reason: 'no answer' })).toEqual(['kafka.group warning']);
  });
});

describe('members', () => {
  const last = (group: Partial<typeof described>, yaml = ''): string | undefined =>
    resultsOf({ ...described, ...group }, yaml).at(-1);

  it('fail with another assignor, and pass with the own one', () => {
    expect(last({})).toBe('kafka.group failed');
    expect(groupResults(described, configOf())[1]?.message).toContain('1 member (vector at 10.0.0.1)');
    expect(last({ assignor: 'cooperative-sticky' })).toBe('kafka.group ok');
    const own = 'kafka: { librdkafka_options: { partition.assignment.strategy: "range,roundrobin" } }';
    expect(last({}, own)).toBe('kafka.group ok');
  });

  it('that rebalance, or use another group protocol, are warnings', () => {
    expect(last({ assignor: '' })).toBe('kafka.group warning');
    expect(last({ isBrokers: true, assignor: 'uniform' })).toBe('kafka.group warning');
    const own = 'kafka: { librdkafka_options: { group.protocol: consumer } }';
    expect(last({ isBrokers: true, assignor: 'uniform' }, own)).toBe('kafka.group ok');
  });
});

describe('the process that asks for the group', () => {
  const listed = (isListed: boolean) => [{ kind: 'listed' as const, isListed }];

  it.each([
    [[...listed(true), described], false, false, 'described'],
    [listed(false), true, false, 'forbidden'],
    [listed(true), true, false, 'unknown'],
    [listed(false), true, true, 'unknown'],
    [listed(false), false, false, 'unknown'],
    [[], true, false, 'unknown'],
    [[{ kind: 'unknown' as const, reason: 'x' }], false, false, 'unknown'],
  ])('with %j, crash %j, late %j is %s', (messages, hasCrashed, isLate, kind) => {
    expect(groupFact(messages, hasCrashed, isLate).kind).toBe(kind);
  });
});
