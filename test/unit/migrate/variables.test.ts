import { describe, expect, it } from 'vitest';
import type { Migration } from '../../../src/migrate/migrate.ts';
import { migratedText, said } from './lab.ts';

function migrate(program: string): Migration {
  return migratedText(
    [
      "sources: { k: { type: kafka, bootstrap_servers: 'k:9092', group_id: g, topics: [a], decoding: {codec: json} } }",
      'transforms:',
      '  t:',
      '    type: remap',
      '    inputs: [k]',
      '    source: |',
      ...program.split('\n').map((line) => `      ${line}`),
      "sinks: { es: { type: elasticsearch, inputs: [t], endpoints: ['http://es:9200'], bulk: {index: a} } }",
    ].join('\n'),
  );
}

const todo = (program: string): string => said(migrate(program), 'todo').join('\n');

describe('a variable that is no value is to do', () => {
  it.each([
    ['.k."$FIELD" = 1', 'line 1, column 1: the variable FIELD cannot be translated here'],
    ['.a = 1\n.x = .k."${FIELD}"', 'line 2, column 6: the variable FIELD cannot be translated here'],
    ['.a = { "$KEY": 1 }', 'line 1, column 6: the variable KEY cannot be translated here'],
    ['.a = 1\n.${FIELD} = 1', 'line 2, column 2: the variable FIELD cannot be translated here'],
    ['${TARGET} = 1', 'line 1, column 1: the variable TARGET cannot be translated here'],
    ['.a.${FIELD}_x = 1', 'line 1, column 4: the variable FIELD cannot be translated here'],
  ])('as in `%s`', (program, sentence) => {
    expect(todo(program)).toContain(sentence);
    expect([...migrate(program).files.values()].join('\n')).not.toContain('parse_json!(get_env_var!');
  });
});

it('another fault of a program with a variable is told as it is', () => {
  expect(todo('.a = ${N}\n.b = )')).toContain('line 2, column 6');
  expect(todo('.a = ${N}\n.b = )')).not.toContain('the variable N');
});

it('a variable in a text with a template is expanded', () => {
  const code = migrate('name = string!(.a)\n.b = "{{ name }}-$ENV"').files.get('transforms/t.ts');
  expect(code).toContain("getEnvVar('ENV')");
  expect(code).not.toContain('$ENV');
});

it('variables that are values are translated', () => {
  expect(todo('.a = ${N}\n.b = "$X"\n."c$" = r\'^a$\'')).toBe('');
});
