import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../src/codec/decode.ts';
import { type ExactValue, parseExact, parseObject, stringifyExact } from '../../../src/codec/exact-json.ts';
import { lazyOf } from '../../../src/codec/lazy-event.ts';
import { define } from '../../../src/codec/field-path.ts';
import { NumberLiteral } from '../../../src/codec/raw-json.ts';
import { mergeInto } from '../../../src/transform/api/merge-into.ts';

type Fields = Record<string, unknown>;

function eventOf(text: string, lazily = true): ExactValue & { value: Fields } {
  const decoded = decode(Buffer.from(text), 'json', lazily);
  if (decoded.kind !== 'event') throw new Error(decoded.message);
  return decoded.event() as ExactValue & { value: Fields };
}

/** As the renderer writes an event. */
function rendered(event: Fields, exact?: ExactValue): string {
  const lazy = lazyOf(event, exact);
  if (lazy === undefined) return stringifyExact(event, exact);
  if (lazy.materialised !== undefined) return stringifyExact(lazy.materialised, lazy);
  const chunk = Buffer.alloc(lazy.bytesMax());
  return chunk.toString('utf8', 0, lazy.writeTo(chunk, 0));
}

const NUMBERS = '"a":1.0,"b":2.50,"c":-0,"d":1E3,"e":{"f":0.10,"g":[1.0,2,3.00]},"h":[{"i":5.0},{"i":5}]';

describe('numbers of a text in an event keep their literals', () => {
  it.each([
    ['merged into it', {}, `{"host":"h",${NUMBERS}}`],
    ['under a key of their own', { target: 'app' }, `{"host":"h","app":{${NUMBERS}}}`],
    ['under a path', { target: 'app.log' }, `{"host":"h","app":{"log":{${NUMBERS}}}}`],
  ])('%s', (_, options, expected) => {
    for (const host of ['{"host":"h"}', '{"host":"h","n":1.0}']) {
      const exact = eventOf(host);
      const event = mergeInto(exact.value, parseObject(`{${NUMBERS}}`) ?? {}, {
        overwrite: false,
        ...options,
      });
      delete event['n'];
      expect(rendered(event, exact)).toBe(expected);
      expect(rendered({ ...event }, exact)).toBe(expected);
      expect(rendered(Object.assign(Object.create(null) as Fields, event), exact)).toBe(expected);
    }
  });

  it('unless they are changed; the event itself is not modified', () => {
    const exact = eventOf('{"host":"h"}');
    const event = mergeInto(exact.value, parseObject(`{${NUMBERS}}`) ?? {}, { overwrite: false });
    event['a'] = 2;
    (event['e'] as Fields)['f'] = 0.2;
    (event['e'] as { g: number[] }).g[1] = 7;
    (event['h'] as Fields[])[1] = { i: 6 };
    expect(rendered(event, exact)).toBe(
      '{"host":"h","a":2,"b":2.50,"c":-0,"d":1E3,"e":{"f":0.2,"g":[1.0,7,3]},"h":[{"i":5.0},{"i":6}]}',
    );
  });

  it('in each of the events that are made from one', () => {
    const exact = eventOf('{"message":"m"}');
    const parsed = parseObject('{"price":12.50,"items":[{"n":1.0},{"n":2.0}]}') ?? {};
    const { items } = parsed as { items: Fields[] };
    const texts = items.map((item) => rendered({ item, order: parsed }, exact));
    expect(texts).toEqual([
      '{"item":{"n":1.0},"order":{"price":12.50,"items":[{"n":1.0},{"n":2.0}]}}',
      '{"item":{"n":2.0},"order":{"price":12.50,"items":[{"n":1.0},{"n":2.0}]}}',
    ]);
  });

  it('if their object is moved, also into another event', () => {
    const exact = eventOf('{"message":"m"}');
    const event = mergeInto(exact.value, parseObject(`{${NUMBERS}}`) ?? {}, { overwrite: false });
    const moved = { wrapped: [event['e'], event['h']] };
    expect(rendered(moved)).toBe('{"wrapped":[{"f":0.10,"g":[1.0,2,3.00]},[{"i":5.0},{"i":5}]]}');
  });

  it('also in a nested copy', () => {
    const exact = eventOf('{"a":{"b":{"n":1.0,"m":2.0}},"t":1.50}');
    const { a } = exact.value as { a: { b: Fields } };
    const event = { ...exact.value, a: { ...a, b: { ...a.b, m: 3 } } };
    expect(rendered(event, exact)).toBe('{"a":{"b":{"n":1.0,"m":3}},"t":1.50}');
    expect(rendered(structuredClone(exact.value), exact)).toBe('{"a":{"b":{"n":1.0,"m":2.0}},"t":1.50}');
  });

  it('if a transform keeps an event and returns it later', () => {
    const kept = eventOf('{"n":1.0,"a":{"m":2.0}}').value;
    const exact = eventOf('{"n":2}');
    expect(rendered(kept, exact)).toBe('{"n":1.0,"a":{"m":2.0}}');
  });

  it('if the last of two fields with the same name has it', () => {
    expect(stringifyExact(parseObject('{"a":1.0,"a":1}') ?? {})).toBe('{"a":1}');
    expect(stringifyExact(parseObject('{"a":2,"a":1.0}') ?? {})).toBe('{"a":1.0}');
    expect(stringifyExact(parseObject('{"a":{"b":1.0},"a":{"b":1}}') ?? {})).toBe('{"a":{"b":1}}');
  });
});

describe('a literal never replaces another value', () => {
  it.each<[string, string, (event: Fields) => void, string]>([
    [
      'an object replaced another',
      '{"a":{"n":1.0},"b":{"n":1}}',
      (event) => (event['a'] = event['b']),
      '{"a":{"n":1},"b":{"n":1}}',
    ],
    [
      'a list was reversed',
      '{"a":[{"n":1.0},{"n":1}]}',
      (event) => (event['a'] as unknown[]).push((event['a'] as unknown[]).shift()),
      '{"a":[{"n":1},{"n":1.0}]}',
    ],
    ['a list lost its first', '{"a":[1.0,2.0]}', (event) => (event['a'] as unknown[]).shift(), '{"a":[2]}'],
    [
      'an element was inserted before it',
      '{"a":[1.0]}',
      (event) => (event['a'] as unknown[]).unshift(0, 1),
      '{"a":[0,1,1]}',
    ],
    ['0 replaced -0', '{"a":-0}', (event) => (event['a'] = 0), '{"a":0}'],
    ['a text replaced it', '{"a":1.0}', (event) => (event['a'] = '1'), '{"a":"1"}'],
    [
      'a parsed field replaced it',
      '{"a":1.0,"b":2.0}',
      (event) => mergeInto(event, parseObject('{"a":1}') ?? {}, { overwrite: true }),
      '{"a":1,"b":2.0}',
    ],
    [
      'a parsed field did not replace it',
      '{"a":1}',
      (event) => mergeInto(event, parseObject('{"a":1.0}') ?? {}, { overwrite: false }),
      '{"a":1}',
    ],
    [
      'another number was added to a list',
      '{"a":[1.0,2.50]}',
      (event) => (event['a'] as unknown[]).push(3),
      '{"a":[1.0,2.50,3]}',
    ],
  ])('%s', (_, text, change, expected) => {
    const exact = eventOf(text);
    change(exact.value);
    expect(rendered(exact.value, exact)).toBe(expected);
  });
});

it('a value without a JSON form throws as in JSON.stringify, and cyclic values are not copied endlessly', () => {
  const exact = eventOf('{"n":1.0,"a":{"m":2.0}}');
  const a = exact.value['a'] as Fields;
  a['self'] = a;
  a['again'] = a;
  a['up'] = exact.value;
  expect(() => stringifyExact(exact.value, exact)).toThrow(/circular/);
  delete a['self'];
  delete a['again'];
  delete a['up'];
  expect(stringifyExact(exact.value, exact)).toBe('{"n":1.0,"a":{"m":2.0}}');
});

it('toJSON is used', () => {
  const exact = eventOf('{"n":1.0,"a":{"m":2.0}}');
  (exact.value['a'] as Fields)['toJSON'] = () => 'said';
  const event = { ...exact.value, at: new Date(0) };
  expect(stringifyExact(event, exact)).toBe('{"n":1.0,"a":"said","at":"1970-01-01T00:00:00.000Z"}');
});

it('integers of up to a thousand digits are BigInt, longer ones are literals; all are written unchanged', () => {
  const text = `{"a":${'7'.repeat(1000)},"b":${'7'.repeat(1001)},"c":1e99999999999,"d":-1e-99999999999,"e":0e99999999999}`;
  const { value } = parseExact(text) as { value: Fields };
  expect(typeof value['a']).toBe('bigint');
  expect(value['b']).toEqual(JSON.parse(JSON.stringify({ rawJSON: '7'.repeat(1001) })));
  expect(stringifyExact(value)).toBe(text);
});

describe('a number that no double can hold', () => {
  it.each([
    ['1e400', Infinity],
    ['-1E400', -Infinity],
    ['1e-400', 0],
    ['0.1000000000000000055511151231257827', 0.1],
    ['12345678901234567890.5', Number('12345678901234567890.5')],
    ['7'.repeat(1001), Infinity],
  ])(
    '%s is its text to String and the nearest double to operators, and leaves as it came',
    (text, number) => {
      const source = `{"n":${text},"l":[${text}]}`;
      const exact = parseExact(source);
      const { n } = exact.value as { n: number };
      expect(String(n)).toBe(text);
      expect(`${n}`).toBe(text);
      expect(n.valueOf()).toBe(number);
      expect([n > 5, n < 5, n + 1, n * 2, -n]).toEqual([
        number > 5,
        number < 5,
        number + 1,
        number * 2,
        -number,
      ]);
      expect(typeof n).toBe('object');
      expect(n).toBeInstanceOf(NumberLiteral);
      expect(n).toEqual(new NumberLiteral(text));
      expect(n).not.toEqual(new NumberLiteral('1e401'));
      expect(stringifyExact(exact.value as object, exact)).toBe(source);
      expect(JSON.stringify({ moved: n })).toBe(`{"moved":${text}}`);
      expect(stringifyExact({ moved: n, big: 2n ** 70n })).toBe(
        `{"moved":${text},"big":1180591620717411303424}`,
      );
    },
  );

  it.each(['', 'x', '"1"', 'true', 'null', '01', '1e', ' 1'])('%j is none', (text) => {
    expect(() => new NumberLiteral(text)).toThrow(SyntaxError);
  });
});

it('any number of zeros is read once', () => {
  const text = `{"n":1.${'0'.repeat(100_000)}1}`;
  const before = process.threadCpuUsage();
  expect(stringifyExact(parseObject(text) ?? {})).toBe(text);
  // Quadratic time would be four seconds.
  expect(process.threadCpuUsage(before).user).toBeLessThan(500_000);
});

/** A literal number, or any other part of a JSON text. */
type Part = { text: string } | Part[] | Map<string, Part>;

const LITERALS = [
  '1',
  '1.0',
  '1.00',
  '1e0',
  '-0',
  '0',
  '0.0',
  '2.5',
  '2.50',
  '1E3',
  '1000',
  '12345678901234567890',
  '1e400',
];
const key = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'toString', '1', '');
const part: fc.Arbitrary<Part> = fc.letrec<{ any: Part }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...LITERALS, '"text"', 'null').map((text): Part => ({ text })),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('any')), { maxLength: 5 }).map((members): Part => new Map(members)),
  ),
})).any;
const fields = fc.array(fc.tuple(key, part), { maxLength: 5 }).map((members) => new Map(members));

/** With JavaScript's order of keys. */
function textOf(one: Part): string {
  if (Array.isArray(one)) return `[${one.map(textOf).join(',')}]`;
  if (!(one instanceof Map)) return one.text;
  const order = Object.keys([...one.keys()].reduce<Fields>((all, name) => define(all, name, 0), {}));
  return `{${order.map((name) => `${JSON.stringify(name)}:${textOf(one.get(name) as Part)}`).join(',')}}`;
}

function copyOf(one: Part): Part {
  if (Array.isArray(one)) return one.map(copyOf);
  return one instanceof Map ? copyOfFields(one) : one;
}

function copyOfFields(one: Map<string, Part>): Map<string, Part> {
  return new Map([...one].map(([name, inner]) => [name, copyOf(inner)]));
}

describe('for any text and any changes', () => {
  const edit = fc.record({
    kind: fc.constantFrom('set', 'delete', 'spread', 'move', 'share', 'push', 'merge', 'target'),
    path: fc.array(fc.nat(4), { maxLength: 4 }),
    key,
    with: fields,
  });
  type Edit = typeof edit extends fc.Arbitrary<infer E> ? E : never;

  /** The object or list at a path, in the event and in its model. Not through lists: copies lose literals. */
  function at(event: Fields, model: Map<string, Part>, path: readonly number[]): [Fields, Map<string, Part>] {
    let holder = event;
    let one = model;
    for (const step of path) {
      const names = [...one].flatMap(([name, inner]) => (inner instanceof Map ? [name] : []));
      const name = names[step % Math.max(1, names.length)];
      if (name === undefined) break;
      holder = holder[name] as Fields;
      one = one.get(name) as Map<string, Part>;
    }
    return [holder, one];
  }

  let changed = 0;

  function apply(
    { kind, path, key: name, with: generated }: Edit,
    event: Fields,
    model: Map<string, Part>,
  ): Fields {
    const [holder, one] = at(event, model, path);
    const other = copyOfFields(generated);
    if (kind === 'set') {
      // A number that occurs nowhere else.
      define(holder, name, ++changed + 0.5);
      one.set(name, { text: `${changed}.5` });
    } else if (kind === 'delete') {
      delete holder[name];
      one.delete(name);
    } else if (kind === 'push') {
      const list = Object.hasOwn(holder, name) ? holder[name] : undefined;
      if (Array.isArray(list)) {
        list.push(1);
        (one.get(name) as Part[]).push({ text: '1' });
      }
    } else if (kind === 'merge' || kind === 'target') {
      const parsed = parseObject(textOf(other)) ?? {};
      if (kind === 'target') {
        // At an unused path: at the same path an equal number keeps its literal.
        const target = `target ${++changed}`;
        define(holder, target, parsed);
        one.set(target, other);
      } else {
        mergeInto(event, parsed, { overwrite: true });
        for (const [inner, value] of other) model.set(inner, value);
      }
    } else if (kind === 'spread') return { ...event };
    else if (one.get(name) instanceof Map && one !== model) {
      // Puts it under another key of the top level, in addition or instead.
      define(event, 'moved', holder[name]);
      model.set('moved', one.get(name) as Part);
      if (kind === 'move') {
        delete holder[name];
        one.delete(name);
      }
    }
    return event;
  }

  it.each([true, false])(
    'unchanged content keeps its literals (lazily: %s)',
    (lazily) => {
      fc.assert(
        fc.property(fields, fc.array(edit, { maxLength: 6 }), (source, edits) => {
          const exact = eventOf(textOf(source), lazily);
          let event = exact.value;
          const model = copyOfFields(source);
          let isSpread = false;
          for (const one of edits) {
            // In a copy the literals of the top level are found by the keys of the original.
            if (isSpread && one.kind === 'merge') continue;
            event = apply(one, event, model);
            isSpread ||= one.kind === 'spread';
          }
          expect(rendered(event, exact)).toBe(textOf(model));
        }),
        { numRuns: 1000 },
      );
    },
    30_000,
  );
});
