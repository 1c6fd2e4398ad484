import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { DryRun } from '../../../src/commands/dry-run.ts';
import type { TransformFunction } from '../../../src/transform/api/api.ts';
import { batched } from '../../../src/transform/runtime/batched.ts';
import { Chain, type Step } from '../../../src/transform/runtime/chain.ts';
import { sourceRecord } from '../support/fakes.ts';

function step(run: TransformFunction, rest: Partial<Step> = {}): Step {
  return { name: 'mine', run, onError: 'dead_letter', timeoutMs: 1000, close: () => {}, ...rest };
}

function dryRun(steps: readonly Step[], diff = false): { dry: DryRun; output: string[]; said: string[] } {
  const [lines, said]: [string[], string[]] = [[], []];
  const output = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      lines.push(text);
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
  return { dry, output: lines, said };
}

async function takeAll(dry: DryRun, values: readonly string[]): Promise<void> {
  for (const [offset, value] of values.entries())
    await dry.run(sourceRecord({ offset, value: Buffer.from(value) }), `line ${offset + 1}`);
}

/** Merges each two events of a host into one. */
const pairs: Step = step((event) => event, {
  reduce: {
    key: (event) => (typeof event['host'] === 'string' ? event['host'] : undefined),
    starts: () => false,
    merge: (events) => ({ merged: events.map(({ n }) => n) }),
    maxEvents: 2,
    maxGapMs: 60_000,
  },
});

describe('of a large input finished records are not kept', () => {
  const counted = async (steps: readonly Step[], valueOf: (n: number) => string): Promise<number> => {
    const { dry } = dryRun(steps);
    let most = 0;
    for (let offset = 0; offset < 5000; offset++) {
      await dry.run(sourceRecord({ offset, value: Buffer.from(valueOf(offset)) }), `line ${offset + 1}`);
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

  it('except those that wait in an aggregation: one of each host here', async () => {
    expect(await counted([pairs], (n) => `{"n":${n},"host":"h${n % 7}"}`)).toBe(7);
  });

  it('and not the events of one record, whether some of them wait or not', async () => {
    const both = step((event) => [event, { n: event['n'], host: 'all' }]);
    expect(await counted([both, pairs], (n) => `{"n":${n}}`)).toBe(1);
  });
});

it('an event of several records is shown under the first, before the record that closed it', async () => {
  const { dry, output, said } = dryRun([
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
  expect(output).toEqual(['{"merged":[1,4]}\n', '{"n":5}\n']);
  expect(said).toEqual(['line 3: mine#2: does not fit']);
  expect(dry.counts).toEqual({ read: 5, out: 2, dropped: 0, failed: 1 });
});

it('a lazy transform gets lazy events, as in the aggregator, and fails on a clone as there', async () => {
  const { dry, output, said } = dryRun([step((event) => structuredClone(event), { lazy: true })]);
  await takeAll(dry, ['{"n":1}']);
  expect(output).toEqual([]);
  expect(said).toEqual([expect.stringContaining('could not be cloned')]);
});

it('numbers are shown with their literals, for lazy and other transforms', async () => {
  for (const lazy of [true, false]) {
    const { dry, output } = dryRun([
      step(
        (event) => {
          event['x'] = 1;
          return event;
        },
        { lazy },
      ),
    ]);
    await takeAll(dry, ['{"n":1.0,"id":9007199254740993}', '{"a": {"b":[1.50]}}', '{"a":1e400}', '{"a":2}']);
    expect(output).toEqual([
      '{"n":1.0,"id":9007199254740993,"x":1}\n',
      '{"a":{"b":[1.50]},"x":1}\n',
      '{"a":1e400,"x":1}\n',
      '{"a":2,"x":1}\n',
    ]);
  }
});

it('a record that becomes several events before a batch is one call', async () => {
  const sizes: number[] = [];
  const batch = batched({
    batch: (events) => {
      sizes.push(events.length);
      return [...events];
    },
  });
  const { dry, output } = dryRun([step(() => [{ n: 1 }, { n: 2 }, { n: 3 }]), step(batch)]);
  await takeAll(dry, ['{}']);
  expect(output).toEqual(['{"n":1}\n', '{"n":2}\n', '{"n":3}\n']);
  expect(sizes).toEqual([3]);
});
