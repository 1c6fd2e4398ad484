import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseExact, stringifyExact } from '../../../src/codec/exact-json.ts';
import { functionNames } from '../../../src/migrate/vrl/functions.ts';
import { randomNumbers } from './support/events.ts';
import { type Fields, canonical, compile } from './support/program.ts';

const PYTHON = fileURLToPath(new URL('../../../.cache/vrl/bin/python', import.meta.url));
const ENGINE = fileURLToPath(new URL('support/call-engine.py', import.meta.url));
/** For each function. */
const CALLS = Number(process.env['CALLS'] ?? 200);
const SEED = Number(process.env['SEED'] ?? 1);

/** Of a closure, of an enrichment that is not pure, or compared by the programs of engine.test.ts. */
const OTHERS = new Set(
  `assert del exists filter for_each get_env_var get_hostname log map_keys map_values now parse_groks
   random_int unnest uuid_v4`.split(/\s+/),
);

interface Call {
  readonly call: string;
  readonly event: Fields;
}

/** What the engine says about a call; without a source it does not compile. */
interface Outcome {
  readonly source?: string;
  readonly value?: unknown;
  readonly error?: string | null;
  /** The engine has ended the program. */
  readonly failed?: string;
}

const linesOf = (name: string): string[] =>
  readFileSync(new URL(`support/${name}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
const pools = new Map(
  linesOf('arguments.txt').map((line) => {
    const end = line.indexOf(': ');
    return [line.slice(0, end), line.slice(end + 2).split(' ¦ ')] as const;
  }),
);
const signatures = linesOf('calls.txt').map((line) => {
  const [, name = '', args = ''] = /^(\w+)\((.*)\)$/.exec(line) ?? [];
  return { name, parameters: args.split(', ') };
});

it('there are calls of every function', () => {
  const named = new Set(signatures.map(({ name }) => name));
  expect(functionNames().filter((name) => !named.has(name) && !OTHERS.has(name))).toEqual([]);
});

it(`the engine of VRL and logweir/vrl agree on ${CALLS} calls of each function, with suiting and other values`, () => {
  const next = randomNumbers(SEED);
  const calls = signatures.flatMap(({ name, parameters }) =>
    Array.from({ length: CALLS }, () => callOf(name, parameters, next)),
  );
  const outcomes = engine(calls);
  const compared = outcomes.filter(({ source }) => source !== undefined).length;
  expect(compared).toBeGreaterThan(calls.length * 0.7);
  const different = calls.flatMap((call, n) => difference(call, outcomes[n] ?? {}));
  expect(different).toEqual([]);
}, 240_000);

function callOf(name: string, parameters: readonly string[], next: (below: number) => number): Call {
  const one = (pool: string): string => {
    const values = pools.get(pool) ?? [];
    return values[next(values.length)] ?? 'null';
  };
  const event: Fields = {};
  const given = parameters.flatMap((parameter, n) => {
    const [first = '', optional] = parameter.split('=');
    if (optional !== undefined) return next(2) === 0 ? [] : [`${first}: ${literal(one(optional))}`];
    // `zip` of an empty array never ends in the engine; integers are floats in JavaScript.
    const text = n === 0 && !['zip', 'float'].includes(name) && next(12) === 0 ? one('any') : one(first);
    // A value of the event has no type that the compiler knows.
    if (n > 1 || first === 'patharg' || first === 'grokp' || /[rt]'/.test(text) || next(3) > 0)
      return [literal(text)];
    event[`v${n}`] = parseExact(text).value;
    return [`.v${n}`];
  });
  return { call: `${name}(${given.join(', ')})`, event };
}

/** VRL has `\u{1b}` for JSON's `\u001b`. */
function literal(json: string): string {
  return json.replace(/\\u([0-9a-f]{4})/g, String.raw`\u{$1}`);
}

function engine(calls: readonly Call[]): Outcome[] {
  const input = calls.map((call) => stringifyExact(call)).join('\n');
  const { status, stdout, stderr } = spawnSync(PYTHON, [ENGINE], { input, encoding: 'utf8', maxBuffer: 1e9 });
  if (status !== 0) throw new Error(stderr);
  // Python writes numbers that JSON does not have.
  const lines = stdout.trimEnd().split('\n');
  return lines.map(
    (line) => JSON.parse(line.replace(/([:[] |, )-?(?:Infinity|NaN)\b/g, '$1null')) as Outcome,
  );
}

function difference({ call, event }: Call, { source, value, error, failed }: Outcome): string[] {
  if (source === undefined) return [];
  let ours: { r?: unknown; err?: unknown };
  try {
    const made = compile(source)(structuredClone(event));
    ours = JSON.parse(stringifyExact(made as Fields)) as typeof ours;
  } catch (thrown) {
    const isFailure = (thrown as Error).name === 'VrlError' && (failed !== undefined || error);
    return isFailure ? [] : [`${call} with ${stringifyExact(event)}: ${String(thrown)}`];
  }
  const hasFailed = typeof ours.err === 'string';
  // The engine itself has failed.
  if (failed !== undefined) return [];
  // Their default depends on the type that the compiler knows.
  const isCompared = !(hasFailed && /^(slice|mod)\(/.test(call));
  const isSame =
    hasFailed === (typeof error === 'string') &&
    (!isCompared || canonical(ours.r ?? null) === canonical(value ?? null));
  if (isSame) return [];
  const wanted = error ?? JSON.stringify(value);
  return [`${call} with ${stringifyExact(event)} is ${JSON.stringify(ours)}, not ${wanted}`];
}
