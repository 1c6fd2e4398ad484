import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { emitProgram } from '../../../src/migrate/vrl/emit/emit.ts';
import { functionNames, functionSpec } from '../../../src/migrate/vrl/functions.ts';
import { parseVrl } from '../../../src/migrate/vrl/parser.ts';
import * as vrl from '../../../src/vrl/vrl.ts';
import { compile } from './support/program.ts';

function body(source: string, dropsOnAbort = true): string {
  return emitProgram(parseVrl(source), { dropsOnAbort }).body.slice(0, -1).join('\n');
}

it.each([
  ['.team = "shop"', "event.team = 'shop';"],
  ['."@version" = 1', "event['@version'] = 1;"],
  ['.a.b = 1', "put(event, ['a', 'b'], 1);"],
  ['.new = del(.old)', "event.new = removeAt(event, ['old']);"],
  ['del(.old)', 'delete event.old;'],
  ['.b = .a', 'event.b = copy(event.a ?? null);'],
  ['.b = string!(.a)', 'event.b = asString(event.a);'],
  ['if is_null(.env) { .env = "x" }', "event.env ??= 'x';"],
  [
    'if .s == 500 { .e = true } else { .e = false }',
    'if (event.s === 500) {\n  event.e = true;\n} else {\n  event.e = false;\n}',
  ],
  ['.c = if .s >= 500 { "e" } else { "o" }', "event.c = isAtLeast(event.s, 500) ? 'e' : 'o';"],
  ['.l = downcase(string!(.l))', 'event.l = downcase(asString(event.l));'],
  ['. |= object!(.m)', 'Object.assign(event, asObject(event.m));'],
  [
    'x, err = to_int(.n)\nif err == null { .n = x }',
    'const [x, err] = attempt(() => toInt(event.n), 0);\nif (err == null) {\n  event.n = x;\n}',
  ],
  ['.n = to_int(.n) ?? 0', 'event.n = recover(() => toInt(event.n), () => 0);'],
  ['.p = split!(.m, ",", limit: 2)', "event.p = split(event.m, ',', 2);"],
  [
    '.h = contains(string!(.m), "x", case_sensitive: false)',
    "event.h = contains(asString(event.m), 'x', { caseSensitive: false });",
  ],
  ['# why\nabort', '// why'],
  [
    'for_each(object!(.o)) -> |k, v| { .x = k }',
    'for (const [k] of entries(asObject(event.o))) {\n  event.x = copy(k);\n}',
  ],
  [
    'for_each(object!(.o)) -> |k, v| { .x = "{{ v }}" }',
    'for (const [, v] of entries(asObject(event.o))) {\n  event.x = `${asString(v)}`;\n}',
  ],
  [
    'for_each(object!(.o)) -> |_, v| { .x = 1 }',
    'for (const _ of entries(asObject(event.o))) {\n  event.x = 1;\n}',
  ],
])('%s', (source, expected) => {
  expect(body(source).replaceAll(/\s+\n/g, '\n')).toBe(expected);
});

it('the name of a time zone is not translated, unless it is UTC', () => {
  const problemsOf = (source: string): number =>
    emitProgram(parseVrl(source), { dropsOnAbort: true }).problems.length;
  expect(problemsOf('.t = format_timestamp!(.t, "%F %Z", timezone: "Europe/Vienna")')).toBe(1);
  expect(problemsOf('.t = format_timestamp!(.t, "%F %Z")')).toBe(0);
  expect(problemsOf('.t = format_timestamp!(.t, "%F %%Z", timezone: "Europe/Vienna")')).toBe(0);
});

it('a regular expression becomes a constant of the file, once', () => {
  const { constants, body: lines } = emitProgram(
    parseVrl(".a = match!(.m, r'^a\\d')\n.b = match!(.n, r'^a\\d')"),
    {
      dropsOnAbort: true,
    },
  );
  expect(constants).toEqual(['const PATTERN_1 = regex(String.raw`^a\\d`);']);
  expect(lines.join('\n').match(/PATTERN_1/g)).toHaveLength(2);
});

it('names of fields and variables that JavaScript has for itself stay fields and variables', () => {
  const program = compile(
    'class = .constructor\n.constructor = "c"\n.length = 3\n.out = [class, .toString, .length]\n.__proto__ = 5',
  );
  const result = program({}) as Record<string, unknown>;
  expect(result['out']).toEqual([null, null, 3]);
  expect(Object.keys(result)).toEqual(['constructor', 'length', 'out', '__proto__']);
  expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
});

it('abort drops the event, or passes it as it came', () => {
  const source =
    '.a = 2\nif .stop == true { abort }\n.b = map_values({"x": 1}) -> |v| { if .deep == true { abort }; v }';
  expect(compile(source)({ stop: true, a: 1 })).toBeUndefined();
  expect(compile(source)({ deep: true, a: 1 })).toBeUndefined();
  expect(compile(source, false)({ stop: true, a: 1 })).toEqual({ stop: true, a: 1 });
  expect(compile(source, false)({ deep: true, a: 1 })).toEqual({ deep: true, a: 1 });
  expect(compile(source)({ a: 1 })).toEqual({ a: 2, b: { x: 1 } });
});

it('an array as the event makes several events', () => {
  expect(compile('. = unnest!(.items)')({ host: 'h', items: [1, 2] })).toEqual([
    { host: 'h', items: 1 },
    { host: 'h', items: 2 },
  ]);
  expect(compile('. = parse_json!(.m)\n.x = 1')({ m: '[1]' })).toEqual({ x: 1 });
});

it.each([
  ['.a = 1\n.b = no_such(.a)', 2, 'the function no_such is not translated'],
  ['.a = parse_xml!(.m)', 1, 'the function parse_xml is not translated'],
  ['.t = %kafka.topic', 1, 'metadata (%) of the log namespace'],
  ['.a = split!(.m)', 1, 'split needs pattern'],
  ['.a = split!(.m, ",", size: 3)', 1, 'split has no parameter size'],
])('%s has no translation, and says where', (source, line, text) => {
  expect(emitProgram(parseVrl(source), { dropsOnAbort: true }).problems).toContainEqual({ line, text });
});

it.each([
  ['||', '.a == 1'],
  ['||', '.a'],
  ['&&', '.a'],
  ['??', 'to_int(.a)'],
])('a chain of 100 %s of %s is translated at once, from the left and from the right', (operator, operand) => {
  const operands = Array.from({ length: 100 }, () => operand);
  const fromLeft = operands.join(` ${operator} `);
  const fromRight = operands.reduceRight((right, left) => `${left} ${operator} (${right})`);
  for (const chain of [fromLeft, fromRight])
    expect(body(`.x = ${chain}`).match(/event\.a\b/g)).toHaveLength(100);
});

it('an if of 100 levels is translated at once', () => {
  const nested = Array.from({ length: 100 }, (_, n) => n).reduce(
    (inner, n) => `if .a == ${n} { ${inner} } else { "y" }`,
    'b = 1; b',
  );
  expect(body(`.x = ${nested}`).match(/if \(/g)).toHaveLength(100);
});

it('an if may stand in the condition of another', () => {
  const program = compile('.x = if (if .a == 1 { .b } else { .c }) == 2 { "yes" } else { "no" }');
  expect(program({ a: 1, b: 2, c: 3 })).toMatchObject({ x: 'yes' });
  expect(program({ a: 0, b: 2, c: 3 })).toMatchObject({ x: 'no' });
});

it.each(['.x = .b || { # why\n .a }', '.x, err = { # why\n to_int(.a) }'])(
  '%s keeps its comment',
  (source) => {
    expect(body(source)).toContain('// why');
  },
);

it('every function of the table is exported', () => {
  expect(functionNames().length).toBeGreaterThan(100);
  const missing = functionNames().filter((name) => {
    if (name === 'log') return false;
    return !((functionSpec(name)?.name ?? '') in vrl);
  });
  expect(missing).toEqual([]);
});

it('docs/vrl.md lists every function', () => {
  const page = readFileSync(new URL('../../../docs/vrl.md', import.meta.url), 'utf8');
  const list = page.slice(page.indexOf('## Functions'), page.indexOf('A program that uses another'));
  const listed = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name ?? '');
  expect(listed).toEqual([...functionNames(), 'del', 'exists', 'for_each', 'unnest'].toSorted());
});

it.each([
  '.b = .a',
  '.b = merge(object!(.a), {})',
  'x = .a\n.b = x',
  '.b = get!(., ["a"])',
  '.c.b = .a\n.b = .c.b',
])('a later transform that changes one field in place does not change another: %s', (source) => {
  const event = compile(source)({ a: { x: { y: 1 } } }) as { a: object; b: { x: { y: number } } };
  event.b.x.y = 2;
  expect(event.a).toEqual({ x: { y: 1 } });
});
