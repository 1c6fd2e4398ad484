import { describe, expect, it } from 'vitest';
import type { Event, RecordInfo, TransformFunction } from '../../../../src/transform/api/api.ts';
import { Chain, type ChainResult, type OnError, type Step } from '../../../../src/transform/runtime/chain.ts';
import { batched } from '../../../../src/transform/runtime/batched.ts';
import { cpuMs } from '../../../support/cpu.ts';
import { deferred, settleDown, sourceRecord } from '../../support/fakes.ts';

const RECORD: RecordInfo = sourceRecord();

interface Told {
  step: string;
  policy: OnError;
  message: string;
}

function step(run: unknown, onError: OnError = 'dead_letter', name = 'mine'): Step {
  return { name, run: run as TransformFunction, onError, timeoutMs: 1000, close: () => {} };
}

function chainOf(...steps: Step[]): { chain: Chain; reported: Told[] } {
  const reported: Told[] = [];
  const chain = new Chain(
    steps,
    (name, policy, { message }) => void reported.push({ step: name, policy, message }),
  );
  return { chain, reported };
}

type Outcome = Omit<ChainResult, 'waiting'>;

/** No aggregating transform: no event waits for others. */
function outcomeOf({ waiting, ...outcome }: ChainResult): Outcome {
  expect(waiting).toEqual([]);
  return outcome;
}

function runSync(chain: Chain, event: Event = { n: 1 }): Outcome {
  const result = chain.run(event, RECORD);
  if (result instanceof Promise) throw new Error('a promise, though nothing is asynchronous');
  return outcomeOf(result);
}

const fail = (): never => {
  throw new Error('does not fit');
};

it('reports the current transform and record to the watchdog, and the end of each call in all cases', async () => {
  const said: string[] = [];
  const { chain } = chainOf(
    step((event: Event) => event),
    step(async (event: Event) => event),
    step(fail, 'keep'),
  );
  chain.watch({
    enter: (at, { offset }) => void said.push(`${at}@${offset}`),
    leave: () => void said.push('left'),
  });
  await chain.run({}, RECORD);
  expect(said).toEqual(['0@0', '1@0', 'left', '2@0', 'left']);
});

describe('synchronous transforms', () => {
  it('create no promise, whatever they return or throw', () => {
    const events = [{}, [{}, {}], [], undefined, 7];
    for (const returned of events) {
      for (const policy of ['dead_letter', 'drop', 'keep', 'hold'] as const) {
        const { chain } = chainOf(
          step((event: Event) => [event, { ...event }], policy),
          step(() => returned, policy),
          step(fail, policy),
        );
        expect(chain.run({ n: 1 }, RECORD)).not.toBeInstanceOf(Promise);
      }
    }
  });

  it('are called in order, each with the result of the previous one', () => {
    const add = (letter: string) => step((event: Event) => ({ text: String(event['text']) + letter }));
    expect(runSync(chainOf(add('a'), add('b'), add('c')).chain, { text: '>' })).toEqual({
      events: [{ text: '>abc' }],
      failures: [],
    });
  });

  it('receive the record of the event', () => {
    const seen: RecordInfo[] = [];
    const { chain } = chainOf(
      step((event: Event, record: RecordInfo) => {
        seen.push(record);
        return event;
      }),
    );
    runSync(chain);
    expect(seen).toEqual([RECORD]);
  });

  it('may change the event in place', () => {
    const event: Event = { n: 1 };
    const { chain } = chainOf(
      step((given: Event) => {
        given['n'] = 2;
        return given;
      }),
    );
    expect(runSync(chain, event).events[0]).toBe(event);
    expect(event).toEqual({ n: 2 });
  });
});

it('a chain without transforms returns the same event', () => {
  const event = { n: 1 };
  expect(runSync(chainOf().chain, event).events[0]).toBe(event);
});

it.each([undefined, null, []])('%j drops the event, and later transforms are not called', (returned) => {
  let calls = 0;
  const { chain, reported } = chainOf(
    step(() => returned),
    step((event: Event) => {
      calls++;
      return event;
    }),
  );
  expect(runSync(chain)).toEqual({ events: [], failures: [] });
  expect(calls).toBe(0);
  expect(reported).toEqual([]);
});

describe('one event becomes several', () => {
  const split = step((event: Event) => [1, 2].map((half) => ({ path: `${String(event['path'])}.${half}` })));

  it('through several transforms, in order', () => {
    expect(runSync(chainOf(split, split).chain, { path: '' }).events).toEqual([
      { path: '.1.1' },
      { path: '.1.2' },
      { path: '.2.1' },
      { path: '.2.2' },
    ]);
  });

  it('some of which are dropped, and some fail', () => {
    const { chain } = chainOf(
      split,
      split,
      step((event: Event) => {
        if (event['path'] === '.1.2') fail();
        return event['path'] === '.2.1' ? undefined : event;
      }),
    );
    const { events, failures } = runSync(chain, { path: '' });
    expect(events).toEqual([{ path: '.1.1' }, { path: '.2.2' }]);
    expect(failures).toEqual([expect.objectContaining({ step: 'mine', policy: 'dead_letter' })]);
  });

  it('asynchronously, in the same order', async () => {
    const later = step(async ({ path }: Event) => {
      await Promise.resolve();
      return ['a', 'b'].map((copy) => ({ path: `${String(path)}.${copy}` }));
    });
    const { events } = await chainOf(split, later, split).chain.run({ path: '' }, RECORD);
    expect(events.map(({ path }) => path)).toEqual([
      '.1.a.1',
      '.1.a.2',
      '.1.b.1',
      '.1.b.2',
      '.2.a.1',
      '.2.a.2',
      '.2.b.1',
      '.2.b.2',
    ]);
  });
});

describe('asynchronous transforms', () => {
  it('are awaited before the next ones run', async () => {
    const gate = deferred<Event>();
    const { chain } = chainOf(
      step(() => gate.promise),
      step((event: Event) => ({ ...event, after: true })),
    );
    const pending = chain.run({ n: 1 }, RECORD);
    expect(pending).toBeInstanceOf(Promise);
    gate.resolve({ n: 2 });
    expect(outcomeOf(await pending)).toEqual({ events: [{ n: 2, after: true }], failures: [] });
  });

  it('start for all events of a record before one is awaited, and the output keeps their order', async () => {
    const gates = [deferred<Event>(), deferred<Event>(), deferred<Event>()];
    const seen: unknown[] = [];
    const { chain } = chainOf(
      step(() => [{ n: 0 }, { n: 1 }, { n: 2 }]),
      step(({ n }: Event) => {
        seen.push(n);
        return gates[Number(n)]?.promise;
      }),
      step((event: Event) => ({ ...event, after: true })),
    );
    const pending = chain.run({}, RECORD);
    expect(seen).toEqual([0, 1, 2]);
    for (const n of [2, 0, 1]) {
      gates[n]?.resolve({ n });
      await settleDown();
    }
    expect(outcomeOf(await pending)).toEqual({
      events: [0, 1, 2].map((n) => ({ n, after: true })),
      failures: [],
    });
  });

  it('may be asynchronous for some events, drop some, and make several of others', async () => {
    const { chain } = chainOf(
      step(() => [0, 1, 2, 3, 4, 5].map((n) => ({ n }))),
      step((event: Event) => {
        switch (event['n']) {
          case 0:
          case 5:
            return event;
          case 1:
            return Promise.resolve([{ n: 1.1 }, { n: 1.2 }]);
          case 2:
            return undefined;
          case 3:
            return Promise.resolve(undefined);
          default:
            return [{ n: 4.1 }, { n: 4.2 }];
        }
      }),
    );
    const { events } = await chain.run({}, RECORD);
    expect(events.map(({ n }) => n)).toEqual([0, 1.1, 1.2, 4.1, 4.2, 5]);
  });

  it('report failures in the order of the events, not of the time', async () => {
    const gate = deferred<Event>();
    const { chain, reported } = chainOf(
      step(() => [{ n: 1 }, { n: 2 }, { n: 3 }]),
      step((event: Event) => {
        if (event['n'] === 1) return gate.promise;
        if (event['n'] === 2) return fail();
        return Promise.reject(new Error('at once'));
      }),
    );
    const pending = chain.run({}, RECORD);
    await settleDown();
    gate.reject(new Error('late'));
    const { failures } = await pending;
    expect(failures.map(({ error }) => error.message)).toEqual(['late', 'does not fit', 'at once']);
    // As they come.
    expect(reported.map(({ message }) => message)).toEqual(['does not fit', 'at once', 'late']);
  });

  it('have one time limit per event, and a late one fails only its own event', async () => {
    const slow = step((event: Event) => (event['n'] === 2 ? new Promise(() => {}) : Promise.resolve(event)));
    const { chain, reported } = chainOf(
      step(() => [{ n: 1 }, { n: 2 }, { n: 3 }]),
      { ...slow, onError: 'keep', timeoutMs: 20 },
    );
    expect(outcomeOf(await chain.run({}, RECORD))).toEqual({
      events: [{ n: 1 }, { n: 2 }, { n: 3 }],
      failures: [],
    });
    expect(reported.map(({ message }) => message)).toEqual(['took longer than 20 ms']);
  });

  it('that process batches receive all events of a record in one call', async () => {
    const sizes: number[] = [];
    const batch = batched({
      batch: (events) => {
        sizes.push(events.length);
        return events.map((event) => ({ ...event, seen: true }));
      },
    });
    const split = step(() => Array.from({ length: 10 }, (_, n) => ({ n })));
    const { chain } = chainOf(split, step(batch), step(batch));
    const { events } = await chain.run({}, RECORD);
    expect(events).toEqual(Array.from({ length: 10 }, (_, n) => ({ n, seen: true })));
    expect(sizes).toEqual([10, 10]);
  });

  it('drop the event by resolving to undefined', async () => {
    const { chain } = chainOf(step(async () => undefined));
    expect(outcomeOf(await chain.run({}, RECORD))).toEqual({ events: [], failures: [] });
  });

  it('never make the promise of the chain reject', async () => {
    for (const policy of ['dead_letter', 'drop', 'keep', 'hold'] as const) {
      const { chain, reported } = chainOf(
        step(async () => [{ n: 1 }, { n: 2 }], policy),
        step(async (event: Event) => (event['n'] === 1 ? Promise.reject(new Error('late')) : fail()), policy),
        step(fail, policy),
      );
      const { events } = await chain.run({ n: 0 }, RECORD);
      expect(events).toHaveLength(policy === 'keep' ? 2 : 0);
      expect(reported.map(({ message }) => message)).toEqual(
        policy === 'keep'
          ? ['does not fit', 'late', 'does not fit', 'does not fit']
          : ['does not fit', 'late'],
      );
    }
  });

  it('that exceed their time limit fail, and their later result is ignored', async () => {
    const gate = deferred<Event>();
    const slow = { ...step(() => gate.promise, 'keep'), timeoutMs: 20 };
    const { chain, reported } = chainOf(slow);
    expect((await chain.run({ n: 1 }, RECORD)).events).toEqual([{ n: 1 }]);
    expect(reported.map(({ message }) => message)).toEqual(['took longer than 20 ms']);
    gate.resolve({ n: 2 });
    await settleDown();
  });

  it('keep a replaced chain open until they have ended', async () => {
    const gate = deferred<Event>();
    const closed: string[] = [];
    const slow = { ...step(() => gate.promise), close: () => void closed.push('slow') };
    const { chain } = chainOf(slow);
    const pending = chain.run({}, RECORD);
    const retired = chain.retire();
    await settleDown();
    expect(closed).toEqual([]);
    gate.resolve({ n: 2 });
    await pending;
    await retired;
    expect(closed).toEqual(['slow']);
  });

  it('may throw before they make a promise', async () => {
    const { chain } = chainOf(
      step(() => [{ n: 1 }, { n: 2 }]),
      step((event: Event) => (event['n'] === 1 ? Promise.resolve(event) : fail())),
    );
    const { events, failures } = await chain.run({}, RECORD);
    expect(events).toEqual([{ n: 1 }]);
    expect(failures).toHaveLength(1);
  });
});

it.each([
  ['an object without a prototype', Object.create(null)],
  ['one whose text is no function', { toString: 1 }],
  ['an error whose message is no text', Object.assign(new Error('x'), { message: { a: 1 } })],
  ['nothing', undefined],
])('a thrown value (%s) becomes an error with a message', (_name, thrown) => {
  const { chain } = chainOf(
    step(() => {
      throw thrown;
    }),
  );
  const { failures } = runSync(chain);
  expect(typeof failures[0]?.error.message).toBe('string');
});

it('a record that becomes many failing events takes linear time', async () => {
  const many = (count: number): Promise<number> => {
    const { chain } = chainOf(
      step(() => Array.from({ length: count }, (_, n) => ({ n }))),
      step(fail),
    );
    return cpuMs(() => expect(runSync(chain).failures).toHaveLength(count));
  };
  // 16 times as many events; quadratic time would be 256 times as long.
  expect(await many(32_000)).toBeLessThan(100 * Math.max(await many(2000), 5));
});

describe('on_error', () => {
  const broken = (policy: OnError): Step[] => [
    step(
      (event: Event) => {
        event['n'] = 'changed before it failed';
        (event['deep'] as Event)['list'] = [];
        return fail();
      },
      policy,
      'broken',
    ),
    step((event: Event) => ({ ...event, after: true })),
  ];
  const event = (): Event => ({ n: 1, deep: { list: [1, { a: 2 }] } });

  it.each(['dead_letter', 'hold'] as const)(
    '%s gives no event, and a failure that names the transform',
    (policy) => {
      const { chain, reported } = chainOf(...broken(policy));
      expect(runSync(chain, event())).toEqual({
        events: [],
        failures: [{ step: 'broken', policy, error: new Error('does not fit') }],
      });
      expect(reported).toEqual([{ step: 'broken', policy, message: 'does not fit' }]);
    },
  );

  it('drop returns neither event nor failure, and still reports the error', () => {
    const { chain, reported } = chainOf(...broken('drop'));
    expect(runSync(chain, event())).toEqual({ events: [], failures: [] });
    expect(reported).toEqual([{ step: 'broken', policy: 'drop', message: 'does not fit' }]);
  });

  it('keep continues with the original event, and still reports the error', () => {
    const { chain, reported } = chainOf(...broken('keep'));
    expect(runSync(chain, event())).toEqual({ events: [{ ...event(), after: true }], failures: [] });
    expect(reported).toEqual([{ step: 'broken', policy: 'keep', message: 'does not fit' }]);
  });

  it('keep continues with the original event if the transform fails asynchronously', async () => {
    const { chain } = chainOf(
      step(() => [event(), event()]),
      step(async (given: Event) => {
        given['n'] = 'changed';
        await Promise.resolve();
        (given['deep'] as Event)['list'] = 'changed';
        return fail();
      }, 'keep'),
    );
    expect(outcomeOf(await chain.run({}, RECORD))).toEqual({ events: [event(), event()], failures: [] });
  });

  it('keep preserves integers beyond 2^53 and non-canonical numbers', () => {
    const raw = (JSON as unknown as { rawJSON(text: string): object }).rawJSON('1e400');
    const { chain } = chainOf(step(fail, 'keep'));
    const [kept] = runSync(chain, { id: 9007199254740993n, raw, list: [raw] }).events;
    expect(kept).toEqual({ id: 9007199254740993n, raw, list: [raw] });
    expect((kept as Event)['raw']).toBe(raw);
  });

  it('keep preserves objects that are not plain, such as a date', () => {
    const date = new Date(0);
    const { chain } = chainOf(step(fail, 'keep'));
    expect(runSync(chain, { date, list: [date] }).events).toEqual([{ date, list: [date] }]);
  });

  it('keep dead-letters an event that cannot be copied', async () => {
    const cyclic: Event = {};
    cyclic['self'] = cyclic;
    const failure = expect.objectContaining({ step: 'mine', policy: 'dead_letter' }) as unknown;
    const { chain } = chainOf(step((same: Event) => same, 'keep'));
    expect(runSync(chain, cyclic)).toEqual({ events: [], failures: [failure] });
    const late = chainOf(
      step(() => [{ n: 1 }, cyclic, { n: 2 }]),
      step(async (same: Event) => same, 'keep'),
    );
    expect(outcomeOf(await late.chain.run({}, RECORD))).toEqual({
      events: [{ n: 1 }, { n: 2 }],
      failures: [failure],
    });
  });

  it('keep returns the same event without a failure', () => {
    const given = event();
    expect(runSync(chainOf(step((same: Event) => same, 'keep')).chain, given).events[0]).toBe(given);
  });

  it('concerns its own transform only', () => {
    const { chain } = chainOf(step(fail, 'keep', 'first'), step(fail, 'dead_letter', 'second'));
    expect(runSync(chain)).toMatchObject({ events: [], failures: [{ step: 'second' }] });
  });

  it.each<[string, unknown, string]>([
    ['text', 'just text', 'just text'],
    ['undefined', undefined, 'undefined'],
    ['an object', { code: 5 }, '[object Object]'],
  ])('handles every thrown value: %s', (_name, thrown, message) => {
    const { chain, reported } = chainOf(
      step(() => {
        // oxlint-disable-next-line typescript/only-throw-error -- that is what is tested
        throw thrown;
      }),
    );
    const [failure] = runSync(chain).failures;
    expect(failure?.error).toBeInstanceOf(Error);
    expect(reported[0]?.message).toBe(message);
  });
});

describe('a returned value that is not an event is an error of the transform', () => {
  class Custom {
    n = 1;
  }
  it.each<[string, unknown, RegExp]>([
    ['a number', 5, /a number/],
    ['text', 'text', /a string/],
    ['true', true, /a boolean/],
    ['a BigInt', 5n, /a bigint/],
    ['a function', () => {}, /a function/],
    ['a symbol', Symbol('s'), /a symbol/],
    ['a Map', new Map([['a', 1]]), /an instance of Map/],
    ['a Set', new Set(), /an instance of Set/],
    ['a Date', new Date(0), /an instance of Date/],
    ['a Buffer', Buffer.from('x'), /an instance of Buffer/],
    ['an instance of a class', new Custom(), /an instance of Custom/],
    ['an instance of something unknown', Object.create({ constructor: 5 }), /an unknown class/],
    ['an array with one bad element', [{ n: 1 }, 5, { n: 2 }], /a number/],
    ['an array with undefined', [{ n: 1 }, undefined], /a undefined/],
    ['an array with a hole', Object.assign([], { 1: { n: 1 } }), /a undefined/],
    ['an array with null', [null], /null/],
    ['an array in an array', [[{ n: 1 }]], /an instance of Array/],
  ])('%s', async (_name, returned, message) => {
    for (const run of [() => returned, async () => returned]) {
      const { chain, reported } = chainOf(step(run));
      const { events, failures } = await chain.run({ n: 1 }, RECORD);
      expect(events).toEqual([]);
      expect(failures).toHaveLength(1);
      expect(reported).toEqual([
        expect.objectContaining({ message: expect.stringMatching(message) as string }),
      ]);
      expect(failures[0]?.error.message).toMatch(/an event must be a plain object/);
    }
  });

  it('an object without a prototype is an event', () => {
    const bare = Object.assign(Object.create(null) as Event, { n: 1 });
    expect(runSync(chainOf(step(() => bare)).chain).events[0]).toBe(bare);
  });
});

describe('__proto__ and constructor in an event are data', () => {
  const hostile = (): Event =>
    JSON.parse(
      '{"__proto__":{"polluted":true,"deep":[{"__proto__":{"x":1}}]},"constructor":{"a":1}}',
    ) as Event;

  it.each(['dead_letter', 'keep'] as const)('with on_error %s', (policy) => {
    const { chain } = chainOf(
      step((event: Event) => event, policy),
      step((event: Event) => event, policy),
    );
    const [event] = runSync(chain, hostile()).events;
    expect(JSON.stringify(event)).toBe(JSON.stringify(hostile()));
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
    expect(({} as Event)['polluted']).toBeUndefined();
  });

  it('also in the copy of keep', () => {
    const { chain } = chainOf(step(fail, 'keep'));
    const [event] = runSync(chain, hostile()).events;
    expect(JSON.stringify(event)).toBe(JSON.stringify(hostile()));
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
    expect(event?.['polluted']).toBeUndefined();
  });
});

describe('close', () => {
  it('closes every transform, even if one of them fails', async () => {
    const closed: string[] = [];
    const closing = (name: string, close: () => void | Promise<void>): Step => ({
      ...step(fail),
      name,
      close,
    });
    const { chain } = chainOf(
      closing('throws', () => {
        closed.push('throws');
        throw new Error('no');
      }),
      closing('rejects', () => {
        closed.push('rejects');
        return Promise.reject(new Error('no'));
      }),
      closing('fine', async () => {
        await Promise.resolve();
        closed.push('fine');
      }),
    );
    await chain.close();
    expect(closed).toEqual(['throws', 'rejects', 'fine']);
  });
});
