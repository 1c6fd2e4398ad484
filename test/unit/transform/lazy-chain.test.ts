import { serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../src/codec/decode.ts';
import { lazyOf } from '../../../src/codec/lazy-event.ts';
import type { Event, TransformFunction } from '../../../src/transform/api.ts';
import { Chain, type ChainResult, type OnError } from '../../../src/transform/chain.ts';
import { LazyChain } from '../../../src/transform/lazy-chain.ts';
import { sourceRecord } from '../support/fakes.ts';

function lazyChain(run: TransformFunction, onError: OnError = 'dead_letter', reduces = false): LazyChain {
  const reduce = { key: () => undefined, begins: () => false, merge: () => ({}), maxEvents: 2, maxGapMs: 1 };
  const step = {
    name: 'mine',
    run,
    onError,
    timeoutMs: 1000,
    close: () => {},
    ...(reduces ? { reduce } : {}),
  };
  return new LazyChain(new Chain([step], () => {}));
}

/** One record's event through the chain. Tells what came out, and whether what went in was lazy. */
async function through(chain: LazyChain, text = '{"n":1}'): Promise<ChainResult & { isLazy: boolean }> {
  const decoded = decode(Buffer.from(text), 'json', chain.isLazy);
  if (decoded.kind !== 'event') throw new Error(decoded.message);
  const exact = decoded.event();
  const result = await chain.run(decoded, exact, sourceRecord());
  return { ...result, isLazy: lazyOf(exact.value as Event) !== undefined };
}

const sets: TransformFunction = (event) => {
  event['set'] = 1;
  return event;
};
const copies: TransformFunction = (event) => ({ ...event, set: 1 });

describe('events are parsed at once', () => {
  it.each<[string, LazyChain, boolean]>([
    ['not for a transform that sets a field', lazyChain(sets), true],
    ['not where errors are held', lazyChain(sets, 'hold'), true],
    ['where an event is kept as it was', lazyChain(sets, 'keep'), false],
    ['where nobody would hear of an error', lazyChain(sets, 'drop'), false],
    ['where events wait for others', lazyChain(sets, 'dead_letter', true), false],
  ])('%s', async (_name, chain, lazily) => {
    expect((await through(chain)).isLazy).toBe(lazily);
  });

  it('for a hundred thousand events, once a transform has copied most of 256; then it is tried again', async () => {
    const chain = lazyChain(copies);
    for (let at = 0; at < 256; at++) expect((await through(chain)).isLazy).toBe(true);
    for (let at = 0; at < 100_000; at++) {
      const { isLazy, events } = await through(chain);
      if (isLazy || events[0]?.['n'] !== 1) throw new Error(`lazy, ${at} events later`);
    }
    expect((await through(chain)).isLazy).toBe(true);
  });

  it('not for one that copies every fourth', async () => {
    let at = 0;
    const chain = lazyChain((event, record) =>
      at++ % 4 === 0 ? copies(event, record) : sets(event, record),
    );
    for (let event = 0; event < 1000; event++) expect((await through(chain)).isLazy).toBe(true);
  });
});

describe('what clones an event gets it parsed, and never a failure', () => {
  const clones: [string, TransformFunction][] = [
    ['structuredClone', (event) => ({ clone: structuredClone(event) })],
    ['in something else', (event) => ({ clone: structuredClone({ event }).event })],
    [
      'postMessage',
      (event) => {
        const { port1, port2 } = new MessageChannel();
        try {
          port1.postMessage(event);
        } finally {
          port1.close();
          port2.close();
        }
        return { clone: { ...event } };
      },
    ],
    ['v8.serialize', (event) => ({ clone: event, length: serialize(event).length })],
    [
      'an error of its own around it',
      (event) => {
        try {
          return { clone: structuredClone(event) };
        } catch (cause) {
          throw new Error('cannot go on', { cause });
        }
      },
    ],
    [
      'asynchronously',
      async (event) => {
        await Promise.resolve();
        return { clone: structuredClone(event) };
      },
    ],
  ];
  it.each(clones)('%s', async (_name, run) => {
    const chain = lazyChain(run);
    const first = await through(chain, '{"n":1,"o":{"p":[2]}}');
    expect(first.isLazy).toBe(true);
    expect(first.failures).toEqual([]);
    expect(first.events).toMatchObject([{ clone: { n: 1, o: { p: [2] } } }]);
    // The chain has learnt it.
    const second = await through(chain);
    expect(second.isLazy).toBe(false);
    expect(second.failures).toEqual([]);
    expect(second.events).toMatchObject([{ clone: { n: 1 } }]);
  });

  it('what can be cloned in no way fails as it does otherwise, and once more for nobody', async () => {
    let runs = 0;
    const chain = lazyChain((event) => {
      runs++;
      return { ...event, clone: structuredClone(() => 1) };
    });
    expect((await through(chain)).failures).toMatchObject([{ error: { name: 'DataCloneError' } }]);
    expect(runs).toBe(2);
    expect((await through(chain)).failures).toMatchObject([{ error: { name: 'DataCloneError' } }]);
    expect(runs).toBe(3);
  });

  it('another error is one at once', async () => {
    let runs = 0;
    const chain = lazyChain(() => {
      runs++;
      throw new Error('no');
    });
    expect((await through(chain)).failures).toMatchObject([{ error: { message: 'no' } }]);
    expect(runs).toBe(1);
    expect((await through(chain)).isLazy).toBe(true);
  });
});
