import { inspect, isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../src/codec/decode.ts';
import { stringifyExact } from '../../../src/codec/exact-json.ts';
import { fieldAt } from '../../../src/codec/field-path.ts';
import { lazyOf } from '../../../src/codec/lazy-event.ts';
import { mergeInto } from '../../../src/transform/api/merge-into.ts';

type Fields = Record<string, unknown>;

function lazily(text: string | Buffer): Fields {
  const decoded = decode(Buffer.from(text), 'json', true);
  if (decoded.kind !== 'event') throw new Error(decoded.message);
  return decoded.event().value as Fields;
}

function isLazy(event: Fields): boolean {
  return lazyOf(event) !== undefined;
}

/** As in a bulk body. */
function rendered(event: Fields): string {
  const lazy = lazyOf(event);
  if (lazy === undefined) return stringifyExact(event);
  if (lazy.materialised !== undefined) return stringifyExact(lazy.materialised);
  const max = lazy.bytesMax();
  // The bytes before and after it must not change.
  const chunk = Buffer.alloc(max + 20, '#');
  const end = lazy.writeTo(chunk, 10);
  expect(end - 10).toBeLessThanOrEqual(max);
  expect(chunk.toString('latin1', 0, 10) + chunk.toString('latin1', end)).toBe('#'.repeat(max + 30 - end));
  return chunk.toString('utf8', 10, end);
}

describe('unchanged fields are written byte by byte', () => {
  const text = '{ "a": 1 , "b":{"c" :[1, 2]},"d":"x\\u00e9é","e":"\\n" }';
  it.each<[string, (event: Fields) => void, string]>([
    ['nothing', () => {}, '{"a": 1 , "b":{"c" :[1, 2]},"d":"x\\u00e9é","e":"\\n"}'],
    ['read', ({ a, d, e }) => [a, d, e], '{"a": 1 , "b":{"c" :[1, 2]},"d":"x\\u00e9é","e":"\\n"}'],
    ['object read', ({ b }) => b, '{"a": 1,"b":{"c":[1,2]},"d":"x\\u00e9é","e":"\\n"}'],
    [
      'added',
      (event) => (event['f'] = 'ü'),
      '{"a": 1 , "b":{"c" :[1, 2]},"d":"x\\u00e9é","e":"\\n","f":"ü"}',
    ],
    ['set', (event) => (event['b'] = 2n ** 60n), `{"a": 1,"b":${2n ** 60n},"d":"x\\u00e9é","e":"\\n"}`],
    ['first deleted', (event) => delete event['a'], '{"b":{"c" :[1, 2]},"d":"x\\u00e9é","e":"\\n"}'],
    ['last deleted', (event) => delete event['e'], '{"a": 1 , "b":{"c" :[1, 2]},"d":"x\\u00e9é"}'],
    ['middle deleted', (event) => delete event['b'], '{"a": 1,"d":"x\\u00e9é","e":"\\n"}'],
    ['set to nothing', (event) => (event['b'] = undefined), '{"a": 1,"d":"x\\u00e9é","e":"\\n"}'],
  ])('%s', (_name, change, expected) => {
    const event = lazily(text);
    change(event);
    expect(lazyOf(event)?.materialised).toBeUndefined();
    expect(rendered(event)).toBe(expected);
    // Twice, since a transform may return the same event twice.
    expect(rendered(event)).toBe(expected);
  });

  it('all fields are deleted', () => {
    const event = lazily('{"a":1,"b":2}');
    delete event['a'];
    delete event['b'];
    expect(rendered(event)).toBe('{}');
    event['c'] = 3;
    expect(rendered(event)).toBe('{"c":3}');
    expect(rendered(lazily('{ }'))).toBe('{}');
  });

  it('a line feed between members is not written to a bulk body', () => {
    expect(rendered(lazily('{"a":1,\n"b":\n2\n}'))).toBe('{"a":1, "b": 2}');
  });
});

it('large events keep their members when others are scanned after them', () => {
  const filler = 'x'.repeat(2_000_000);
  const events = Array.from({ length: 5 }, (_, n) =>
    lazily(`{"${'k'.repeat(n + 1)}":${n},"filler":"${n === 3 ? '' : filler}","last":"${n}"}`),
  );
  for (const [n, event] of events.entries()) {
    event['last'] = n + 10;
    expect([event['k'.repeat(n + 1)], event['absent']]).toEqual([n, undefined]);
  }
  for (const [n, event] of events.entries()) {
    expect(rendered(event).endsWith(`${n === 3 ? '' : 'x'}","last":${n + 10}}`)).toBe(true);
    expect(lazyOf(event)?.materialised).toBeUndefined();
  }
});

describe('objects whose keys are ambiguous by their bytes are parsed eagerly', () => {
  it.each([
    '{"a":1.0}',
    '{"a":12345678901234567890}',
    '{"a":1,"a":2}',
    '{"ab":1,"b":2,"ab":3}',
    '{"\\u0061":1}',
    '{"é":1}',
    '{"__proto__":1}',
    '{"7":1}',
    `{${Array.from({ length: 65 }, (_, at) => `"k${at}":${at}`).join()}}`,
  ])('%.40s', (text) => {
    expect(isLazy(lazily(text))).toBe(false);
    expect(
      isLazy(lazily(`{"inside":${text.replace('1.0', '10').replace('12345678901234567890', '1')}}`)),
    ).toBe(true);
  });

  it('up to the maximum number of members', () => {
    const text = `{${Array.from({ length: 64 }, (_, at) => `"k${at}":${at}`).join()}}`;
    const event = lazily(text);
    expect(isLazy(event)).toBe(true);
    expect(event['k63']).toBe(63);
    expect(rendered(event)).toBe(text);
  });

  it('similar keys are distinguished, object after object', () => {
    for (let round = 0; round < 3; round++) {
      const event = lazily('{"axb":1,"ayb":2,"":3,"azb":4}');
      expect([event['axb'], event['ayb'], event[''], event['azb'], event['awb']]).toEqual([
        1,
        2,
        3,
        4,
        undefined,
      ]);
    }
  });
});

describe('it looks like the plain event', () => {
  it('console.log', () => {
    const event = lazily('{"a":1,"b":{"c":[]}}');
    event['d'] = 'x';
    expect(inspect(event)).toBe("{ a: 1, b: { c: [] }, d: 'x' }");
    expect(inspect({ event })).toBe("{ event: { a: 1, b: { c: [] }, d: 'x' } }");
    expect(inspect(event)).toBe("{ a: 1, b: { c: [] }, d: 'x' }");
  });

  it('two reads return the same object, also if it is materialised in between', () => {
    const event = lazily('{"a":{"b":1},"c":2}');
    const nested = event['a'] as Fields;
    expect(event['a']).toBe(nested);
    nested['b'] = 5;
    const copy = { ...event };
    expect(copy['a']).toBe(nested);
    expect(event['a']).toBe(nested);
    expect(rendered(event)).toBe('{"a":{"b":5},"c":2}');
  });

  it('a cyclic value throws the same error as in a plain event', () => {
    const event = lazily('{"a":1}');
    event['self'] = event;
    expect(() => rendered(event)).toThrow(/circular/);
  });
});

const symbol = Symbol('mark');
const names = ['a', 'b', 'message', 'nested', 'toString', 'constructor', '__proto__', 'toJSON', '7', 'é', ''];
const key = fc.constantFrom(...names);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(undefined, 5n, () => 1, symbol, new Date(0), Number.NaN),
);

/** Operations of transforms. Returns their visible results, including thrown errors. */
const operations = fc.oneof(
  fc.record({ what: fc.constant('get' as const), key }),
  fc.record({ what: fc.constant('set' as const), key, value }),
  fc.record({ what: fc.constant('set' as const), key, value }),
  fc.record({ what: fc.constant('delete' as const), key }),
  fc.record({ what: fc.constant('mutate' as const), key, value }),
  fc.record({ what: fc.constant('in' as const), key }),
  fc.record({ what: fc.constant('hasOwn' as const), key }),
  fc.record({ what: fc.constant('descriptor' as const), key }),
  fc.record({ what: fc.constant('define' as const), key, value, attributes: fc.nat(15) }),
  fc.record({ what: fc.constant('assign' as const), key, value }),
  fc.record({ what: fc.constant('merge' as const), value, overwrite: fc.boolean() }),
  fc.record({ what: fc.constant('fieldAt' as const), key }),
  fc.record({ what: fc.constant('mark' as const), value }),
  fc.record({ what: fc.constant('inherit' as const), key, value }),
  fc.record({
    what: fc.constantFrom(
      'keys' as const,
      'symbols' as const,
      'forIn' as const,
      'spread' as const,
      'text' as const,
      'string' as const,
      'freeze' as const,
      'seal' as const,
      'preventExtensions' as const,
      'frozen' as const,
      'prototype' as const,
      'setPrototype' as const,
      'entries' as const,
    ),
    // Materialising is rarer than reading a field, since it hides many possible defects.
    really: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
  }),
);
type Operation = typeof operations extends fc.Arbitrary<infer T> ? T : never;

function run(event: Fields, operation: Operation): unknown {
  if ('really' in operation && !operation.really) return undefined;
  switch (operation.what) {
    case 'get':
      return event[operation.key];
    case 'set':
      event[operation.key] = operation.value;
      return undefined;
    case 'delete':
      return delete event[operation.key];
    case 'mutate': {
      const nested = event[operation.key];
      if (typeof nested === 'object' && nested !== null && Object.hasOwn(event, operation.key))
        (nested as Fields)['mutated'] = operation.value;
      return undefined;
    }
    case 'in':
      return operation.key in event;
    case 'hasOwn':
      return Object.hasOwn(event, operation.key);
    case 'descriptor':
      return Object.getOwnPropertyDescriptor(event, operation.key);
    case 'define':
      Object.defineProperty(event, operation.key, {
        ...((operation.attributes & 1) === 0 ? {} : { value: operation.value }),
        ...((operation.attributes & 2) === 0 ? {} : { writable: true }),
        ...((operation.attributes & 4) === 0 ? {} : { enumerable: true }),
        ...((operation.attributes & 8) === 0 ? {} : { configurable: true }),
      });
      return undefined;
    case 'assign':
      Object.assign(event, { [operation.key]: operation.value, other: 1 });
      return undefined;
    case 'merge':
      mergeInto(event, mergedFrom(operation.value), { overwrite: operation.overwrite });
      return undefined;
    case 'fieldAt':
      return [fieldAt(event, operation.key), fieldAt(event, `${operation.key}.a`)];
    case 'mark':
      (event as Record<symbol, unknown>)[symbol] = operation.value;
      return (event as Record<symbol, unknown>)[symbol];
    case 'inherit': {
      const child = Object.create(event) as Fields;
      child[operation.key] = operation.value;
      return [child[operation.key], Object.keys(child), Object.hasOwn(event, operation.key)];
    }
    case 'keys':
      return Object.keys(event);
    case 'symbols':
      return Object.getOwnPropertySymbols(event);
    case 'forIn': {
      const seen: string[] = [];
      for (const name in event) seen.push(name);
      return seen;
    }
    case 'spread':
      return { ...event };
    case 'text':
      return JSON.stringify(event);
    case 'string':
      return [
        Object.prototype.toString.call(event),
        event instanceof Object,
        typeof event,
        Array.isArray(event),
      ];
    case 'freeze':
      return Object.freeze(event) === event;
    case 'seal':
      return Object.seal(event) === event;
    case 'preventExtensions':
      return Object.preventExtensions(event) === event;
    case 'frozen':
      return [Object.isFrozen(event), Object.isSealed(event), Object.isExtensible(event)];
    case 'prototype':
      return Object.getPrototypeOf(event);
    case 'setPrototype':
      return Object.setPrototypeOf(event, null) === event;
    case 'entries':
      return Object.entries(event);
  }
}

/** Some fields, including names with a meaning in JavaScript. */
function mergedFrom(any: unknown): Fields {
  return { ...(typeof any === 'object' && any !== null ? any : {}), ['merged']: any, ['b']: 1 };
}

/** The same operation on both must have the same result or error. */
function answer(event: Fields, operation: Operation): unknown {
  try {
    return { answered: run(event, operation) };
  } catch (error) {
    // The message differs for a Proxy.
    return { thrown: (error as Error).constructor.name };
  }
}

const member = fc.tuple(
  fc.constantFrom('a', 'b', 'message', 'nested', 'toString', 'constructor', 'toJSON', 'source_type', ''),
  // Mostly without non-canonical numbers, since an event with one is not lazy.
  fc.oneof(
    fc.anything({
      withNullPrototype: false,
      values: [fc.string({ unit: 'binary' }), fc.integer(), fc.boolean()],
      maxDepth: 3,
    }),
    fc.string(),
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  ),
);

describe('it behaves like the object of JSON.parse', () => {
  it('for any operations in any order', () => {
    let lazyOnes = 0;
    let spliced = 0;
    fc.assert(
      fc.property(
        fc.uniqueArray(member, { selector: ([name]) => name, maxLength: 6 }),
        fc.array(operations, { maxLength: 12 }),
        fc.constantFrom(undefined, 1),
        // The operations before which another event is decoded and read.
        fc.oneof(fc.constant(0), fc.nat(2 ** 13 - 1)),
        (members, history, indent, others) => {
          const text = JSON.stringify(Object.fromEntries(members), undefined, indent);
          const eager = JSON.parse(text) as Fields;
          const lazy = lazily(text);
          if (isLazy(lazy)) lazyOnes++;
          for (const [at, operation] of history.entries()) {
            if ((others & (1 << at)) !== 0) expect(lazily('{"other":[1],"a":"b"}')['a']).toBe('b');
            const [one, other] = [answer(lazy, separately(operation)), answer(eager, separately(operation))];
            if (!isDeepStrictEqual(one, other)) throw new Error(inspect({ one, other }, { depth: 9 }));
          }
          if (lazyOf(lazy)?.materialised === undefined) spliced++;
          if (others >= 2 ** 12) lazily('{"other":[1],"a":"b"}');
          const out = outcome(() => JSON.stringify(JSON.parse(rendered(lazy))));
          expect(out).toEqual(outcome(() => JSON.stringify(JSON.parse(stringifyExact(eager)))));
          expect(isDeepStrictEqual(lazy, eager)).toBe(true);
        },
      ),
      { numRuns: 5000 },
    );
    // Otherwise the test compares JSON.parse with itself.
    expect(lazyOnes).toBeGreaterThan(2000);
    expect(spliced).toBeGreaterThan(800);
  });
});

/** With separate values, so that the two events share no changes. A prototype is compared by identity. */
function separately(operation: Operation): Operation {
  if (!('value' in operation) || ('key' in operation && operation.key === '__proto__')) return operation;
  return {
    ...operation,
    value: isPlain(operation.value) ? structuredClone(operation.value) : operation.value,
  };
}

function isPlain(any: unknown): boolean {
  return typeof any === 'object' && any !== null;
}

function outcome(make: () => string): string {
  try {
    return make();
  } catch (error) {
    return (error as Error).constructor.name;
  }
}
