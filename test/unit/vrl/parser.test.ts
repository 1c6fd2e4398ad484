import { expect, it } from 'vitest';
import type { Expression } from '../../../src/migrate/vrl/ast.ts';
import { parseVrl } from '../../../src/migrate/vrl/parser.ts';
import { VrlSyntaxError } from '../../../src/migrate/vrl/syntax-error.ts';

/** A program as nested lists, for short expectations. */
function shape(expression: Expression): unknown {
  switch (expression.kind) {
    case 'literal':
      return `${expression.type} ${expression.value}`;
    case 'variable':
      return expression.name;
    case 'query':
      return [
        typeof expression.target === 'string' ? expression.target : shape(expression.target),
        ...expression.path,
      ];
    case 'binary':
      return [shape(expression.left), expression.operator, shape(expression.right)];
    case 'not':
      return ['!', shape(expression.value)];
    case 'group':
      return shape(expression.value);
    case 'call':
      return { [expression.name]: expression.arguments.map(({ name, value }) => [name, shape(value)]) };
    default:
      return expression.kind;
  }
}

function only(source: string): unknown {
  const { body } = parseVrl(source);
  expect(body).toHaveLength(1);
  return body[0] === undefined ? undefined : shape(body[0]);
}

it.each([
  ['1 + 2 * 3', ['integer 1', '+', ['integer 2', '*', 'integer 3']]],
  ['a || b && c', [['a', '||', 'b'], '&&', 'c']],
  ['.a ?? .b ?? 1', [[['event', 'a'], '??', ['event', 'b']], '??', 'integer 1']],
  ['!.a == true', [['!', ['event', 'a']], '==', 'boolean true']],
  ['a - 1', ['a', '-', 'integer 1']],
  ['[1, -2][0]', [expect.anything(), 0]],
  ['.a."b c"[0].@timestamp', ['event', 'a', 'b c', 0, '@timestamp']],
  ['.2xx.1', ['event', '2xx', '1']],
  ['.a[-1]', ['event', 'a', -1]],
  ['%kafka.topic', ['metadata', 'kafka', 'topic']],
  ['parse_json!(.m).a', [{ parse_json: [[null, ['event', 'm']]] }, 'a']],
  [
    'f(a, name: 1,\n b)',
    {
      f: [
        [null, 'a'],
        ['name', 'integer 1'],
        [null, 'b'],
      ],
    },
  ],
  ["s'raw \\n'", 'string raw \\n'],
  ["r'\\d+\\'x'", "regex \\d+'x"],
  ["t'2026-01-02T03:04:05Z'", 'timestamp 2026-01-02T03:04:05Z'],
  ['1_000_000', 'integer 1000000'],
  ['"a \\u{1F600} \\"b\\" \\\n   c"', 'string a 😀 "b" c'],
])('%s', (source, expected) => {
  expect(only(source)).toEqual(expected);
});

it('newlines and semicolons end an expression; else may follow on its own line; comments are kept', () => {
  const { body, comments } = parseVrl(
    '# first\n.a = 1; .b = 2 # second\n\nif .a == 1 {\n  .c = 3\n}\n# third\nelse {\n  .c = 4\n}\n',
  );
  expect(body.map(({ kind }) => kind)).toEqual(['assignment', 'assignment', 'if']);
  expect(comments.map(({ text }) => text)).toEqual([' first', ' second', ' third']);
});

it.each([
  ['.a = 1 +\n\n', 3, 1, 'the program ends here; expected an expression'],
  ['.a = 1 .b = 2', 1, 8, 'unexpected "."; expected a line feed or ";" after the expression'],
  ['.a = "x', 1, 6, 'this string has no closing quote'],
  ['.a = "\\d"', 1, 7, '\\d is no escape sequence of VRL'],
  ['if true {\n  .a = 1\n', 3, 1, 'the program ends here'],
  ['x = 1\nfor = 2', 2, 1, 'for is a reserved word of VRL; use a different name'],
  ['.a[b]', 1, 4, 'an index is a whole number'],
  ['f(1', 1, 4, 'the program ends here; expected "," or ")" after the item'],
  ['.a = 1 ^ 2', 1, 8, 'unexpected character "^"'],
])('%s is refused with its place', (source, line, column, problem) => {
  let caught: unknown;
  try {
    parseVrl(source);
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(VrlSyntaxError);
  expect(caught).toMatchObject({ line, column });
  expect((caught as Error).message).toContain(problem);
});

it('the message shows the line and marks the place', () => {
  expect(() => parseVrl('.a = 1\n.b = )')).toThrow(
    'line 2, column 6: unexpected ")"; expected an expression\n2 | .b = )\n  |      ^',
  );
});

it.each(['(', '[', '{', '!', 'if '])('any depth of %j is refused, not a crash', (open) => {
  expect(() => parseVrl(open.repeat(100_000))).toThrow(VrlSyntaxError);
});
