import { expect, it } from 'vitest';
import * as vrl from '../../../src/vrl/vrl.ts';
import { parseExact, stringifyExact } from '../../../src/codec/exact-json.ts';
import { type Fields, compile } from './support/program.ts';

it.each([
  ['x = .o\nx.a = 8', { o: { a: 1 } }],
  ['x = object(.o) ?? {}\nx.a = 8', { o: { a: 1 } }],
  ['x, err = object(.o)\ndel(x.a)', { o: { a: 1 } }],
  ['x = get!(., ["o"])\nx.a = 8', { o: { a: 1 } }],
  ['x = merge({}, {"o": .o})\nx.o.a = 8', { o: { a: 1 } }],
  ['x = .\nx.o.a = 8\ndel(x.o)', { o: { a: 1 } }],
  ['for_each(.) -> |_k, v| { v.a = 8 }', { o: { a: 1 } }],
])('%s leaves the event as it is', (source, event) => {
  expect(compile(source)(structuredClone(event))).toEqual(event);
});

it.each([
  ['x = .\n.o.a = 8\n.x = x', { o: { a: 8 }, x: { o: { a: 1 } } }],
  ['.raw = .\n.o = 2', { raw: { o: { a: 1 } }, o: 2 }],
  ['.b = .o\n.o.a = 8', { b: { a: 1 }, o: { a: 8 } }],
  ['.b = .o\ndel(.b.a)', { b: {}, o: { a: 1 } }],
  ['x = .o\n. = x\n.b = 1\n.x = x', { a: 1, b: 1, x: { a: 1 } }],
  ['.list = [.o, .o]\n.list[0].a = 8', { o: { a: 1 }, list: [{ a: 8 }, { a: 1 }] }],
])('%s: no value shows the change of another', (source, expected) => {
  expect(compile(source)({ o: { a: 1 } })).toEqual(expected);
});

it('events of one array are different objects', () => {
  const events = compile('. = [.o, .o]')({ o: { a: 1 } }) as unknown[];
  expect(events).toEqual([{ a: 1 }, { a: 1 }]);
  expect(events[0]).not.toBe(events[1]);
});

it('a defect is no failure of VRL: neither ?? nor an error variable hides it', () => {
  const defect = (): never => {
    throw new TypeError('a defect');
  };
  expect(() => vrl.recover(defect, () => 'other')).toThrow(TypeError);
  expect(() => vrl.attempt(defect, null)).toThrow(TypeError);
});

it.each([
  ['.i - .i', 'NaN'],
  ['.i + (0 - .i)', 'NaN'],
  ['0 * .i', 'NaN'],
  ['.i / .i', 'NaN'],
  ['mod(.i, 2.0)', 'NaN'],
  ['to_int(.i)', 9223372036854775807n],
  ['to_int(0 - .i)', -9223372036854775808n],
  ['to_int(.large)', 144115188075855872n],
  ['to_string(.i)', 'inf'],
  ['to_string(0 - .i)', '-inf'],
  ['encode_json([.i])', '[null]'],
])('%s of an infinite number .i is %s, as in the engine', (source, expected) => {
  const program = compile(
    `.i = to_float!("inf")\n.x, err = ${source}\nif contains(string(err) ?? "", "NaN") { .x = "NaN" }`,
  );
  expect(program({ large: 2 ** 57 })).toMatchObject({ x: expected });
});

it.each([
  ['.x = sha2!(.m, variant: "SHA-1000") ?? "no"', 'no'],
  ['.x = (.m * .n) ?? "no"', 'no'],
  [
    '.x = parse_json!("{\\"a\\":{\\"b\\":12345678901234567890}}", max_depth: 1)',
    { a: '{"b":12345678901234567890}' },
  ],
  ['.x = unique([{"a": 9223372036854775807}, {"a": 9223372036854775807}])', [{ a: 9223372036854775807n }]],
  ['.x = parse_url!("http://%ff:p@h/").host', 'h'],
])('%s throws nothing but what ?? catches', (source, expected) => {
  expect(compile(source)({ m: 'mm', n: 2 ** 40 })).toMatchObject({ x: expected });
});

it.each([
  ['.x = .missing || .absent', null],
  ['.x = false || .absent', null],
  ['.x = string(.absent) ?? .absent', null],
  ['.x = to_string(0.0000001)', '0.0000001'],
  ['.x = to_string(-0.00000125)', '-0.00000125'],
  ['.x = to_string(1000000000000000000000.0 * 1.5)', '1500000000000000000000'],
  ['.x = parse_csv!("\\"a")', ['a']],
  ['.x = parse_csv!("a,\\"b")', ['a', 'b']],
  ['.x = parse_url!("mailto:a@b.c").host', null],
  ['.x = abs(-9223372036854775807 - 1)', -9223372036854775808n],
  ['.x = parse_bytes("1024", "b") ?? "no"', 'no'],
  ['.x = parse_bytes("1024B", "kb") ?? "no"', 'no'],
  ['.x = parse_bytes!("1024b", "KB")', 1],
  ['.x = to_float("nan") ?? "no"', 'no'],
])('%s is what it is in VRL', (source, expected) => {
  expect(compile(source)({})).toEqual({ x: expected });
});

it.each([
  ['.a.b = 1', '{"a":{"x":1.0,"b":1},"list":[{"m":1.0},2.0]}'],
  ['.list[0].q = 1', '{"a":{"x":1.0},"list":[{"m":1.0,"q":1},2.0]}'],
  ['x = .a\nx.b = 1\n.a = x', '{"a":{"x":1.0,"b":1},"list":[{"m":1.0},2.0]}'],
  ['.raw = .', '{"a":{"x":1.0},"list":[{"m":1.0},2.0],"raw":{"a":{"x":1.0},"list":[{"m":1.0},2.0]}}'],
])('%s leaves the text of other numbers as it was', (source, expected) => {
  const exact = parseExact('{"a":{"x":1.0},"list":[{"m":1.0},2.0]}');
  expect(stringifyExact(compile(source)(exact.value as Fields) as Fields, exact)).toBe(expected);
});

it.each(['. == parse_json!("1")\n.z = 1', '{"a": parse_json!("1")}\n.z = 1'])(
  '%s: a statement may start with an object',
  (source) => {
    expect(compile(source)({})).toEqual({ z: 1 });
  },
);

it.each([
  ['2024-01-02', '%Y-%m-%d', 'fails'],
  ['31/Dec/23', '%d/%b/%y', 'fails'],
  ['Mon Jan 02 03:04:05 2024', '%a %b %d %T %Y', 'fails'],
  ['Tue Jan 02 03:04:05 2024', '%a %b %d %T %Y', '2024-01-02T02:04:05Z'],
  ['2024-01-02 03:04:05 CET', '%F %T %Z', 'fails'],
  ['2024-01-02 03:04:05 CET +0100', '%F %T %Z %z', '2024-01-02T02:04:05Z'],
  ['-1', '%s', 'fails'],
  ['1700000000', '%s', '2023-11-14T22:13:20Z'],
  ['2024-01-02 03:05', '%F %I:%M', 'fails'],
  ['2024-01-02 13:05 PM', '%F %I:%M %p', 'fails'],
  ['2024-01-02 03:04:06 +0000 1704164645', '%F %T %z %s', 'fails'],
  ['2023-366 03:04', '%Y-%j %R', 'fails'],
  ['2024-366 03:04', '%Y-%j %R', '2024-12-31T02:04:00Z'],
  ['2024-01-02 03:04:05 +25:00', '%F %T %z', 'fails'],
  ['2024-03-31 02:30:00', '%F %T', 'fails'],
  ['2024-03-31 03:00:00', '%F %T', '2024-03-31T01:00:00Z'],
  ['2024-10-27 02:30:00', '%F %T', 'fails'],
  ['2024-10-27 03:00:00', '%F %T', '2024-10-27T02:00:00Z'],
])('%s in the format %s is %s, as in VRL', (text, format, expected) => {
  const source = '.t = parse_timestamp(.text, .format, timezone: "Europe/Berlin") ?? "fails"';
  const { t } = compile(source)({ text, format }) as Fields;
  expect(String(t)).toBe(expected);
});
