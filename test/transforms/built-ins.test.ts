import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/codec/decode.ts';
import { stringifyExact } from '../../src/codec/exact-json.ts';
import { type Event, type TransformDefinition, isTransformDefinition } from '../../src/transform/api/api.ts';
import { builtIns } from '../../src/transform/loader/loader.ts';
import { testTransform } from 'logweir/testing';
import { cpuMs } from '../support/cpu.ts';

const FIND = ['email', 'card', 'bearer', 'key', 'jwt', 'url_password', 'iban', 'us_social_security_number'];
/** Options with which each built-in changes events. `geoip` and `lookup` need a file, and are missing. */
const OPTIONS: Record<string, Record<string, unknown>> = {
  dedupe: { fields: ['a', 'message'] },
  ecs: {},
  filter: { field: 'a', exists: true },
  flatten: {},
  'kafka-fields': {},
  keep: { fields: ['a', 'a.b', 'message'] },
  'limit-fields': { max_fields: 5, max_depth: 3 },
  'parse-access-log': {},
  'parse-cef': { labels: true },
  'parse-csv': { columns: ['a'] },
  'parse-grok': { patterns: ['%{COMBINEDAPACHELOG}', '%{WORD:a}'] },
  'parse-json': {},
  'parse-key-value': { target: 'a' },
  'parse-klog': {},
  'parse-logfmt': {},
  'parse-query-string': { field: 'message' },
  'parse-regex': { pattern: '(?<a>\\w+)[ =](?<b>.*)' },
  'parse-syslog': {},
  'parse-timestamp': { field: 'message' },
  'parse-url': { field: 'message' },
  'parse-user-agent': { field: 'message' },
  redact: { find: FIND, patterns: ['ord-\\d+'] },
  reduce: {},
  remove: { fields: ['a.b', 'list'] },
  rename: { fields: { a: 'b.c', 'a.b': 'a', n: 'list.x' } },
  route: { rules: [{ field: 'a', exists: true, index: 'logs-{{a}}' }] },
  sample: { rate: 2, key: 'a' },
  set: { fields: { 'a.b': 1, 'n.x': {}, '__proto__.y': 1 } },
  throttle: { threshold: 2, key: ['a', 'message'] },
  'to-text': { fields: ['a', 'n', 'list'], except: ['a.b'] },
  unflatten: {},
};

const folder = new URL('../../transforms/', import.meta.url);
const names = builtIns();

async function load(name: string): Promise<TransformDefinition> {
  const { default: exported } = (await import(new URL(`${name}.ts`, folder).href)) as { default: unknown };
  if (!isTransformDefinition(exported)) throw new Error(`${name} is no transform`);
  return exported;
}

it('every built-in that needs no file is tested here', () => {
  expect([...Object.keys(OPTIONS), 'geoip', 'lookup'].toSorted()).toEqual(names.toSorted());
});

/** As JSON, including keys like `__proto__`, digits beyond 2^53, and numbers that no double can hold. */
const json = fc
  .letrec<{ value: string; object: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('null', 'true', '-0', '1.0', '1e400', '9007199254740993', '4111111111111111', '""'),
      fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
      fc
        .constantFrom(
          '{"a":1,"message":"x"}',
          'a=1 b="x"',
          '2026-11-22T08:26:41Z',
          '<13>Nov 22 08:26:41 h app: m',
          'Bearer q7VbN2mLr0Xc81Tz a@b.de',
        )
        .map((text) => JSON.stringify(text)),
      tie('object'),
      fc.array(tie('value'), { maxLength: 3 }).map((list) => `[${list.join()}]`),
    ),
    object: fc
      .uniqueArray(
        fc.tuple(
          fc.constantFrom(
            ...'a b a.b a.b.c message timestamp @timestamp host file parsed list n overflow label'.split(' '),
            ...'kubernetes vector a@b.de 4111111111111111 __proto__ constructor toString 0'.split(' '),
          ),
          tie('value'),
        ),
        { maxLength: 6, selector: ([key]) => key },
      )
      .map((fields) => `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join()}}`),
  }))
  .object.chain((object) =>
    fc
      .constantFrom('file', 'docker_logs', 'kubernetes_logs', 'journald', 'syslog')
      .map((kind) => (object === '{}' ? object : `${object.slice(0, -1)},"source_type":"${kind}"}`)),
  );

function eventOf(text: string, lazily: boolean): Event {
  const decoded = decode(Buffer.from(text), 'json', lazily);
  if (decoded.kind !== 'event') throw new Error(decoded.message);
  return decoded.event().value as Event;
}

describe.each(Object.keys(OPTIONS))('%s', (name) => {
  it('accepts any event, returns JSON, and changes no prototype', async () => {
    const definition = await load(name);
    const prototype = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
    await fc.assert(
      fc.asyncProperty(json, fc.boolean(), async (text, lazily) => {
        const run = await testTransform(definition, OPTIONS[name]);
        const events = [...(await run(eventOf(text, lazily))), ...(await run.end())];
        expect(events.length).toBeLessThanOrEqual(1);
        for (const event of events) {
          expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
          const written = stringifyExact(event);
          expect(stringifyExact(eventOf(written, false))).toBe(written);
        }
        expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(prototype);
        expect(({} as Event)['y']).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  }, 30_000);

  it.each<[string, (size: number) => Event]>([
    ['a long text', (size) => ({ message: 'x'.repeat(size) })],
    ['a long text of pairs', (size) => ({ message: 'a="b c" '.repeat(size / 8) })],
    ['a long text of quotes', (size) => ({ message: 'a="'.repeat(size / 3) })],
    ['a long text of JSON', (size) => ({ message: JSON.stringify({ list: Array(size / 2).fill(1) }) })],
    ['a long text of escapes', (size) => ({ message: '\\"'.repeat(size / 2) })],
    ['a long text of line feeds', (size) => ({ message: '\n'.repeat(size) })],
    ['many keys', (size) => Object.fromEntries(range(size / 8).map((n) => [`k${n}`, n]))],
    ['many keys with dots', (size) => Object.fromEntries(range(size / 8).map((n) => [`a.k${n}`, n]))],
    ['many keys of one kind', (size) => Object.fromEntries(range(size / 8).map((n) => [`u${n}@b.de`, n]))],
    ['one key with many dots', (size) => ({ ['a.'.repeat(size / 2)]: 1 })],
    ['many keys below a long one', (size) => ({ ['x'.repeat(size / 2)]: manyKeys(size / 16) })],
    ['deep nesting', (size) => nested(Math.min(900, size / 64), { x: 'y'.repeat(size / 2) })],
    ['objects with many keys, nested', (size) => nested(8, manyKeys(size / 8))],
    ['a long list of objects', (size) => ({ list: range(size / 8).map((n) => ({ n })) })],
    ['many conflicts', (size) => ({ ...manyKeys(size / 8), message: JSON.stringify(otherKeys(size / 8)) })],
  ])(
    'takes linear time: %s',
    async (_shape, shape) => {
      const definition = await load(name);
      const msFor = async (length: number): Promise<number> => {
        const run = await testTransform(definition, OPTIONS[name]);
        const size = JSON.stringify(shape(length)).length;
        const events = [1, 2].map(() => ({ ...shape(length), source_type: 'file' }));
        return cpuMs(async () => {
          const [out = {}] = await run(events.pop() ?? {});
          expect(JSON.stringify(out).length).toBeLessThan(4 * size + 300_000);
        }, 2);
      };
      const [once, eightfold] = [await msFor(4096), await msFor(32_768)];
      // Quadratic time would be 64 times; the constant covers the timer's noise and compilation.
      expect(eightfold).toBeLessThan(24 * once + 100);
    },
    30_000,
  );
});

function range(length: number): number[] {
  return Array.from({ length }, (_, n) => n);
}

function manyKeys(count: number): Event {
  return Object.fromEntries(range(count).map((n) => [`k${n}`, n]));
}

function otherKeys(count: number): Event {
  return Object.fromEntries(range(count).map((n) => [`k${n}`, -n]));
}

function nested(depth: number, inner: Event): Event {
  let event = inner;
  for (let level = 0; level < depth; level++) event = { a: event };
  return event;
}
