import { expect, it } from 'vitest';
import { emitProgram } from '../../../src/migrate/vrl/emit/emit.ts';
import { parseVrl } from '../../../src/migrate/vrl/parser.ts';
import { Pattern } from '../../../src/vrl/pattern.ts';

function problems(pattern: string): readonly { text: string; line: number }[] {
  return emitProgram(parseVrl(`.a = 1\n.b = match!(.m, r'${pattern}')`), { dropsOnAbort: true }).problems;
}

it.each([
  ['[a-z&&[^b]]+', 'a class in a class, and operators as && in one, have no translation'],
  ['[a[bc]]', 'operators as ['],
  ['[a--b]', 'operators as --'],
  ['[a~~b]', 'operators as ~~'],
  ['\\<word', 'the start or end of a word (\\<)'],
  ['word\\>', 'the start or end of a word (\\>)'],
  ['\\b{start}word', 'the start or end of a word (\\b{start})'],
  ['(?mR)^a$', 'the flag R has no translation'],
  ['x{0,2000}', 'invalid repeat count'],
  ['a(?=b)', 'invalid'],
])('%s is not translated, and the report says where', (pattern, text) => {
  expect(problems(pattern)).toEqual([{ line: 2, text: expect.stringContaining(text) as string }]);
});

it.each([
  ['(?x) a b # a comment\n c', 'abc'],
  ['(?x: a\\ b ) c', 'a b c'],
  ['(?x) [ ] a ] +', ']a'],
  ['\\u{e9}\\u00e8', 'éè'],
  ['^[^\\W]$', 'é'],
  ['^[\\D]$', 'é'],
  ['^a\\sb$', 'a\u000bb'],
  ['^[\\W]$', '€'],
  ['(?i)^É$', 'é'],
  ['^[]a-]+$', ']-a'],
  ['^[[:alpha:]]+$', 'ab'],
  ['^\\w$', 'Ⓐ'],
])('%s finds %s, as in Rust', (pattern, text) => {
  expect(problems(pattern)).toEqual([]);
  expect(Pattern.of(pattern).test(text)).toBe(true);
});

it.each([
  ['^[^\\W]$', '€'],
  ['^[\\W]$', 'é'],
  ['^(?-u:\\w)$', 'é'],
  ['^[\\S]$', '\u00a0'],
  ['^[^\\s]$', '\u2003'],
  ['(?x: a) b', 'ab'],
])('%s does not find %s, as in Rust', (pattern, text) => {
  expect(Pattern.of(pattern).test(text)).toBe(false);
});
