import { setImmediate as turn } from 'node:timers/promises';
import { inspect, isDeepStrictEqual, types } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../../src/codec/decode.ts';
import { LazyEvent } from '../../../../src/codec/lazy-event.ts';
import type { Event, TransformFunction } from '../../../../src/transform/api/api.ts';
import { Chain, type ChainResult, type OnError, type Step } from '../../../../src/transform/runtime/chain.ts';
import { LazyChain } from '../../../../src/transform/runtime/lazy-chain.ts';
import { sourceRecord } from '../../support/fakes.ts';
import { masked } from '../../support/programs.ts';

const RECORD = sourceRecord();

function step(run: TransformFunction, lazy = false, onError: OnError = 'dead_letter'): Step {
  return { name: 'mine', run, lazy, onError, timeoutMs: 1000, close: () => {} };
}

/** A transform that asks for lazy events. */
function lazily(run: TransformFunction, onError: OnError = 'dead_letter'): Step {
  return step(run, true, onError);
}

function lazyChain(...steps: Step[]): LazyChain {
  return new LazyChain(new Chain(steps, () => {}));
}

/** Runs one record's event through the chain. Returns the output, and whether the input was lazy. */
async function through(chain: LazyChain, text = '{"n":1}'): Promise<ChainResult & { isLazy: boolean }> {
  const decoded = decode(Buffer.from(text), 'json', chain.isLazy);
  if (decoded.kind !== 'event') throw new Error(decoded.message);
  const exact = decoded.event();
  const result = await chain.run(exact, RECORD);
  return { ...result, isLazy: exact instanceof LazyEvent };
}

const sets: TransformFunction = (event) => {
  event['set'] = 1;
  return event;
};
const copies: TransformFunction = (event) => ({ ...event, set: 1 });
const reduce = { key: () => undefined, starts: () => false, merge: () => ({}), maxEvents: 2, maxGapMs: 1 };

describe('the first transform decides whether events are lazy', () => {
  it.each<[string, LazyChain, boolean]>([
    ['lazy, if it asks for them', lazyChain(lazily(sets), step(sets)), true],
    ['plain, if it does not ask for them', lazyChain(step(sets), lazily(sets)), false],
    ['lazy, with on_error: hold', lazyChain(lazily(sets, 'hold')), true],
    ['lazy, with on_error: drop', lazyChain(lazily(sets, 'drop')), true],
    ['plain, with on_error: keep', lazyChain(lazily(sets, 'keep')), false],
    ['plain, if it aggregates events', lazyChain({ ...lazily(sets), reduce }), false],
    ['lazy, without transforms', lazyChain(), true],
  ])('%s', async (_name, chain, expected) => {
    expect((await through(chain)).isLazy).toBe(expected);
  });
});

describe('events are parsed eagerly', () => {
  it('for a hundred thousand events after a transform has copied most of 256, then lazy ones are tried again', async () => {
    const chain = lazyChain(lazily(copies));
    for (let at = 0; at < 256; at++) expect((await through(chain)).isLazy).toBe(true);
    for (let at = 0; at < 100_000; at++) {
      const { isLazy, events } = await through(chain);
      if (isLazy || events[0]?.['n'] !== 1) throw new Error(`lazy, ${at} events later`);
    }
    expect((await through(chain)).isLazy).toBe(true);
  });

  it('if a following plain transform needs parsed events anyway', async () => {
    const chain = lazyChain(lazily(sets), step(sets));
    for (let at = 0; at < 256; at++) expect((await through(chain)).isLazy).toBe(true);
    expect((await through(chain)).isLazy).toBe(false);
  });

  it('but not if most are dropped before a plain transform', async () => {
    const chain = lazyChain(
      lazily((event) => (event['n'] === 1 ? undefined : event)),
      step(sets),
    );
    for (let at = 0; at < 600; at++) {
      const { isLazy } = await through(chain, at % 8 === 0 ? '{"n":2}' : '{"n":1}');
      expect(isLazy).toBe(true);
    }
  });

  it('but not for a transform that copies every fourth event', async () => {
    let at = 0;
    const chain = lazyChain(
      lazily((event, record) => (at++ % 4 === 0 ? copies(event, record) : sets(event, record))),
    );
    for (let event = 0; event < 1000; event++) expect((await through(chain)).isLazy).toBe(true);
  });
});

/** Operations that work on a plain object, but not on a Proxy. */
const plainOnly: [string, (event: Event) => unknown, unknown][] = [
  ['structuredClone', (event) => structuredClone(event), { n: 1, o: { p: [2] }, set: 1 }],
  [
    'structuredClone of an object that contains it',
    (event) => structuredClone([event]),
    [{ n: 1, o: { p: [2] }, set: 1 }],
  ],
  ['v8.serialize', (event) => deserialize(serialize(event)) as unknown, { n: 1, o: { p: [2] }, set: 1 }],
  ['util.inspect', (event) => inspect(event, { showProxy: true }), '{ n: 1, o: { p: [ 2 ] }, set: 1 }'],
  ['util.types.isProxy', (event) => types.isProxy(event), false],
  ['its prototype', (event) => Object.getPrototypeOf(event) === Object.prototype, true],
  ['isDeepStrictEqual', (event) => isDeepStrictEqual(event, { n: 1, o: { p: [2] }, set: 1 }), true],
  ['Object.freeze', (event) => Object.isFrozen(Object.freeze(event)), true],
  [
    'postMessage',
    (event) => {
      const { port1, port2 } = new MessageChannel();
      try {
        return port1.postMessage(event);
      } finally {
        port1.close();
        port2.close();
      }
    },
    true,
  ],
];

describe.each(plainOnly)(
  'a transform that does not ask for lazy events receives a plain object: %s',
  (_name, look, seen) => {
    const looked: unknown[] = [];
    const looks: TransformFunction = (event) => {
      looked.push(look(event));
      return event;
    };
    const late: TransformFunction = async (event, record) => {
      await turn();
      return looks(event, record);
    };
    it.each<[string, Step[]]>([
      ['after a lazy transform', [lazily(sets), step(looks)]],
      ['after several lazy transforms', [lazily(copies), lazily(sets), step(looks)]],
      [
        'after an asynchronous transform',
        [lazily(async (event, record) => sets(event, record)), step(looks)],
      ],
      ['asynchronously', [lazily(sets), step(late)]],
      [
        'after a transform that returns the event twice',
        [
          lazily((event, record) => [sets(event, record), event].flat() as Event[]),
          step((event) => event),
          step(looks),
        ],
      ],
      ['first, and before one that has', [step(sets), step(looks), lazily((event) => event)]],
      ['with on_error keep', [lazily(sets), lazily(looks, 'keep')]],
    ])('%s', async (_where, steps) => {
      looked.length = 0;
      const { failures } = await through(lazyChain(...steps), '{"n":1,"o":{"p":[2]}}');
      expect(failures).toEqual([]);
      expect(looked).toEqual(looked.map(() => seen));
      expect(looked.length).toBeGreaterThan(0);
    });
  },
);

it('an event that is returned twice stays one object after the next transform', async () => {
  const { events } = await through(
    lazyChain(
      lazily((event) => [event, event]),
      step((event) => event),
    ),
  );
  expect(events).toHaveLength(2);
  expect(events[0]).toBe(events[1]);
  expect(types.isProxy(events[0])).toBe(false);
});

it('the changes of lazy transforms are kept, in position, when the event is materialised', async () => {
  const chain = lazyChain(
    lazily((event) => {
      event['b'] = { new: true };
      delete event['c'];
      (event['d'] as Event)['e'] = 2;
      event['f'] = undefined;
      return event;
    }),
    step((event) => ({ seen: Object.entries(event) })),
  );
  const { events } = await through(chain, '{"a":1,"b":2,"c":3,"d":{"e":1}}');
  expect(events).toEqual([
    {
      seen: [
        ['a', 1],
        ['b', { new: true }],
        ['d', { e: 2 }],
        ['f', undefined],
      ],
    },
  ]);
});

describe('a transform that asks for lazy events', () => {
  it('fails each time that it clones one', async () => {
    let runs = 0;
    const chain = lazyChain(
      lazily((event) => {
        runs++;
        return structuredClone(event);
      }),
    );
    for (let at = 1; at <= 3; at++) {
      expect((await through(chain)).failures).toMatchObject([{ error: { name: 'DataCloneError' } }]);
      expect(runs).toBe(at);
    }
  });

  it('may return its own Proxy around one, which is used', async () => {
    const chain = lazyChain(lazily((event) => masked(event)));
    const { events } = await through(chain, '{"a":"s3cr3t","b":2}');
    expect(JSON.stringify(events)).toBe('[{"a":"***","b":2}]');
  });
});
