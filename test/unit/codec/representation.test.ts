/** The result of a chain does not depend on eager or lazy parsing. */
import { readdirSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Event,
  type TransformDefinition,
  type TransformFunction,
  defineTransform,
  isTransformDefinition,
} from '../../../src/transform/api/api.ts';
import { testTransform } from '../../../src/transform/api/testing.ts';
import type { OnError } from '../../../src/transform/runtime/chain.ts';
import keep from '../../../transforms/keep.ts';
import parseJson from '../../../transforms/parse-json.ts';
import remove from '../../../transforms/remove.ts';
import rename from '../../../transforms/rename.ts';
import route from '../../../transforms/route.ts';
import set from '../../../transforms/set.ts';
import { settleDown } from '../support/fakes.ts';
import { PipelineLab } from '../support/pipeline-lab.ts';
import { bare } from '../support/set-up.ts';
import { type Program, lazyPrograms, masked, programs, transformOf } from '../support/programs.ts';

const builtInFiles = (folder: URL): string[] => readdirSync(folder).filter((name) => name.endsWith('.ts'));

interface LabStep {
  readonly run: TransformFunction;
  readonly onError: OnError;
  readonly lazy: boolean;
}

interface Seen {
  readonly sources: string[];
  readonly indices: string[];
  readonly deadLetters: unknown[];
  readonly counts: unknown;
  readonly errors: string[];
  readonly holds: string[];
}

/** The visible results of records after the whole pipeline. */
async function through(steps: readonly LabStep[], values: readonly string[]): Promise<Seen> {
  const lab = new PipelineLab({ steps });
  lab.own();
  lab.receive(values);
  await settleDown();
  return {
    // Asynchronous records may end in another order than they arrived in.
    sources: lab.documents.map(({ settlement, source }) => `${settlement.offset} ${source}`).sort(),
    indices: lab.documents.map(({ settlement, index }) => `${settlement.offset} ${index}`).sort(),
    deadLetters: lab.deadLetters.map(({ settlement, why }) => [settlement.offset, why]),
    counts: { ...lab.counts, outputs: lab.outputs },
    errors: lab.errors,
    holds: lab.blockedRecords.list().map(({ reason, records }) => `${reason}: ${records}`),
  };
}

const builtIns: readonly { definition: unknown; options: object }[] = [
  { definition: set, options: { fields: { x: 1, 'nested.y': [2] }, overwrite: true } },
  { definition: rename, options: { fields: { a: 'c', 'nested.deep': 'b' } } },
  { definition: remove, options: { fields: ['b', 'nested.a'] } },
  { definition: parseJson, options: { field: 'message', overwrite: true, remove: true } },
  { definition: keep, options: { fields: ['a', 'nested.b', 'n', 'message'] } },
  { definition: route, options: { rules: [{ field: 'n', exists: true, index: 'with-{{n}}' }] } },
];

const member = fc.tuple(
  fc.constantFrom('a', 'b', 'message', 'nested', 'n', 'toString', 'toJSON', 'source_type'),
  fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom<unknown>({ a: 1, b: { c: [1, { d: 'x' }] } }, [1, 'é', null], '{"a":"inner","n":5}'),
    fc.jsonValue({ maxDepth: 2 }),
  ),
);
/** As JSON.stringify writes it; some events have non-canonical numbers, and are never lazy. */
const texts = fc
  .tuple(
    fc.uniqueArray(member, { selector: ([name]) => name, maxLength: 6 }),
    fc.constantFrom('', '', '', ',"lit":1.50', ',"lit":9007199254740993', ',"lit":1e400'),
  )
  .map(([members, literal]) => {
    const text = JSON.stringify({ ...Object.fromEntries(members), last: 0 });
    return `${text.slice(0, -1)}${literal}}`;
  });

const policies = fc.constantFrom<OnError>('dead_letter', 'dead_letter', 'drop', 'keep', 'hold');

/** A step of a random chain: a built-in, or a program. */
type Part = { builtIn: number } | { program: Program };
const builtIn = fc.record({ builtIn: fc.nat(builtIns.length - 1) });
const chains = (made: fc.Arbitrary<Program>): fc.Arbitrary<readonly [Part, OnError][]> =>
  fc.array(fc.tuple(fc.oneof(builtIn, fc.record({ program: made })), policies), {
    minLength: 1,
    maxLength: 4,
  });

async function stepsOf(
  parts: readonly [Part, OnError][],
  lazily: { builtIns: boolean; programs: boolean },
  see: (seen: unknown) => void,
): Promise<LabStep[]> {
  const steps: LabStep[] = [];
  for (const [part, onError] of parts) {
    if ('builtIn' in part) {
      const { definition, options } = builtIns[part.builtIn] as (typeof builtIns)[number];
      const { run } = await bare(definition as TransformDefinition, options);
      steps.push({ run, onError, lazy: lazily.builtIns });
    } else steps.push({ run: transformOf(part.program, see), onError, lazy: lazily.programs });
  }
  return steps;
}

describe('the output is the same to the byte with eager and lazy events', () => {
  it('with plain transforms before, between and after lazy ones', { timeout: 120_000 }, async () => {
    let lazyOnes = 0;
    await fc.assert(
      fc.asyncProperty(
        chains(programs),
        fc.array(texts, { minLength: 1, maxLength: 3 }),
        async (parts, values) => {
          const [seenLazily, seenAtOnce]: [unknown[], unknown[]] = [[], []];
          const lazily = await stepsOf(parts, { builtIns: true, programs: false }, (seen) =>
            seenLazily.push(seen),
          );
          const atOnce = await stepsOf(parts, { builtIns: false, programs: false }, (seen) =>
            seenAtOnce.push(seen),
          );
          if (lazily[0]?.lazy === true) lazyOnes++;
          expect(await through(lazily, values)).toEqual(await through(atOnce, values));
          expect(seenLazily).toEqual(seenAtOnce);
        },
      ),
      { numRuns: 500 },
    );
    expect(lazyOnes).toBeGreaterThan(100);
  });

  it('with any operations of transforms that ask for lazy events', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        chains(lazyPrograms),
        fc.array(texts, { minLength: 1, maxLength: 3 }),
        async (parts, values) => {
          const [seenLazily, seenAtOnce]: [unknown[], unknown[]] = [[], []];
          const lazily = await stepsOf(parts, { builtIns: true, programs: true }, (seen) =>
            seenLazily.push(seen),
          );
          const atOnce = await stepsOf(parts, { builtIns: false, programs: false }, (seen) =>
            seenAtOnce.push(seen),
          );
          // The message for a frozen object differs for a Proxy.
          const [one, other] = [await through(lazily, values), await through(atOnce, values)];
          expect(withoutMessages(one)).toEqual(withoutMessages(other));
          expect(seenLazily).toEqual(seenAtOnce);
        },
      ),
      { numRuns: 500 },
    );
  });
});

function withoutMessages(seen: Seen): unknown {
  return { ...seen, deadLetters: seen.deadLetters.length, errors: seen.errors.length };
}

it('built-ins that do not read all fields of every event accept lazy events', async () => {
  const folder = new URL('../../../transforms/', import.meta.url);
  const plain: string[] = [];
  for (const file of builtInFiles(folder)) {
    const { default: definition } = (await import(new URL(file, folder).href)) as {
      default: TransformDefinition;
    };
    if (definition.lazy !== true) plain.push(file);
  }
  expect(plain).toEqual(['ecs.ts', 'limit-fields.ts', 'reduce.ts', 'unflatten.ts']);
});

describe('each built-in, before a plain transform that clones its event', () => {
  const folder = new URL('../../../transforms/', import.meta.url);
  it.each(builtInFiles(folder))('%s', async (file) => {
    const { default: definition } = (await import(new URL(file, folder).href)) as { default: unknown };
    if (!isTransformDefinition(definition)) throw new Error(`${file} is no transform`);
    for (const { with: given = {}, input } of definition.examples ?? []) {
      const values = input.map((event) => JSON.stringify(event));
      const steps = async (lazy: boolean): Promise<LabStep[]> => {
        const made = await bare(definition, given);
        const builtInStep = { ...made, onError: 'dead_letter' as const, lazy: lazy && made.lazy === true };
        return [builtInStep, { run: (event) => structuredClone(event), onError: 'drop', lazy: false }];
      };
      const seen = await through(await steps(true), values);
      expect(seen.errors).toEqual([]);
      expect(seen).toEqual(await through(await steps(false), values));
    }
  });
});

describe('a plain transform receives events as JSON.parse makes them, also with non-canonical numbers', () => {
  const clonedOrDropped: TransformFunction = (event) => {
    try {
      return structuredClone(event);
    } catch {
      return undefined;
    }
  };
  const values = ['{"a":1}', '{"a":1.0}', '{"a":12345678901234567890}', '{"a":"1"}'];

  it.each([false, true])('a clone never fails (after a lazy transform: %s)', async (isLast) => {
    const first = { run: (event: Event) => event, onError: 'hold', lazy: true } as const;
    const mine = { run: clonedOrDropped, onError: 'dead_letter', lazy: false } as const;
    const seen = await through(isLast ? [first, mine] : [mine], values);
    expect(seen.counts).toMatchObject({ dropped: 0, outputs: values.length });
    expect(seen.errors).toEqual([]);
  });

  it.each([
    ['{"a":"s3cr3t","b":1}', '0 {"a":"***","b":1}'],
    ['{"a":"s3cr3t","b":1.0}', '0 {"a":"***","b":1.0}'],
    ['{"b":{"a":"open"},"a":7}', '0 {"b":{"a":"open"},"a":"***"}'],
  ])("a transform's own Proxy is sent: %s", async (value, sent) => {
    for (const lazy of [false, true]) {
      const seen = await through([{ run: masked, onError: 'dead_letter', lazy }], [value]);
      expect(seen.sources).toEqual([sent]);
    }
  });
});

describe('testTransform passes the same events as the aggregator', () => {
  it.each([true, false])('lazy: %s', async (lazy) => {
    const clones = defineTransform({ lazy, setup: () => (event) => structuredClone(event) });
    const { run } = await bare(clones, {});
    const inPipeline = await through([{ run, onError: 'dead_letter', lazy }], ['{"a":1}']);
    const inTest = await (await testTransform(clones))({ a: 1 }).catch((error: Error) => error.message);
    expect(inTest).toEqual(lazy ? expect.stringContaining('could not be cloned') : [{ a: 1 }]);
    expect(inPipeline.errors).toEqual(
      lazy ? [expect.stringMatching(/^step-0 \(dead_letter\): #<LazyObject> could not be cloned/)] : [],
    );
  });
});
