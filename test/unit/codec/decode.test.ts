import { isUtf8 } from 'node:buffer';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../src/codec/decode.ts';
import { parseExact, parseObject, stringifyExact } from '../../../src/codec/exact-json.ts';

const json = (text: string | Buffer) => decode(Buffer.from(text), 'json');

function roundTrip(text: string): string {
  const decoded = json(text);
  if (decoded.kind !== 'event') throw new Error(decoded.message);
  const exact = decoded.parse();
  return stringifyExact(exact.value as object, exact);
}

describe('only a single JSON object passes', () => {
  it.each([
    '{}',
    ' {"a":1}\t',
    '{"a":{"b":[1,2,{"c":[]}]},"d":"x\\u00e9\\n"}',
    '{"a":-0.5e+10,"b":true,"c":null,"d":false}',
    '{"__proto__":{"polluted":true}}',
  ])('%s', (text) => {
    expect(json(text)).toMatchObject({ kind: 'event', bytes: Buffer.from(text) });
  });

  it.each([
    ['', 'empty_value'],
    ['   ', 'invalid_json'],
    ['not json', 'invalid_json'],
    ['[1,2]', 'not_an_object'],
    ['"text"', 'not_an_object'],
    ['12', 'not_an_object'],
    ['null', 'not_an_object'],
    ['{"a":1', 'invalid_json'],
    ['{"a":1}}', 'invalid_json'],
    ['{"a":1}{"b":2}', 'invalid_json'],
    ['{"a":01}', 'invalid_json'],
    ['{"a":1.}', 'invalid_json'],
    ['{"a":.5}', 'invalid_json'],
    ['{"a":NaN}', 'invalid_json'],
    ["{'a':1}", 'invalid_json'],
    ['{"a":1,}', 'invalid_json'],
    ['{"a" 1}', 'invalid_json'],
    ['{"a":"\n"}', 'invalid_json'],
    ['{"a":"\\x"}', 'invalid_json'],
    ['{"a":"\\u12g4"}', 'invalid_json'],
    ['/* c */{"a":1}', 'invalid_json'],
    ['\ufeff{"a":1}', 'invalid_json'],
    ['{"a":tru}', 'invalid_json'],
    [`{"a":${'['.repeat(2000)}${']'.repeat(2000)}}`, 'nested_too_deep'],
  ])('%# %.40s → %s', (text, reason) => {
    expect(json(text)).toMatchObject({ kind: 'poison', reason });
  });

  it('bytes that are not UTF-8', () => {
    expect(json(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]))).toMatchObject({
      reason: 'invalid_utf8',
    });
  });

  it('agrees with JSON.parse on mutations of real events', () => {
    const seed = '{"a":[1,-2.5e3,"x\\"\\u0041"],"b":{"c":null,"d":true},"e":""}';
    let random = 42;
    const next = (below: number) => (random = (random * 1103515245 + 12345) % 2147483648) % below;
    const characters = '{}[]",:0123-+.eE\\u truefalsn \n\t\u0001x';
    let valid = 0;
    for (let run = 0; run < 20_000; run++) {
      const at = next(seed.length);
      const text = seed.slice(0, at) + characters[next(characters.length)] + seed.slice(at + next(3));
      let expected = true;
      try {
        expected = typeof JSON.parse(text) === 'object';
      } catch {
        expected = false;
      }
      expect({ text, valid: json(text).kind === 'event' }).toEqual({ text, valid: expected });
      if (expected) valid++;
    }
    expect(valid).toBeGreaterThan(1000);
  });

  it('agrees with JSON.parse on any object, for any offset of its strings and any invalid byte', () => {
    const mutation = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) });
    const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' }));
    const layout = fc.constantFrom(0, 1, 7, '\n\t');
    let valid = 0;
    fc.assert(
      fc.property(object, layout, fc.option(mutation, { freq: 1 }), (value, indent, wrong) => {
        const bytes = Buffer.from(JSON.stringify(value, null, indent));
        if (wrong !== null) bytes[wrong.at % bytes.length] = wrong.byte;
        const expected = isUtf8(bytes) && isObjectText(bytes.toString());
        expect(decode(bytes, 'json').kind).toBe(expected ? 'event' : 'poison');
        if (expected) valid++;
      }),
      { numRuns: 5000 },
    );
    expect(valid).toBeGreaterThan(2500);
  });

  it.each(['key', 'value'])('agrees with JSON.parse on every byte at any position of a %s', (where) => {
    for (let byte = 0; byte < 256; byte++) {
      for (let before = 0; before < 20; before++) {
        const text = `${'x'.repeat(before)}\0${'y'.repeat(20 - before)}`;
        const bytes = Buffer.from(where === 'key' ? `{"${text}":1}` : `{"a":"${text}"}`, 'latin1');
        bytes[bytes.indexOf(0)] = byte;
        const expected = isUtf8(bytes) && isObjectText(bytes.toString());
        expect({ byte, before, kind: json(bytes).kind }).toEqual({
          byte,
          before,
          kind: expected ? 'event' : 'poison',
        });
      }
    }
  });

  it('a thousand levels pass, and one more is rejected', () => {
    const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(json(nested(1000))).toMatchObject({ kind: 'event' });
    expect(json(nested(1001))).toMatchObject({ reason: 'nested_too_deep' });
  });

  it.each([
    ['UTF-8', Buffer.from('\uFEFF{"a":1}'), 'invalid_json', /begins with a byte order mark \(BOM, U\+FEFF\)/],
    ['UTF-8 in front of nothing', Buffer.from('\uFEFF'), 'invalid_json', /BOM/],
    [
      'UTF-16, little end first',
      Buffer.from('\uFEFF{"a":1}', 'utf16le'),
      'invalid_utf8',
      /\(BOM\) of UTF-16/,
    ],
    ['UTF-16, big end first', Buffer.from('\uFEFF{"a":1}', 'utf16le').swap16(), 'invalid_utf8', /of UTF-16/],
  ])('a byte order mark of %s is named', (_name, bytes, reason, message) => {
    const decoded = json(bytes);
    expect(decoded).toMatchObject({ kind: 'poison', reason });
    expect((decoded as { message: string }).message).toMatch(message);
  });

  it('names the first invalid byte', () => {
    const text = `{"a":"${'x'.repeat(40)}",}`;
    expect(json(text)).toMatchObject({ message: `no JSON object: unexpected byte at ${text.length - 1}` });
  });

  it('a record of several megabytes, one without an end, and the records after them', () => {
    const text = `{"a":"${'x'.repeat(3_000_000)}","n":1.0}`;
    expect(json(text)).toMatchObject({ kind: 'event' });
    expect(roundTrip(text)).toBe(text);
    expect(json(text.slice(0, -1))).toMatchObject({ message: 'the JSON object has no end' });
    expect(json('{"a":"x"')).toMatchObject({ message: 'the JSON object has no end' });
    expect(json('{"a":"x"}')).toMatchObject({ kind: 'event' });
    expect(parseObject(text)).toMatchObject({ n: 1 });
  });
});

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

describe('unchanged content is preserved', () => {
  it('a raw line feed between tokens becomes a space, and all other bytes are kept', () => {
    expect(json('{"a":1,\n"b":"x\\n"\n}')).toMatchObject({ bytes: Buffer.from('{"a":1, "b":"x\\n" }') });
  });

  it.each([
    '{"id":9007199254740993,"negative":-9007199254740995}',
    '{"n":1.0,"m":1E3,"o":-0,"p":0.10,"q":1e400,"r":0.12345678901234567890123}',
    '{"nested":{"list":[1.0,2.50,{"deep":18446744073709551616}]}}',
    '{"plain":[1,2.5,-3],"text":"9007199254740993"}',
    '{"__proto__":{"x":1.0},"constructor":1.0}',
    '{"n":1000000000000000000000,"m":1e21,"k":5e-324,"l":1e-7,"z":0.0}',
  ])('%s', (text) => {
    expect(roundTrip(text)).toBe(text);
  });

  it('a transform sees integers beyond 2^53 as BigInt, and a changed number is written as changed', () => {
    const decoded = json('{"id":9007199254740993,"n":1.0,"m":2.0}');
    if (decoded.kind !== 'event') throw new Error(decoded.message);
    const exact = decoded.parse();
    const event = exact.value as Record<string, unknown>;
    expect(event).toEqual({ id: 9007199254740993n, n: 1, m: 2 });
    expect(stringifyExact({ ...event, n: 3, id: 9007199254740997n }, exact)).toBe(
      '{"id":9007199254740997,"n":3,"m":2.0}',
    );
  });
});

it('text becomes a message', () => {
  expect(decode(Buffer.from('say "hi"\n'), 'text')).toMatchObject({
    bytes: Buffer.from('{"message":"say \\"hi\\"\\n"}'),
  });
});

describe('a text that may be a JSON object', () => {
  it.each(['', 'text', '[1]', '"a"', '{"a":1} more', '{"a":', '{a:1}'])('%j is none', (text) => {
    expect(parseObject(text)).toBeUndefined();
  });

  it.each(['{}', '{"a":[1,"é"],"b":{"c":null}}', '{"id":9007199254740993,"n":1e400}'])(
    '%s is one',
    (text) => {
      expect(parseObject(text)).toEqual(parseExact(text).value);
    },
  );
});
