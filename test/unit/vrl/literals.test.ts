import { expect, it } from 'vitest';
import { emitProgram } from '../../../src/migrate/vrl/emit/emit.ts';
import { parseVrl } from '../../../src/migrate/vrl/parser.ts';

function problems(call: string): readonly { text: string; line: number }[] {
  return emitProgram(parseVrl(`.a = 1\n.b = ${call}`), { dropsOnAbort: true }).problems;
}

it.each([
  ['parse_groks!(.m, ["%{integer:n} %{word:w}"])', 'the matcher or filter %{integer:n} of Datadog'],
  ['parse_groks!(.m, ["%{NUMBER:n:integer}"])', 'the matcher or filter %{NUMBER:n:integer} of Datadog'],
  ['parse_groks!(.m, ["%{NUMBER:a.b}"])', 'the matcher or filter %{NUMBER:a.b} of Datadog'],
  ['parse_groks!(.m, ["%{date(\\"yyyy}\\"):d}"])', 'the matcher or filter %{date("yyyy}"):d} of Datadog'],
  ['parse_groks!(.m, ["%{x}"], aliases: {"x": "%{word:w}"})', 'the matcher or filter %{word:w} of Datadog'],
  ['parse_groks!(.m, .patterns)', 'no literals'],
  ['parse_groks!(.m, ["%{NOSUCH:a}"])', 'there is no grok pattern NOSUCH'],
  ['parse_grok!(.m, "%{NOSUCH:a}")', 'there is no grok pattern NOSUCH'],
  ['parse_timestamp!(.m, "%G-%V %T")', 'the specifier %G'],
])('%s is not translated, and the report says where', (call, text) => {
  expect(problems(call)).toEqual([{ line: 2, text: expect.stringContaining(text) as string }]);
});

it.each([
  'parse_groks!(.m, ["%{NUMBER:n} %{x}"], aliases: {"x": "%{WORD:w}"})',
  'parse_grok!(.m, "%{NUMBER:n:int}")',
  'parse_timestamp!(.m, "%a %d %b %Y %T%.3f %z")',
  'parse_timestamp!(.m, "%+")',
])('%s is translated', (call) => {
  expect(problems(call)).toEqual([]);
});
