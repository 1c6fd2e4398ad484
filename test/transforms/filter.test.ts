import { describe, expect, it } from 'vitest';
import { type Event } from 'logweir';
import { testTransform } from 'logweir/testing';
import filter from '../../transforms/filter.ts';

/** Whether the event passes. */
async function passes(event: Event, options: Record<string, unknown>): Promise<boolean> {
  const events = await (await testTransform(filter, options))(event);
  if (events.length > 0) expect(events).toEqual([event]);
  return events.length > 0;
}

describe('an event is kept if its field', () => {
  it.each<[string, Record<string, unknown>, Event, Event]>([
    ['equals a text', { equals: 'info' }, { level: 'info' }, { level: 'INFO' }],
    ['equals a number', { equals: 5 }, { level: 5 }, { level: '5' }],
    [
      'equals a large number',
      { equals: '9007199254740993' },
      { level: 9007199254740993n },
      { level: 9007199254740992n },
    ],
    [
      'is a large number in a list',
      { in: ['18446744073709551615'] },
      { level: 18446744073709551615n },
      { level: 1 },
    ],
    ['equals zero', { equals: 0 }, { level: 0 }, { level: false }],
    ['equals false', { equals: false }, { level: false }, { level: 0 }],
    ['equals an empty text', { equals: '' }, { level: '' }, {}],
    ['is null', { equals: null }, { level: null }, {}],
    ['is one of a list', { in: ['info', 5, null] }, { level: 5 }, { level: 'debug' }],
    ['is a null of a list', { in: [null] }, { level: null }, {}],
    ['contains a text', { contains: 'err' }, { level: 'an error' }, { level: 'a warning' }],
    ['contains, and is text', { contains: '5' }, { level: '15' }, { level: 15 }],
    ['exists', { exists: true }, { level: null }, {}],
    ['does not exist', { exists: false }, {}, { level: null }],
  ])('%s, and dropped otherwise', async (_name, condition, fitting, other) => {
    expect(await passes(fitting, { field: 'level', ...condition })).toBe(true);
    expect(await passes(other, { field: 'level', ...condition })).toBe(false);
  });
});

it('with `action: drop` it is the reverse', async () => {
  const options = { field: 'level', equals: 'debug', action: 'drop' };
  expect(await passes({ level: 'debug' }, options)).toBe(false);
  expect(await passes({ level: 'info' }, options)).toBe(true);
  expect(await passes({}, options)).toBe(true);
});

it('the field may be nested, or have dots in its name', async () => {
  const options = { field: 'kubernetes.namespace', equals: 'prod' };
  expect(await passes({ kubernetes: { namespace: 'prod' } }, options)).toBe(true);
  expect(await passes({ 'kubernetes.namespace': 'prod' }, options)).toBe(true);
  expect(await passes({ kubernetes: 'prod' }, options)).toBe(false);
});

it('a property of a prototype is not a field', async () => {
  expect(await passes({}, { field: 'constructor', exists: true })).toBe(false);
  expect(await passes({}, { field: '__proto__', exists: true })).toBe(false);
  expect(await passes({}, { field: 'constructor.name', equals: 'Object' })).toBe(false);
});

describe('options', () => {
  it.each([
    ['no condition', { field: 'a' }],
    ['two conditions', { field: 'a', equals: 1, exists: true }],
    ['two conditions, of which one is false', { field: 'a', contains: 'x', exists: false }],
    ['two conditions, of which one is null', { field: 'a', equals: null, in: [1] }],
    ['all conditions', { field: 'a', equals: 1, in: [1], contains: 'x', exists: true }],
  ])('%s: exactly one is required', async (_name, options) => {
    await expect(testTransform(filter, options)).rejects.toThrow(
      /exactly one of equals, in, contains and exists/,
    );
  });

  it.each([
    { equals: 1 },
    { field: '', equals: 1 },
    { field: 'a', in: [] },
    { field: 'a', contains: '' },
    { field: 'a', equals: { b: 1 } },
    { field: 'a', equals: 1, action: 'stop' },
    { field: 'a', equal: 1 },
  ])('%j are rejected', async (options) => {
    await expect(testTransform(filter, options)).rejects.toThrow(
      /Invalid|Unrecognized|Too small|exactly one/i,
    );
  });
});
