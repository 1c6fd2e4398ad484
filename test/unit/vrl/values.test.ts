import { expect, it } from 'vitest';
import * as vrl from '../../../src/vrl/vrl.ts';
import { compile } from './support/program.ts';

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
