import { setImmediate as turn } from 'node:timers/promises';
import { inspect, isDeepStrictEqual, types } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../src/codec/decode.ts';
import { LazyEvent } from '../../../src/codec/lazy-event.ts';
import type { Event, TransformFunction } from '../../../src/transform/api.ts';
import { Chain, type ChainResult, type OnError, type Step } from '../../../src/transform/chain.ts';
import { LazyChain } from '../../../src/transform/lazy-chain.ts';
import { sourceRecord } from '../support/fakes.ts';
import { masked } from '../support/programs.ts';

const RECORD = sourceRecord();

function step(run: TransformFunction, lazy = false, onError: OnError = 'dead_letter'): Step {
  return { name: 'mine', run, lazy, onError, timeoutMs: 1000, close: () => {} };
}

/** One that has asked for lazy events. */
function lazily(run: TransformFunction, onError: OnError = 'dead_letter'): Step {
  return step(run, true, onError);
}

function lazyChain(...steps: Step[]): LazyChain {
  return new LazyChain(new Chain(steps, () => {}));
}

/** One record's event through the chain. Tells what came out, and whether what went in was lazy. */
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
const reduce = { key: () => undefined, begins: () => false, merge: () => ({}), maxEvents: 2, maxGapMs: 1 };

describe('the first transform says whether events are lazy', () => {
  it.each<[string, LazyChain, boolean]>([
    ['they are, where it has asked for them', lazyChain(lazily(sets), step(sets)), true],
    ['they are not, where it has not', lazyChain(step(sets), lazily(sets)), false],
    ['they are, where its errors are held', lazyChain(lazily(sets, 'hold')), true],
    ['they are, where its errors are dropped', lazyChain(lazily(sets, 'drop')), true],
    ['they are not, where an event is kept as it was', lazyChain(lazily(sets, 'keep')), false],
    ['they are not, where events wait for others', lazyChain({ ...lazily(sets), reduce }), false],
    ['they are, where there is none', lazyChain(), true],
  ])('%s', async (_name, chain, expected) => {
    expect((await through(chain)).isLazy).toBe(expected);
  });
});

describe('events are parsed at once', () => {
  it('for a hundred thousand events, once a transform has copied most of 256; then it is tried again', async () => {
    const chain = lazyChain(lazily(copies));
    for (let at = 0; at < 256; at++) expect((await through(chain)).isLazy).toBe(true);
    for (let at = 0; at < 100_000; at++) {
      const { isLazy, events } = await through(chain);
      if (isLazy || events[0]?.['n'] !== 1) throw new Error(`lazy, ${at} events later`);
    }
    expect((await through(chain)).isLazy).toBe(true);
  });

  it('where a plain transform that follows needs them parsed in any case', async () => {
    const chain = lazyChain(lazily(sets), step(sets));
    for (let at = 0; at < 256; at++) expect((await through(chain)).isLazy).toBe(true);
    expect((await through(chain)).isLazy).toBe(false);
  });

  it('not where most are dropped before a plain transform sees them', async () => {
    const chain = lazyChain(
      lazily((event) => (event['n'] === 1 ? undefined : event)),
      step(sets),
    );
    for (let at = 0; at < 600; at++) {
      const { isLazy } = await through(chain, at % 8 === 0 ? '{"n":2}' : '{"n":1}');
      expect(isLazy).toBe(true);
    }
  });

  it('not for one that copies every fourth', async () => {
    let at = 0;
    const chain = lazyChain(
      lazily((event, record) => (at++ % 4 === 0 ? copies(event, record) : sets(event, record))),
    );
    for (let event = 0; event < 1000; event++) expect((await through(chain)).isLazy).toBe(true);
  });
});

/** What works on a plain object, and does not on a Proxy. */
const plainOnly: [string, (event: Event) => unknown, unknown][] = [
  ['structuredClone', (event) => structuredClone(event), { n: 1, o: { p: [2] }, set: 1 }],
  [
    'structuredClone of something around it',
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
  'a transform that has not asked for lazy events is given a plain object: %s',
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
      ['behind one that has', [lazily(sets), step(looks)]],
      ['behind several that have', [lazily(copies), lazily(sets), step(looks)]],
      [
        'behind one that is asynchronous',
        [lazily(async (event, record) => sets(event, record)), step(looks)],
      ],
      ['asynchronously', [lazily(sets), step(late)]],
      [
        'behind one that gives the event twice',
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

it('one event that was given twice is one object behind the next transform too', async () => {
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

it('what lazy transforms have changed is there when the event is made plain, in its place', async () => {
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

describe('a transform that has asked for lazy events', () => {
  it('fails loudly where it clones one all the same, each time', async () => {
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

  it('may return a Proxy of its own around one, which is honoured', async () => {
    const chain = lazyChain(lazily((event) => masked(event)));
    const { events } = await through(chain, '{"a":"s3cr3t","b":2}');
    expect(JSON.stringify(events)).toBe('[{"a":"***","b":2}]');
  });
});
