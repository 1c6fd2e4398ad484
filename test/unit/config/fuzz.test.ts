import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseConfig } from '../../../src/config/load.ts';
import { LogweirError } from '../../../src/errors.ts';
import { configOf } from '../support/config.ts';

/** Much longer than any case needs; worse than linear time would be minutes. */
const MS_MAX = 10_000;
const TIMEOUT_MS = 60_000;

/** The message about a configuration; any error but a configuration error fails the test. */
function said(source: string): string[] | 'accepted' {
  const start = performance.now();
  try {
    parseConfig(source, 'l.yaml', { A: 'a', TEN: '10', YES: 'true', EMPTY: '' });
    return 'accepted';
  } catch (error) {
    if (!(error instanceof LogweirError)) throw error;
    expect(error.exitCode).toBe(78);
    expect(error.message).toMatch(/^the configuration is wrong:\n {2}l\.yaml:\d+:\d+ \S/);
    expect(error.message).not.toMatch(/^\s+at /m);
    expect(error.message.length).toBeLessThan(20_000);
    return error.message.split('\n  ').slice(1);
  } finally {
    expect(performance.now() - start).toBeLessThan(MS_MAX);
  }
}

const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join('');

const laughs = `a: &a [x,x,x,x,x,x,x,x,x]
${times(8, (n) => `${'bcdefghi'[n]}: &${'bcdefghi'[n]} [${`*${'abcdefgh'[n]},`.repeat(9)}]\n`)}`;

describe('an invalid configuration is rejected with a sentence and a line', { timeout: TIMEOUT_MS }, () => {
  it.each([
    ['a list', '[1]', /^l\.yaml:1:1 must be a map of settings/],
    ['a text', 'hello', /^l\.yaml:1:1 must be a map of settings/],
    ['a number', '5', /^l\.yaml:1:1 must be a map of settings/],
    ['zeros', '\0'.repeat(1000), /^l\.yaml:1:1 must be a map of settings/],
    [
      'several documents',
      'kafka: {}\n---\nkafka: {}\n',
      /^l\.yaml:2:1 not valid YAML: the file has several documents/,
    ],
    [
      'a key that is there twice',
      'log: {}\nkafka:\n  group_id: a\n  group_id: b\n',
      /^l\.yaml:4:3 kafka\.group_id is set twice; the first is in line 3$/,
    ],
    ['a key that is a list', '? [a, b]\n: x\n', /^l\.yaml:1:3 a key must be a text$/],
    ['keys in keys', '? '.repeat(3000), /^l\.yaml:1:\d+ not valid YAML: it is nested too deeply$/],
    ['keys in keys, a few', `${'? '.repeat(30)}a`, /a key must be a text$/],
    ['an empty key', ': x', /unknown key/],
    ['a pair in a list', 'transforms: [a: b]', /^l\.yaml:1:14 transforms\.0\.a: unknown key|transforms\.0/],
    ['nothing where settings are wanted', 'kafka:\n', /^l\.yaml:1:1 kafka: /],
    ['a tab', 'kafka:\n\tgroup_id: a\n', /^l\.yaml:2:1 not valid YAML: Tabs are not allowed/],
    [
      'a tag that is not known',
      'kafka: { group_id: !env X }',
      /^l\.yaml:1:20 not valid YAML: an exclamation mark begins a tag/,
    ],
    ['a tag of a class', 'kafka: { group_id: !!js/function "x" }', /an exclamation mark begins a tag/],
    ['bytes', 'kafka: { group_id: !!binary aGk= }', /its tag is not known/],
    [
      'an alias of nothing',
      'kafka: { group_id: *x }',
      /^l\.yaml:1:20 not valid YAML: an asterisk begins an alias, and no anchor/,
    ],
    [
      'an alias of what comes later',
      'kafka: { group_id: *x }\nlog: { level: &x a }',
      /an asterisk begins an alias/,
    ],
    ['an alias of itself', 'kafka: &x\n  sasl: *x\n', /^l\.yaml:2:9 .*it is inside its own anchor/],
    ['a merge', 'kafka: &x { group_id: a }\nlog:\n  <<: *x\n', /^l\.yaml:3:3 << \(merge\) is not supported/],
    ['a billion laughs', laughs, /the file has more than 100000 values; do aliases/],
    [
      'a billion laughs below with',
      `transforms:\n- use: set\n  with:\n${laughs.replaceAll(/^/gm, '    ')}`,
      /the file has more than 100000 values/,
    ],
    ['brackets without an end', '['.repeat(50_000), /nested too deep/],
    [
      'brackets with an end',
      `kafka: ${'['.repeat(200)}${']'.repeat(200)}`,
      /nested more than 50 levels deep/,
    ],
    ['maps in maps', times(3000, (n) => `${' '.repeat(n)}a:\n`), /nested too deep/],
    ['nothing but quotes', '"'.repeat(60_000), /not valid YAML/],
    ['many keys', times(20_000, (n) => `k${n}: 1\n`), /^l\.yaml:1:1 k0: unknown key/],
    ['one key many times', 'kafka: {}\n'.repeat(20_000), /^l\.yaml:2:1 kafka is set twice/],
    ['a long key', `${'a'.repeat(1000)}: 1\n`, /^l\.yaml:1:1 a{80}…: unknown key/],
    ['a number that is none', 'shutdown_timeout_ms: 1e999', /shutdown_timeout_ms: /],
    [
      'a huge number',
      'shutdown_timeout_ms: 99999999999999999999999',
      /^l\.yaml:1:22 this number is too large/,
    ],
    ['a date', 'shutdown_timeout_ms: 2026-01-01', /shutdown_timeout_ms: /],
    [
      'names of prototypes',
      '__proto__: { kafka: {} }\nconstructor: 1\ntoString: 2\n',
      /^l\.yaml:1:1 __proto__: unknown key/,
    ],
    [
      'many variables',
      `kafka:\n  group_id: "${'$NO '.repeat(50_000)}"\n`,
      /^l\.yaml:2:14 the environment variable NO is not set/,
    ],
  ])('%s', (_name, source, message) => {
    const lines = said(source);
    expect(lines).not.toBe('accepted');
    expect(lines).toContainEqual(expect.stringMatching(message));
  });

  it('at most 50 problems are listed, and the number of further ones', () => {
    const lines = said(times(200, (n) => `transforms${n}: 1\nkafka: {}\n`));
    expect(lines).toHaveLength(51);
    expect(lines.at(-1)).toMatch(/^… and \d+ more$/);
  });
});

it.each(['', ' \n', '# nothing\n', '---\n', '---\n...\n', 'null\n', '{}', '\uFEFF', '\uFEFF# x\r\n', '\t\n'])(
  'an empty file is every default: %j',
  (source) => {
    expect(parseConfig(source, 'l.yaml', {})).toEqual(configOf());
  },
);

it('an alias has the value of its anchor, with variables and places', () => {
  const config = parseConfig(
    'kafka:\n  sasl: { username: &x "${A}", password: *x }\nelasticsearch:\n  batch: &b { max_age_ms: "${TEN}" }\n',
    'l.yaml',
    { A: 'a', TEN: '10' },
  );
  expect(config.kafka.sasl).toMatchObject({ username: 'a', password: 'a' });
  expect(config.elasticsearch.batch.max_age_ms).toBe(10);
});

describe('any mutation of a complete configuration', { timeout: TIMEOUT_MS }, () => {
  const whole = stringify({
    ...configOf('kafka: { librdkafka_options: { client.rack: a, sasl.password: b } }'),
    transforms: [{ use: 'set', with: { fields: { a: [1, { b: null }] } }, on_error: 'keep' }],
  });
  const pieces = fc.constantFrom(
    'null',
    '[]',
    '{}',
    '""',
    "'",
    '"',
    '${A}',
    '${',
    '$NO',
    '${TEN}',
    '${EMPTY:-}',
    '$$',
    '1e400',
    '-1',
    '99999999999999999999',
    '&a ',
    '*a',
    '<<: *a',
    '!!int ',
    '!x ',
    '\t',
    '\r\n',
    '\0',
    '\uFEFF',
    '---\n',
    '...\n',
    '%YAML 1.2\n',
    ': ',
    '- ',
    '? ',
    '|',
    '>',
    '#',
    '@',
    '`',
    '{',
    '}',
    '[',
    ']',
    ',',
    'true',
    '2026-01-01',
    '0x1f',
    '.nan',
    '.inf',
    'kafka:',
    '😀',
    '\u2028',
    '__proto__: 1\n',
  );
  const edit = fc.record({ at: fc.nat(), cut: fc.nat({ max: 30 }), piece: pieces });

  it('is accepted or gives a sentence with a line', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let source = whole;
        for (const { at, cut, piece } of edits) {
          const start = at % (source.length + 1);
          source = source.slice(0, start) + piece + source.slice(start + cut);
        }
        expect(said(source)).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  it('of a type is accepted or gives a sentence with a line', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('${A}', '${NO}', '${', '$$', -1, 1e308, '1e400'),
    );
    const keys = [...configKeys(configOf())];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...keys), value), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const config: unknown = structuredClone(configOf());
          for (const [path, changed] of changes) put(config, path, changed);
          expect(said(stringify(config))).toBeDefined();
          expect(said(JSON.stringify(config))).toBeDefined();
        },
      ),
      { numRuns: 150 },
    );
  });
});

/** The paths of all settings. */
function* configKeys(value: object, before: readonly string[] = []): Generator<readonly string[]> {
  for (const [key, inner] of Object.entries(value)) {
    yield [...before, key];
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner))
      yield* configKeys(inner, [...before, key]);
  }
}

function put(root: unknown, path: readonly string[], value: unknown): void {
  let at = root;
  for (const key of path.slice(0, -1)) {
    const next: unknown =
      typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined;
    // Another mutation has replaced it.
    if (typeof next !== 'object' || next === null) return;
    at = next;
  }
  (at as Record<string, unknown>)[path.at(-1) ?? ''] = value;
}
