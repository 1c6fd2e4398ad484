import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { DryRun } from '../../../src/commands/dry-run.ts';
import type { TransformFunction } from '../../../src/transform/api.ts';
import { batched } from '../../../src/transform/batched.ts';
import { Chain, type Step } from '../../../src/transform/chain.ts';
import { sourceRecord } from '../support/fakes.ts';

function step(run: TransformFunction, rest: Partial<Step> = {}): Step {
  return { name: 'mine', run, onError: 'dead_letter', timeoutMs: 1000, close: () => {}, ...rest };
}

function dryRun(steps: readonly Step[], diff = false): { dry: DryRun; written: string[]; said: string[] } {
  const [written, said]: [string[], string[]] = [[], []];
  const output = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      written.push(text);
      done();
    },
  });
  const dry: DryRun = new DryRun(
    new Chain(steps, (name, _policy, { message }) => dry.say(`${name}: ${message}`)),
    'json',
    {
      output,
      say: (text) => void said.push(text),
      diff,
    },
  );
  return { dry, written, said };
}

async function takeAll(dry: DryRun, values: readonly string[]): Promise<void> {
  for (const [offset, value] of values.entries())
    await dry.take(sourceRecord({ offset, value: Buffer.from(value) }), `line ${offset + 1}`);
}

/** Makes one event of each two of a host. */
const pairs: Step = step((event) => event, {
  reduce: {
    key: (event) => (typeof event['host'] === 'string' ? event['host'] : undefined),
    begins: () => false,
    merge: (events) => ({ merged: events.map(({ n }) => n) }),
    maxEvents: 2,
    maxGapMs: 60_000,
  },
});

describe('of a large input nothing is kept that is through', () => {
  const counted = async (steps: readonly Step[], valueOf: (n: number) => string): Promise<number> => {
    const { dry } = dryRun(steps);
    let most = 0;
    for (let offset = 0; offset < 5000; offset++) {
      await dry.take(sourceRecord({ offset, value: Buffer.from(valueOf(offset)) }), `line ${offset + 1}`);
      most = Math.max(most, dry.open);
    }
    await dry.end();
    expect(dry.open).toBe(0);
    expect(dry.counts.read).toBe(5000);
    return most;
  };

  it.each<[string, readonly Step[]]>([
    ['without transforms', []],
    ['with one', [step((event) => ({ ...event, seen: true }))]],
    ['with a lazy one', [step((event) => event, { lazy: true })]],
    ['with one that drops', [step(() => undefined)]],
    ['with one that makes several of one', [step((event) => [event, { ...event }])]],
    [
      'with one that fails',
      [
        step(() => {
          throw new Error('no');
        }),
      ],
    ],
    ['with an asynchronous one', [step(async (event) => Promise.resolve(event))]],
  ])('%s', async (_name, steps) => {
    expect(await counted(steps, (n) => (n % 100 === 0 ? 'no json' : `{"n":${n}}`))).toBe(0);
  });

  it('but what waits for others: one of each host here', async () => {
    expect(await counted([pairs], (n) => `{"n":${n},"host":"h${n % 7}"}`)).toBe(7);
  });

  it('and of what one record became, whether some of it waits or not', async () => {
    const both = step((event) => [event, { n: event['n'], host: 'all' }]);
    expect(await counted([both, pairs], (n) => `{"n":${n}}`)).toBe(1);
  });
});

it('events that several records were made of are shown under the first, before what closed them', async () => {
  const { dry, written, said } = dryRun([
    pairs,
    step((event) => {
      if (JSON.stringify(event) === '{"merged":[2,3]}') throw new Error('does not fit');
      return event;
    }),
  ]);
  await takeAll(dry, [
    '{"n":1,"host":"a"}',
    '{"n":2,"host":"b"}',
    '{"n":3,"host":"b"}',
    '{"n":4,"host":"a"}',
    '{"n":5}',
  ]);
  await dry.end();
  expect(written).toEqual(['{"merged":[1,4]}\n', '{"n":5}\n']);
  expect(said).toEqual(['line 3: mine: does not fit']);
  expect(dry.counts).toEqual({ read: 5, out: 2, dropped: 0, failed: 1 });
});

it('a lazy transform is given lazy events, as in the aggregator, and fails on a clone as it would there', async () => {
  const { dry, written, said } = dryRun([step((event) => structuredClone(event), { lazy: true })]);
  await takeAll(dry, ['{"n":1}']);
  expect(written).toEqual([]);
  expect(said).toEqual([expect.stringContaining('could not be cloned')]);
});

it('numbers are shown as they were written, whether the transform is lazy or not', async () => {
  for (const lazy of [true, false]) {
    const { dry, written } = dryRun([
      step(
        (event) => {
          event['x'] = 1;
          return event;
        },
        { lazy },
      ),
    ]);
    await takeAll(dry, ['{"n":1.0,"id":9007199254740993}', '{"a": {"b":[1.50]}}', '{"a":1e400}', '{"a":2}']);
    expect(written).toEqual([
      '{"n":1.0,"id":9007199254740993,"x":1}\n',
      '{"a":{"b":[1.50]},"x":1}\n',
      '{"a":1e400,"x":1}\n',
      '{"a":2,"x":1}\n',
    ]);
  }
});

it('a record that becomes several before a batch is one call', async () => {
  const sizes: number[] = [];
  const batch = batched({
    batch: (events) => {
      sizes.push(events.length);
      return [...events];
    },
  });
  const { dry, written } = dryRun([step(() => [{ n: 1 }, { n: 2 }, { n: 3 }]), step(batch)]);
  await takeAll(dry, ['{}']);
  expect(written).toEqual(['{"n":1}\n', '{"n":2}\n', '{"n":3}\n']);
  expect(sizes).toEqual([3]);
});
