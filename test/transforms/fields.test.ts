import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Event, type TransformDefinition } from 'logweir';
import { testTransform } from 'logweir/testing';
import { parseExact, stringifyExact } from '../../src/codec/exact-json.ts';
import ecs from '../../transforms/ecs.ts';
import { leavesOf, runOne, sortedLeavesOf } from '../support/leaves.ts';
import flatten from '../../transforms/flatten.ts';
import limitFields from '../../transforms/limit-fields.ts';
import rename from '../../transforms/rename.ts';
import set from '../../transforms/set.ts';
import unflatten from '../../transforms/unflatten.ts';

/** A name with dots below another one: for Elasticsearch the leaf is an object too. */
function isRejected(event: Event): boolean {
  const names = new Set(
    Object.keys(event).filter((key) => leavesOf(event[key]).length > 0 || Array.isArray(event[key])),
  );
  return Object.keys(event).some((name) =>
    name.split('.').some((_part, at, parts) => at > 0 && names.has(parts.slice(0, at).join('.'))),
  );
}

const name = fc.constantFrom(
  'a',
  'b',
  'a.b',
  'b.a',
  'a.b.c',
  'c',
  'a_2',
  'a.b_2',
  '__proto__',
  'constructor',
);
const { node } = fc.letrec<{ node: Event }>((tie) => ({
  node: fc.dictionary(
    name,
    fc.oneof({ maxDepth: 4 }, fc.integer(), fc.array(fc.integer()), tie('node')) as fc.Arbitrary<unknown>,
    { noNullPrototype: true, maxKeys: 4 },
  ),
}));
/** Includes own fields with the names of prototype properties. */
const anyEvent = node.map((event) => JSON.parse(JSON.stringify(event)) as Event);

describe('flatten', () => {
  it.each<[string, Event, Event]>([
    ['two fields of one name', { a: { b: 1 }, 'a.b': 2 }, { 'a.b': 1, 'a.b_2': 2 }],
    ['the other way round', { 'a.b': 2, a: { b: 1 } }, { 'a.b': 2, 'a.b_2': 1 }],
    ['a leaf that would be a parent', { a: { b: { c: 1 } }, 'a.b': 2 }, { 'a.b.c': 1, 'a.b_2': 2 }],
    ['the same with dots', { a: { 'b.c': 1, b: 2 } }, { 'a.b.c': 1, 'a.b_2': 2 }],
    ['a leaf that was a parent from the start', { 'x.y': 1, x: 2 }, { 'x.y': 1, x_2: 2 }],
    [
      'three with the same name',
      { a: { b: { c: 1 }, 'b.c': 2 }, 'a.b.c': 3 },
      { 'a.b.c': 1, 'a.b.c_2': 2, 'a.b.c_3': 3 },
    ],
    ['a name that is taken', { a: { b: 1 }, 'a.b': 2, 'a.b_2': 3 }, { 'a.b': 1, 'a.b_2': 2, 'a.b_2_2': 3 }],
  ])('%s', async (_name, event, expected) => {
    expect(await runOne(flatten, event)).toEqual(expected);
  });

  it('one field, next to existing names', async () => {
    const options = { field: 'k' };
    expect(await runOne(flatten, { k: { a: 1 }, 'k.a': 2, n: 1 }, options)).toEqual({
      n: 1,
      'k.a': 2,
      'k.a_2': 1,
    });
    expect(await runOne(flatten, { k: { a: { b: 1 } }, 'k.a': 2 }, options)).toEqual({
      'k.a.b': 1,
      'k.a_2': 2,
    });
    expect(await runOne(flatten, { k: 1 }, options)).toEqual({ k: 1 });
  });

  it('with another separator only an equal name conflicts', async () => {
    const event = { a: { b: { c: 1 } }, a_b: 2, 'a.b': 3, a_b_c: 4 };
    expect(await runOne(flatten, event, { separator: '_' })).toEqual({
      a_b_c: 1,
      a_b: 2,
      'a.b': 3,
      a_b_c_2: 4,
    });
  });

  it('loses nothing, and makes no document that Elasticsearch rejects', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvent, async (event) => {
        const before = sortedLeavesOf(event);
        const flat = await runOne(flatten, event);
        expect(sortedLeavesOf(flat)).toEqual(before);
        expect({ flat, isRejected: isRejected(flat) }).toEqual({ flat, isRejected: false });
      }),
      { numRuns: 500 },
    );
  });

  it.each([undefined, 'f'])(
    'the added text is bounded, and the excess stays nested (field %s)',
    async (field) => {
      const children = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`k${n}`, n]));
      const long = 'x'.repeat(10_000);
      const event = { f: { [long]: children, deep: { [long]: { ...children } }, ok: { n: 1 } } };
      const size = JSON.stringify(event).length;
      const flat = await runOne(flatten, event, field === undefined ? {} : { field });
      expect(JSON.stringify(flat).length).toBeLessThan(size + 300_000);
      expect(flat).toMatchObject({ [`f.${long}`]: children, 'f.ok.n': 1 });
      expect(leavesOf(flat)).toHaveLength(4001);
    },
  );

  it('thousands of fields with the same name take linear time', async () => {
    // Every notation of `a.a.a…` with dots and objects is another field with the same name.
    const ways = (depth: number): Event => {
      const event: Event = { a: 1 };
      if (depth > 1) {
        event['a'] = ways(depth - 1);
        for (const [key, value] of Object.entries(ways(depth - 1))) event[`a.${key}`] = value;
      }
      return event;
    };
    const flat = await runOne(flatten, ways(15));
    expect(leavesOf(flat)).toEqual(Array(2 ** 14).fill(1));
    expect(Object.keys(flat).length).toBeGreaterThan(5000);
  });
});

it('unflatten loses nothing', async () => {
  await fc.assert(
    fc.asyncProperty(anyEvent, async (event) => {
      const before = sortedLeavesOf(event);
      expect(sortedLeavesOf(await runOne(unflatten, event))).toEqual(before);
    }),
    { numRuns: 500 },
  );
});

describe('limit-fields', () => {
  it.each<[string, Event, object, Event]>([
    [
      'two fields with the same path',
      { a: { x: 1, b: 2 }, 'a.b': 3 },
      { max_fields: 1 },
      { a: { x: 1 }, overflow: '{"a":{"b":2},"a.b":3}' },
    ],
    [
      'a field with the name of the overflow, partly moved',
      { overflow: { a: 1, b: 2 } },
      { max_fields: 1 },
      { overflow: '{"overflow":{"b":2},"overflow_2":{"a":1}}' },
    ],
    [
      'a list with a name that is too long',
      { a: [{ abcd: 1 }], b: 2 },
      { max_key_length: 3 },
      { b: 2, overflow: '{"a":[{"abcd":1}]}' },
    ],
    [
      'a list that is too deep',
      { a: [{ b: { c: 1 } }], b: 2 },
      { max_depth: 2 },
      { b: 2, overflow: '{"a":[{"b":{"c":1}}]}' },
    ],
    [
      'a list with too many fields, and the fields after it',
      { a: [{ b: 1, c: 1, d: 1 }], e: 2 },
      { max_fields: 2 },
      { e: 2, overflow: '{"a":[{"b":1,"c":1,"d":1}]}' },
    ],
    [
      'a long list without fields',
      { a: Array(9).fill(1), b: 2 },
      { max_fields: 2 },
      { a: Array(9).fill(1), b: 2 },
    ],
  ])('%s', async (_name, event, options, expected) => {
    expect(await runOne(limitFields, event, options)).toEqual(expected);
  });

  it('loses nothing of any event', async () => {
    await fc.assert(
      fc.asyncProperty(anyEvent, fc.integer({ min: 1, max: 4 }), async (event, max_fields) => {
        const before = sortedLeavesOf(event);
        const { overflow, ...kept } = await runOne(limitFields, event, { max_fields, max_depth: 2 });
        const rest: unknown = overflow === undefined ? {} : JSON.parse(overflow as string);
        expect(sortedLeavesOf([kept, rest])).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  it('does not repeat a long name above thousands of fields', async () => {
    const children = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`k${n}`, n]));
    const event = { ['x'.repeat(5000)]: children };
    const size = JSON.stringify(event).length;
    const limited = await runOne(limitFields, event, { max_fields: 1, max_key_length: 10_000 });
    expect(JSON.stringify(limited).length).toBeLessThan(2 * size);
  });
});

describe('without overwrite', () => {
  it('set keeps a text on the path of an object', async () => {
    const options = { fields: { 'labels.cluster': 'eu-1', 'n.x': 1 }, overwrite: false };
    const n = (JSON as unknown as { rawJSON(text: string): object }).rawJSON('1e400');
    expect(await runOne(set, { labels: 'a,b', n }, options)).toEqual({ labels: 'a,b', n });
  });

  it('rename keeps the old name', async () => {
    const options = { fields: { a: 'b', c: 'host.name', d: 'e' }, overwrite: false };
    expect(await runOne(rename, { a: 1, b: 2, c: 3, host: 'h', d: 4 }, options)).toEqual({
      a: 1,
      b: 2,
      c: 3,
      host: 'h',
      e: 4,
    });
    expect(await runOne(rename, { a: 1, b: 2 }, { fields: { a: 'b' } })).toEqual({ b: 1 });
  });
});

describe('a moved number keeps its literal', () => {
  it.each<[string, TransformDefinition, object, string, string]>([
    [
      'flatten',
      flatten,
      {},
      '{"a":{"b":1.0,"c":[{"d":2.50}]},"a.b":-0}',
      '{"a.b":1.0,"a.c":[{"d":2.50}],"a.b_2":-0}',
    ],
    ['flatten', flatten, { field: 'a' }, '{"a":{"b":{"c":1.0}},"a.b":1E3}', '{"a.b.c":1.0,"a.b_2":1E3}'],
    ['unflatten', unflatten, {}, '{"a.b":1.0,"c":2.50}', '{"c":2.50,"a":{"b":1.0}}'],
    [
      'rename',
      rename,
      { fields: { a: 'b.c', 'd.e': 'f' } },
      '{"a":1.0,"d":{"e":{"g":1E3}}}',
      '{"d":{},"b":{"c":1.0},"f":{"g":1E3}}',
    ],
    [
      'ecs',
      ecs,
      {},
      '{"source_type":"file","n":1.0,"log.x":-0,"o":{"p":2.50}}',
      '{"log.x":-0,"event":{"module":"file"},"vector":{"n":1.0,"o":{"p":2.50}}}',
    ],
    [
      'ecs',
      ecs,
      {},
      '{"source_type":"docker_logs","label":{"a.b":1.0}}',
      '{"container":{"labels":{"a_b":1.0}},"event":{"module":"docker_logs"}}',
    ],
    [
      'limit-fields',
      limitFields,
      { max_fields: 1 },
      '{"a":{"b":1.0,"c":2.50},"d":-0}',
      '{"a":{"b":1.0},"overflow":"{\\"a\\":{\\"c\\":2.50},\\"d\\":-0}"}',
    ],
  ])('%s', async (_name, transform, options, text, expected) => {
    const { value } = parseExact(text);
    const [event = {}] = await (await testTransform(transform, { ...options }))(value as Event);
    expect(stringifyExact(event)).toBe(expected);
  });
});
