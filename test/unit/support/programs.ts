/** Random transforms, as data: what a user's code may do with an event, and what it may give back. */
import { inspect, isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import * as fc from 'fast-check';
import type { Event, TransformFunction, TransformResult } from '../../../src/transform/api/api.ts';
import { routeTo } from '../../../src/transform/api/route.ts';

const MARK = Symbol('mark');
const keys = ['a', 'b', 'message', 'nested', 'n', '7', 'toString', '__proto__', 'toJSON'] as const;
const key = fc.constantFrom(...keys);
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(undefined, 2n ** 60n, new Date(0)),
);

/** What an event that is lazy stands too. */
const harmless = fc.oneof(
  fc.record({ what: fc.constantFrom('get' as const, 'delete' as const, 'in' as const), key }),
  fc.record({ what: fc.constantFrom('set' as const, 'deep' as const, 'define' as const), key, value }),
  fc.record({
    what: fc.constantFrom(
      'keys' as const,
      'entries' as const,
      'spread' as const,
      'sort' as const,
      'text' as const,
      'round trip' as const,
      'freeze' as const,
      'getter' as const,
      'toJSON' as const,
      'symbol' as const,
      'route' as const,
      'prototype' as const,
    ),
  }),
);
const cloning = fc.record({
  what: fc.constantFrom(
    'structuredClone' as const,
    'postMessage' as const,
    'v8' as const,
    'inspect' as const,
    'equal' as const,
  ),
});
type Operation =
  | (typeof harmless extends fc.Arbitrary<infer T> ? T : never)
  | (typeof cloning extends fc.Arbitrary<infer T> ? T : never);

const returned = fc.constantFrom(
  'event' as const,
  'copy' as const,
  'clone' as const,
  'parsed' as const,
  'twice' as const,
  'both' as const,
  'masked' as const,
  'inside' as const,
  'nothing' as const,
  'dropped where it cannot be cloned' as const,
  'a number' as const,
  'thrown' as const,
);

export interface Program {
  /** A caught error is noted, and the program continues. */
  readonly steps: readonly { readonly operation: Operation; readonly caught: boolean }[];
  readonly returns: typeof returned extends fc.Arbitrary<infer T> ? T : never;
  /** Whether it waits before it starts, and before it returns. */
  readonly waits: readonly [boolean, boolean];
}

const programOf = (operation: fc.Arbitrary<Operation>): fc.Arbitrary<Program> =>
  fc.record({
    steps: fc.array(fc.record({ operation, caught: fc.boolean() }), { maxLength: 6 }),
    returns: returned,
    waits: fc.constantFrom<[boolean, boolean]>([false, false], [false, false], [true, false], [false, true]),
  });

export const programs = programOf(
  fc.oneof({ weight: 3, arbitrary: harmless }, { weight: 2, arbitrary: cloning }),
);

/** Those that keep to what is asked of transforms with `lazy: true`. */
export const lazyPrograms = programOf(harmless).filter(
  ({ returns }) =>
    returns !== 'clone' && returns !== 'inside' && returns !== 'dropped where it cannot be cloned',
);

/** @param see told what the program sees, in order */
export function transformOf(program: Program, see: (seen: unknown) => void): TransformFunction {
  const before = (event: Event): void => {
    for (const { operation, caught } of program.steps) {
      try {
        see(inspect(run(event, operation), { depth: 4 }));
      } catch (error) {
        see((error as Error).constructor.name);
        if (!caught) throw error;
      }
    }
  };
  const [first, last] = program.waits;
  if (!first && !last)
    return (event) => {
      before(event);
      return resultOf(event, program.returns);
    };
  return async (event) => {
    if (first) await Promise.resolve();
    before(event);
    if (last) await Promise.resolve();
    return resultOf(event, program.returns);
  };
}

function run(event: Event, operation: Operation): unknown {
  switch (operation.what) {
    case 'get':
      return event[operation.key];
    case 'delete':
      return delete event[operation.key];
    case 'in':
      return [operation.key in event, Object.hasOwn(event, operation.key)];
    case 'set':
      event[operation.key] = own(operation.value);
      return undefined;
    case 'deep': {
      const held = event[operation.key];
      if (typeof held !== 'object' || held === null || !Object.hasOwn(event, operation.key)) return undefined;
      (held as Event)['deep'] = own(operation.value);
      return held;
    }
    case 'define':
      return Reflect.defineProperty(event, operation.key, {
        value: own(operation.value),
        configurable: true,
      });
    case 'keys':
      return [Object.keys(event), Object.getOwnPropertySymbols(event).length];
    case 'entries':
      return Object.entries(event);
    case 'spread':
      return { ...event };
    case 'sort':
      for (const name of Object.keys(event).sort()) {
        const held = event[name];
        delete event[name];
        event[name] = held;
      }
      return undefined;
    case 'text':
      return JSON.stringify(event);
    case 'round trip':
      // Not the event itself: without a prototype, a lazy one prints as an object of another name.
      return Object.keys(Object.assign(event, JSON.parse(JSON.stringify(event))));
    case 'freeze':
      return Object.isFrozen(Object.freeze(event));
    case 'getter':
      Object.defineProperty(event, 'got', { get: () => 'by a getter', enumerable: true, configurable: true });
      return event['got'];
    case 'toJSON':
      event['toJSON'] = () => ({ spoken: true });
      return undefined;
    case 'symbol':
      (event as Record<symbol, unknown>)[MARK] = 1;
      return (event as Record<symbol, unknown>)[MARK];
    case 'route':
      return routeTo(event, 'audit') === event;
    case 'prototype':
      return [Object.getPrototypeOf(event) === Object.prototype, event instanceof Object, typeof event];
    case 'structuredClone':
      return structuredClone(event);
    case 'postMessage': {
      const { port1, port2 } = new MessageChannel();
      try {
        port1.postMessage(event);
        return 'posted';
      } finally {
        port1.close();
        port2.close();
      }
    }
    case 'v8':
      return deserialize(serialize(event));
    case 'inspect':
      return inspect(event, { showProxy: true });
    case 'equal':
      return [isDeepStrictEqual(event, { ...event }), isDeepStrictEqual({ ...event }, event)];
  }
}

function resultOf(event: Event, returns: Program['returns']): TransformResult {
  switch (returns) {
    case 'event':
      return event;
    case 'copy':
      return { ...event, copied: true };
    case 'clone':
      return structuredClone(event);
    case 'parsed':
      return JSON.parse(JSON.stringify(event)) as Event;
    case 'twice':
      return [event, event];
    case 'both':
      return [{ ...event, first: true }, event];
    case 'masked':
      return masked(event);
    case 'inside':
      return { inside: event, list: [event] };
    case 'nothing':
      return undefined;
    case 'dropped where it cannot be cloned':
      try {
        return structuredClone(event);
      } catch {
        return undefined;
      }
    case 'a number':
      return 7 as unknown as Event;
    case 'thrown':
      throw new RangeError('does not fit');
  }
}

/** A known pattern: a secret is hidden from every reader. */
export function masked(event: Event): Event {
  return new Proxy(event, {
    get: (target, name, receiver): unknown => (name === 'a' ? '***' : Reflect.get(target, name, receiver)),
  });
}

/** A change of one run's value must not be one of the other's. */
function own(any: unknown): unknown {
  return typeof any === 'object' && any !== null ? structuredClone(any) : any;
}
