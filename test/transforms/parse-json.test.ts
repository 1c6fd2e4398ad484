import { describe, expect, it } from 'vitest';
import { type Event } from 'logweir';
import { testTransform } from 'logweir/testing';
import { stringifyExact } from '../../src/codec/exact-json.ts';
import parseJson from '../../transforms/parse-json.ts';

async function run(event: Event, options: Record<string, unknown> = {}): Promise<Event> {
  const events = await (await testTransform(parseJson, options))(event);
  expect(events).toHaveLength(1);
  return events[0] as Event;
}

describe('a field with a JSON object as text', () => {
  it('is merged into the event, and removed', async () => {
    expect(await run({ message: '{"level":"info","n":1}', host: 'h' })).toEqual({
      host: 'h',
      level: 'info',
      n: 1,
    });
  });

  it('is kept if remove is off', async () => {
    expect(await run({ message: '{"n":1}' }, { remove: false })).toEqual({ message: '{"n":1}', n: 1 });
  });

  it('may have surrounding spaces', async () => {
    expect(await run({ message: ' \t\n{"n":1}\n' })).toEqual({ n: 1 });
  });

  it('may have a leading byte order mark', async () => {
    expect(await run({ message: '\uFEFF{"n":1}' })).toEqual({ n: 1 });
    expect(await run({ message: '\uFEFF \r\n{"n":1}' }, { target: 'a' })).toEqual({ a: { n: 1 } });
  });

  it('may be any field, nested or with dots in its name', async () => {
    expect(await run({ log: { line: '{"n":1}', file: 'f' } }, { field: 'log.line' })).toEqual({
      log: { file: 'f' },
      n: 1,
    });
    expect(await run({ 'log.line': '{"n":1}' }, { field: 'log.line' })).toEqual({ n: 1 });
  });

  it('may be merged under a target', async () => {
    expect(await run({ message: '{"n":1}', n: 5 }, { target: 'parsed' })).toEqual({ n: 5, parsed: { n: 1 } });
  });

  it('may contain the key of the field itself', async () => {
    expect(await run({ message: '{"message":"inner","n":1}' })).toEqual({ message: 'inner', n: 1 });
  });
});

describe('an existing key', () => {
  it('is kept by default', async () => {
    expect(await run({ message: '{"host":"inner","n":1}', host: 'outer' })).toEqual({
      host: 'outer',
      n: 1,
      parsed: { host: 'inner' },
    });
  });

  it('with the same value occurs once', async () => {
    const event = {
      message: '{"host":"h","list":[{"n":1}],"id":9007199254740993}',
      host: 'h',
      list: [{ n: 1 }],
    };
    expect(await run({ ...event, id: 9007199254740993n })).toEqual({
      host: 'h',
      list: [{ n: 1 }],
      id: 9007199254740993n,
    });
  });

  it('is replaced with `overwrite`', async () => {
    const event = { message: '{"host":"inner"}', host: 'outer' };
    expect(await run(event, { overwrite: true })).toEqual({ host: 'inner' });
  });
});

describe('a text that is not a JSON object is left unchanged without an error', () => {
  it.each<[string, unknown]>([
    ['plain text', 'GET /index.html 200'],
    ['empty text', ''],
    ['a truncated object', '{"n":1'],
    ['more than one object', '{"n":1}{"n":2}'],
    ['text after the object', '{"n":1} and more'],
    ['an array', '[{"n":1}]'],
    ['a number', '5'],
    ['a quoted text', '"{}"'],
    ['zero bytes in front', '\u0000\u0000{"n":1}'],
    ['a byte order mark in front of text', '\uFEFFplain'],
    ['two byte order marks', '\uFEFF\uFEFF{"n":1}'],
    ['braces that are no JSON', '{not json}'],
    ['JSON with a comment', '{/* c */"n":1}'],
    ['null', null],
    ['a number that is one', 5],
    ['an object that is one', { n: 1 }],
  ])('%s', async (_name, message) => {
    const event = { message, host: 'h' };
    expect(await run(structuredClone(event))).toEqual(event);
  });

  it('a missing field', async () => {
    expect(await run({ host: 'h' })).toEqual({ host: 'h' });
    expect(await run({ log: 'text' }, { field: 'log.line' })).toEqual({ log: 'text' });
  });
});

describe('numbers', () => {
  it('integers beyond 2^53 are exact, and are written unchanged', async () => {
    const event = await run({ message: '{"id":9007199254740993,"list":[-18446744073709551615]}' });
    expect(event).toEqual({ id: 9007199254740993n, list: [-18446744073709551615n] });
    expect(stringifyExact(event)).toBe('{"id":9007199254740993,"list":[-18446744073709551615]}');
  });

  it('numbers that no double can hold are written unchanged', async () => {
    const event = await run({ message: '{"big":1e400,"precise":0.12345678901234567890123}' });
    expect(stringifyExact(event)).toBe('{"big":1e400,"precise":0.12345678901234567890123}');
  });
});

describe('hostile keys are data', () => {
  it.each([{}, { overwrite: true }, { target: '__proto__' }])('with the options %j', async (options) => {
    const event = await run(
      { message: '{"__proto__":{"polluted":true},"constructor":{"prototype":1}}' },
      options,
    );
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
    expect(event['polluted']).toBeUndefined();
    expect(({} as Event)['polluted']).toBeUndefined();
    expect(JSON.stringify(event)).toContain('"__proto__":{');
    expect(JSON.stringify(event)).toContain('"constructor":{"prototype":1}');
  });

  it('a property of a prototype is not a field', async () => {
    expect(await run({ n: 1 }, { field: 'constructor.name' })).toEqual({ n: 1 });
    expect(await run({ message: '{"toString":1,"n":2}' })).toEqual({ toString: 1, n: 2 });
  });

  it('a deeply nested text is not an error', async () => {
    const deep = `{"a":${'['.repeat(200_000)}`;
    expect(await run({ message: deep })).toEqual({ message: deep });
  });
});

describe('options', () => {
  it.each([{ feild: 'message' }, { field: '' }, { remove: 'yes' }, { target: '' }, { overwrite: 1 }])(
    '%j are rejected',
    async (options) => {
      await expect(testTransform(parseJson, options)).rejects.toThrow(/Invalid|Unrecognized|Too small/i);
    },
  );
});
