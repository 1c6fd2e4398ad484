import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TransformDefinition } from 'logweir';
import { testTransform } from 'logweir/testing';
import dedupe from '../../transforms/dedupe.ts';
import flatten from '../../transforms/flatten.ts';
import limitFields from '../../transforms/limit-fields.ts';
import parseAccessLog from '../../transforms/parse-access-log.ts';
import parseCef from '../../transforms/parse-cef.ts';
import parseCsv from '../../transforms/parse-csv.ts';
import parseGrok from '../../transforms/parse-grok.ts';
import parseKeyValue from '../../transforms/parse-key-value.ts';
import parseKlog from '../../transforms/parse-klog.ts';
import parseLogfmt from '../../transforms/parse-logfmt.ts';
import parseQueryString from '../../transforms/parse-query-string.ts';
import parseRegex from '../../transforms/parse-regex.ts';
import parseSyslog from '../../transforms/parse-syslog.ts';
import parseTimestamp from '../../transforms/parse-timestamp.ts';
import parseUrl from '../../transforms/parse-url.ts';
import parseUserAgent from '../../transforms/parse-user-agent.ts';
import redact from '../../transforms/redact.ts';
import sample from '../../transforms/sample.ts';
import throttle from '../../transforms/throttle.ts';
import unflatten from '../../transforms/unflatten.ts';

const parsers: [string, TransformDefinition, Record<string, unknown>][] = [
  ['parse-logfmt', parseLogfmt, {}],
  ['parse-key-value', parseKeyValue, { between: ',', assign: ':' }],
  ['parse-regex', parseRegex, { pattern: '(?<a>\\w+)[ =](?<b>.*)' }],
  ['parse-grok', parseGrok, { patterns: ['%{COMBINEDAPACHELOG}', '%{SYSLOGBASE}'] }],
  ['parse-syslog', parseSyslog, { target: 'parsed' }],
  ['parse-access-log', parseAccessLog, {}],
  ['parse-timestamp', parseTimestamp, { field: 'message', formats: ['iso8601', 'unix'] }],
  ['parse-csv', parseCsv, { trim: true }],
  ['parse-cef', parseCef, { labels: true }],
  ['parse-query-string', parseQueryString, { field: 'message' }],
  ['parse-url', parseUrl, { field: 'message' }],
  ['parse-user-agent', parseUserAgent, { field: 'message' }],
  ['parse-klog', parseKlog, { target: 'parsed' }],
  ['parse-regex, all', parseRegex, { pattern: '(?<a>\\w+)', all: true, target: 'parsed' }],
  ['redact', redact, { find: ['email', 'card', 'bearer', 'key'] }],
];

/** Texts that resemble the formats enough to pass the check of the first character. */
const nearly = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        ...'<165>1|-|[|]|"|\\|=|key|: |Dec 31 23:59:58|2026-11-22T08:26:44Z|[a@1 b="c"]|10.0.0.1|" 200 |GET / HTTP/1.1|4111 1111 1111 1111|a@b.de|Bearer |__proto__=|constructor="x"|CEF:0;a;b|__proto__&|https://|I1129 07:15:02.1 1 a:1] |curl/8.5.0|%ff|,'.split(
          '|',
        ),
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join('')),
);

describe.each(parsers)('%s', (_name, definition, options) => {
  it('accepts any text, and returns one event with an unchanged prototype', async () => {
    const run = await testTransform(definition, options);
    await fc.assert(
      fc.asyncProperty(nearly, async (message) => {
        const events = await run({ message, kept: 1 });
        expect(events).toHaveLength(1);
        expect(events[0]?.['kept']).toBe(1);
        expect(Object.getPrototypeOf(events[0])).toBe(Object.prototype);
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
        JSON.stringify(events[0]);
      }),
      { numRuns: 500 },
    );
  });

  it.each([null, 5, true, ['x'], { a: 1 }, undefined])('leaves %j unchanged', async (message) => {
    const run = await testTransform(definition, options);
    expect(await run({ message })).toEqual([
      options['formats'] !== undefined && message === 5
        ? { message, '@timestamp': '1970-01-01T00:00:05.000Z' }
        : { message },
    ]);
  });
});

describe('pairs', () => {
  it('in logfmt have the values that were written', async () => {
    const run = await testTransform(parseLogfmt, { remove: true });
    const key = fc.stringMatching(/^[a-z]{1,8}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(key, fc.string(), { minKeys: 1, noNullPrototype: true }),
        async (pairs) => {
          const message = Object.entries(pairs)
            .map(([name, value]) => `${name}="${value.replaceAll(/["\\]/g, '\\$&')}"`)
            .join(' ');
          const { message: own, ...others } = pairs;
          const [event] = await run({ message });
          expect(event).toEqual(own === undefined ? others : pairs);
        },
      ),
    );
  });

  it('with unclosed quotes are read to the next space', async () => {
    const [event] = await (await testTransform(parseLogfmt))({ message: 'a="b c=d' });
    expect(event).toMatchObject({ a: '"b', c: 'd' });
  });
});

it('flatten and unflatten undo each other', async () => {
  const [there, back] = [await testTransform(flatten), await testTransform(unflatten)];
  const key = fc.stringMatching(/^[a-z]{1,4}$/);
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.integer(),
      fc.string(),
      fc.dictionary(key, tie('node'), { minKeys: 1, noNullPrototype: true }),
    ),
  })).node;
  await fc.assert(
    fc.asyncProperty(fc.dictionary(key, value, { noNullPrototype: true }), async (event) => {
      const [flat = {}] = await there(structuredClone(event));
      expect(Object.values(flat).some((one) => typeof one === 'object')).toBe(false);
      expect((await back(flat))[0]).toEqual(event);
    }),
  );
});

it('limit-fields never exceeds the limit, and loses nothing', async () => {
  const run = await testTransform(limitFields, { max_fields: 3, max_depth: 2 });
  const [event = {}] = await run({ a: 1, b: { c: { d: 2 }, e: 3 }, f: 4, g: 5 });
  expect(event).toEqual({ a: 1, b: { e: 3, c: {} }, f: 4, overflow: '{"b":{"c":{"d":2}},"g":5}' });
});

describe('a pattern of the user', () => {
  it.each(['(a+)+$', '([a-zA-Z]+)*$', '(a|aa)+$', '(.*a){20}$', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
    '%s, which hangs other engines, takes linear time',
    async (pattern) => {
      const named = await testTransform(parseRegex, { pattern: `(?<x>${pattern})` });
      const own = await testTransform(redact, { find: [], patterns: [pattern] });
      const grok = await testTransform(parseGrok, { patterns: '%{EVIL:x}', definitions: { EVIL: pattern } });
      const steps = async (length: number): Promise<number> => {
        const message = `${'a'.repeat(length)}!`;
        const started = process.cpuUsage().user;
        for (let times = 0; times < 3; times++) {
          await named({ message });
          await own({ message });
          await grok({ message });
        }
        return process.cpuUsage().user - started;
      };
      await steps(1000);
      // An exponential engine would not finish 30; with twice a double length, a quadratic one needs 16 times
      // as long.
      const [short, long] = [await steps(5000), await steps(20_000)];
      expect(long).toBeLessThan(short * 12 + 200_000);
    },
    60_000,
  );

  it('that uses an unsupported feature is rejected with a message', async () => {
    await expect(testTransform(parseRegex, { pattern: '(?<x>a)(?=b)' })).rejects.toThrow(/RE2/);
    await expect(testTransform(parseGrok, { patterns: '%{NOPE:x}' })).rejects.toThrow('no grok pattern NOPE');
    await expect(testTransform(parseGrok, { patterns: '%{A}', definitions: { A: '%{A}' } })).rejects.toThrow(
      'refers to itself',
    );
  });
});

describe('stateful transforms', () => {
  const at = (offset: number, over: object = {}) => ({ offset, ...over });

  it('dedupe never drops a record that is read again as its own repeat', async () => {
    const run = await testTransform(dedupe, { fields: ['m'] });
    expect(await run({ m: 1 }, at(5))).toHaveLength(1);
    expect(await run({ m: 1 }, at(6))).toHaveLength(0);
    expect(await run({ m: 1 }, at(5))).toHaveLength(1);
    expect(await run({ m: 1 }, at(6))).toHaveLength(0);
    expect(await run({ m: 1 }, at(5, { partition: 1 }))).toHaveLength(0);
  });

  it('dedupe respects its time window, and distinguishes a BigInt from a text', async () => {
    const run = await testTransform(dedupe, { fields: ['m'], window_ms: 1000 });
    expect(await run({ m: 1n }, at(1, { timestamp: 1000 }))).toHaveLength(1);
    expect(await run({ m: '1' }, at(2, { timestamp: 1000 }))).toHaveLength(1);
    expect(await run({ m: 1n }, at(3, { timestamp: 2000 }))).toHaveLength(0);
    expect(await run({ m: 1n }, at(4, { timestamp: 2001 }))).toHaveLength(1);
  });

  it('throttle counts by the time of the records, and passes replayed records again', async () => {
    const run = await testTransform(throttle, { threshold: 1 });
    expect(await run({}, at(1, { timestamp: 5000 }))).toHaveLength(1);
    expect(await run({}, at(2, { timestamp: 5999 }))).toHaveLength(0);
    expect(await run({}, at(3, { timestamp: 6000 }))).toHaveLength(1);
    expect(await run({}, at(3, { timestamp: 6000 }))).toHaveLength(1);
    expect(await run({}, at(1, { timestamp: 5000 }))).toHaveLength(1);
  });

  it('throttle keeps its rate for records in any order, as after an asynchronous transform', async () => {
    const run = await testTransform(throttle, { threshold: 1 });
    const passed: number[] = [];
    for (const offset of [100, 99, 98, 97, 96, 95, 100, 97]) {
      for (const event of await run({ offset }, at(offset))) passed.push(event['offset'] as number);
    }
    expect(passed).toEqual([100, 100]);
  });

  it('throttle passes exactly the threshold, and always the same records, in any order and redelivery', async () => {
    const record = fc.record({ offset: fc.nat(30), partition: fc.nat(1), host: fc.constantFrom('a', 'b') });
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { maxLength: 120 }),
        fc.integer({ min: 1, max: 5 }),
        async (read, threshold) => {
          const run = await testTransform(throttle, { threshold, key: ['host'], window_ms: 10 });
          const verdicts = new Map<string, boolean>();
          for (const { offset, partition, host } of read) {
            const passes = (await run({ host }, at(offset, { partition, timestamp: offset }))).length > 0;
            const place = `${host} ${Math.floor(offset / 10)} ${partition}:${offset}`;
            expect(passes).toBe(verdicts.get(place) ?? passes);
            verdicts.set(place, passes);
          }
          const windows = new Map<string, { passed: number; all: number }>();
          for (const [place, passes] of verdicts) {
            const name = place.split(' ', 2).join(' ');
            const { passed, all } = windows.get(name) ?? { passed: 0, all: 0 };
            windows.set(name, { passed: passed + Number(passes), all: all + 1 });
          }
          for (const { passed, all } of windows.values()) expect(passed).toBe(Math.min(all, threshold));
        },
      ),
    );
  });

  it('throttle counts a record with several events once, and distinguishes long keys', async () => {
    const run = await testTransform(throttle, { threshold: 1, key: ['m'] });
    const long = 'x'.repeat(1000);
    expect(await run({ m: long, n: 1 }, at(1))).toHaveLength(1);
    expect(await run({ m: long, n: 2 }, at(1))).toHaveLength(1);
    expect(await run({ m: long }, at(2))).toHaveLength(0);
    expect(await run({ m: `${long}y` }, at(2))).toHaveLength(1);
  });

  it('sample makes the same choice each time, and keeps about the expected number', async () => {
    const run = await testTransform(sample, { rate: 10 });
    const kept = async (): Promise<number[]> => {
      const offsets: number[] = [];
      for (let offset = 0; offset < 3000; offset++) {
        if ((await run({}, { offset })).length > 0) offsets.push(offset);
      }
      return offsets;
    };
    const first = await kept();
    expect(await kept()).toEqual(first);
    expect(first.length).toBeGreaterThan(200);
    expect(first.length).toBeLessThan(400);
  });

  it('sample keeps or drops events with the same key together', async () => {
    const run = await testTransform(sample, { rate: 2, key: 'trace' });
    const results = new Set<number>();
    for (let offset = 0; offset < 100; offset++)
      results.add((await run({ trace: 'abc' }, { offset })).length);
    expect(results.size).toBe(1);
  });
});

it('redact with a key replaces equal values by equal hashes', async () => {
  const run = await testTransform(redact, { hash_key: 'a secret of ours' });
  const [event = {}] = await run({ a: 'ada@example.com', b: 'to ada@example.com', c: 'bob@example.com' });
  const { a, b, c } = event as Record<string, string>;
  expect(a).toMatch(/^[0-9a-f]{16}$/);
  expect(b).toBe(`to ${a}`);
  expect(c).not.toBe(a);
});

it.each(['AKIAIOSFODNN7EXAMPLE', `ghp_${'a1B2'.repeat(9)}`, 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc'])(
  'redact finds the token %s',
  async (token) => {
    const run = await testTransform(redact, { find: ['bearer', 'key'] });
    expect(await run({ message: `with ${token} in it` })).toEqual([{ message: 'with [redacted] in it' }]);
  },
);
