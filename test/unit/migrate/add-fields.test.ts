import { expect, it } from 'vitest';
import { migratedText, said } from './lab.ts';

function codeOf(fields: string): string {
  const made = migratedText(
    [
      "sources: { k: { type: kafka, bootstrap_servers: 'k:9092', group_id: g, topics: [a], decoding: {codec: json} } }",
      `transforms: { t: { type: add_fields, inputs: [k], fields: {${fields}} } }`,
      "sinks: { es: { type: elasticsearch, inputs: [t], endpoints: ['http://es:9200'], bulk: {index: a} } }",
    ].join('\n'),
  );
  expect(said(made, 'todo')).toEqual([]);
  return made.files.get('transforms/t.ts') ?? '';
}

it('a template of add_fields is the value of its fields, where they are there', () => {
  const code = codeOf("x: 'it\\''s {{ a }}/{{ b.c }}'".replace("\\''", "''"));
  expect(code).toContain("if ('a' in event && ");
  expect(code).toContain(
    String.raw`event.x = 'it\'s ' + recover(() => toString(event.a), () => '') + '/' + `,
  );
});

it('braces of add_fields that are no template are text', () => {
  expect(codeOf("x: 'a {{ b', y: '{{ a }}'")).toContain("event.x = 'a {' + '{ b';");
});
