import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../../src/codec/decode.ts';
import type { Event, TransformDefinition } from '../../../../src/transform/api/api.ts';
import { mergeInto } from '../../../../src/transform/api/merge-into.ts';
import { testTransform } from '../../../../src/transform/api/testing.ts';
import parseAccessLog from '../../../../transforms/parse-access-log.ts';
import parseGrok from '../../../../transforms/parse-grok.ts';
import parseJson from '../../../../transforms/parse-json.ts';
import parseKeyValue from '../../../../transforms/parse-key-value.ts';
import parseLogfmt from '../../../../transforms/parse-logfmt.ts';
import parseRegex from '../../../../transforms/parse-regex.ts';
import parseSyslog from '../../../../transforms/parse-syslog.ts';

const keep = { overwrite: false };

describe('without overwrite nothing is lost', () => {
  it.each<[string, Event, Event, Parameters<typeof mergeInto>[2], Event]>([
    ['no conflict', { a: 1 }, { b: 2 }, keep, { a: 1, b: 2 }],
    ['a conflict', { a: 1 }, { a: 2, b: 3 }, keep, { a: 1, b: 3, parsed: { a: 2 } }],
    ['a null that is there', { a: null }, { a: 2 }, keep, { a: null, parsed: { a: 2 } }],
    [
      'a conflicts field that is null',
      { a: 1, parsed: null },
      { a: 2 },
      keep,
      { a: 1, parsed: null, parsed_2: { a: 2 } },
    ],
    ['the same value', { a: { x: [1] } }, { a: { x: [1] } }, keep, { a: { x: [1] } }],
    [
      'another conflicts field',
      { a: 1 },
      { a: 2 },
      { ...keep, conflicts: 'app.inner' },
      { a: 1, app: { inner: { a: 2 } } },
    ],
    [
      'a conflicts field with fields',
      { a: 1, parsed: { b: 1 } },
      { a: 2 },
      keep,
      { a: 1, parsed: { b: 1, a: 2 } },
    ],
    [
      'a conflicts field with that field',
      { a: 1, parsed: { a: 3 } },
      { a: 2 },
      keep,
      { a: 1, parsed: { a: 3, a_2: 2 } },
    ],
    [
      'a conflicts field that is a text',
      { a: 1, parsed: 'yes' },
      { a: 2 },
      keep,
      { a: 1, parsed: 'yes', parsed_2: { a: 2 } },
    ],
    [
      'a conflicts field that is parsed',
      { a: 1 },
      { a: 2, parsed: true },
      keep,
      { a: 1, parsed: true, parsed_2: { a: 2 } },
    ],
    [
      'a conflicts field below a text',
      { a: 1, app: 'x' },
      { a: 2 },
      { ...keep, conflicts: 'app.inner' },
      { a: 1, app: 'x', app_2: { inner: { a: 2 } } },
    ],
    ['a target that is free', { a: 1 }, { a: 2 }, { ...keep, target: 't.u' }, { a: 1, t: { u: { a: 2 } } }],
    [
      'a target with fields',
      { t: { a: 1 } },
      { a: 2, b: 3 },
      { ...keep, target: 't' },
      { t: { a: 1, b: 3 }, parsed: { a: 2 } },
    ],
    ['a target that is a text', { t: 'x' }, { a: 2 }, { ...keep, target: 't' }, { t: 'x', parsed: { a: 2 } }],
    ['a target below a text', { t: 'x' }, { a: 2 }, { ...keep, target: 't.u' }, { t: 'x', parsed: { a: 2 } }],
    [
      'a target that is the field',
      { t: 'a=2', n: 1 },
      { a: 2 },
      { ...keep, target: 't', field: 't' },
      { n: 1, t: { a: 2 } },
    ],
    ['names of prototypes', { toString: 1 }, { toString: 2 }, keep, { toString: 1, parsed: { toString: 2 } }],
  ])('%s', (_name, event, parsed, options, expected) => {
    const run = structuredClone({ event, parsed });
    expect(mergeInto(run.event, run.parsed, options)).toEqual(expected);
    // The same with a lazy event.
    const lazy = decode(Buffer.from(JSON.stringify(event)), 'json', true);
    if (lazy.kind !== 'event') throw new Error(lazy.message);
    const merged = mergeInto(lazy.event().value as Event, structuredClone(parsed), options);
    expect(JSON.parse(JSON.stringify(merged))).toEqual(expected);
  });

  it('for any existing and any parsed fields', () => {
    const key = fc.constantFrom('a', 'b', 'a_2', 'parsed', 'parsed_2', '__proto__', 'constructor');
    const value = fc.oneof(fc.integer(), fc.dictionary(key, fc.integer()), fc.constant('text'));
    const fields = fc.dictionary(key, value);
    const target = fc.option(fc.constantFrom('a', 'b.a', 'parsed', 'new'), { nil: undefined });
    fc.assert(
      fc.property(fields, fields, target, (event, parsed, at) => {
        const wanted = [...leavesOf(event), ...leavesOf(parsed)];
        const merged = mergeInto(structuredCloneOf(event), structuredCloneOf(parsed), {
          overwrite: false,
          target: at,
        });
        const found = new Set(leavesOf(merged));
        expect(wanted.filter((leaf) => !found.has(leaf))).toEqual([]);
        expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
      }),
      { numRuns: 500 },
    );
  });
});

it('with overwrite parsed fields replace existing ones', () => {
  expect(mergeInto({ a: 1 }, { a: 2 }, { overwrite: true })).toEqual({ a: 2 });
  expect(mergeInto({ t: { a: 1 } }, { b: 2 }, { overwrite: true, target: 't' })).toEqual({ t: { b: 2 } });
});

/** A text for each parser with a field `k`, and the value of that field. */
const parsers: [string, TransformDefinition, Record<string, unknown>, string, string, unknown][] = [
  ['parse-json', parseJson, {}, '{"k":"new"}', 'k', 'new'],
  ['parse-logfmt', parseLogfmt, {}, 'k=new', 'k', 'new'],
  ['parse-key-value', parseKeyValue, { assign: ':' }, 'k:new', 'k', 'new'],
  ['parse-regex', parseRegex, { pattern: '^at (?<k>\\w+)' }, 'at new', 'k', 'new'],
  ['parse-grok', parseGrok, { patterns: '^at %{WORD:k}' }, 'at new', 'k', 'new'],
  [
    'parse-access-log',
    parseAccessLog,
    {},
    '203.0.113.7 - - [22/Nov/2026:08:26:41 +0000] "GET / HTTP/1.1" 200 9',
    'client',
    '203.0.113.7',
  ],
  ['parse-syslog', parseSyslog, { overwrite: false }, '<13>Nov 22 08:26:41 new app: m', 'hostname', 'new'],
];

describe.each(parsers)('%s', (_name, definition, options, message, key, value) => {
  it('keeps an existing field and the parsed one', async () => {
    const run = await testTransform(definition, options);
    const [event] = await run({ message, [key]: 'old' });
    expect(event).toMatchObject({ [key]: 'old', parsed: { [key]: value } });
    const [other] = await (
      await testTransform(definition, { ...options, conflicts: 'app' })
    )({
      message,
      [key]: 'old',
    });
    expect(other).toMatchObject({ [key]: 'old', app: { [key]: value } });
  });

  it('parses the first line of a file with a byte order mark', async () => {
    const run = await testTransform(definition, options);
    expect((await run({ message: `\uFEFF${message}` }))[0]).toMatchObject({ [key]: value });
  });

  it('may replace the text by an object', async () => {
    const run = await testTransform(definition, { ...options, target: 'message' });
    expect((await run({ message }))[0]).toMatchObject({ message: { [key]: value } });
  });
});

function leavesOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  return Object.keys(value).flatMap((key) => leavesOf((value as Event)[key]));
}

/** Includes keys like `__proto__`, which `structuredClone` skips. */
function structuredCloneOf(value: Event): Event {
  return JSON.parse(JSON.stringify(value)) as Event;
}
