import { describe, expect, it } from 'vitest';
import type { Migration } from '../../../src/migrate/migrate.ts';
import { migratedText, said, settingsOf } from './lab.ts';

function migrate(encoding: string): Migration {
  return migratedText(
    [
      "sources: { k: { type: kafka, bootstrap_servers: 'k:9092', group_id: g, topics: [a], decoding: {codec: json} } }",
      "sinks: { es: { type: elasticsearch, inputs: [k], endpoints: ['http://es:9200'], bulk: {index: a},",
      `    encoding: {${encoding}} } }`,
    ].join('\n'),
  );
}

const steps = (made: Migration): unknown => settingsOf(made)['transforms'];

describe('encoding', () => {
  it('names the fields that are removed or kept', () => {
    expect(said(migrate('except_fields: [a, b.c]'), 'done')).toContain(
      'sinks.es: `encoding.except_fields`: `a`, `b.c`.',
    );
    expect(said(migrate('only_fields: [a]'), 'done')).toContain('sinks.es: `encoding.only_fields`: `a`.');
  });

  it('with the element of a list is to do', () => {
    const except = migrate("except_fields: ['c[0]', d]");
    expect(steps(except)).toContainEqual({ use: 'remove', with: { fields: ['d'] } });
    expect(said(except, 'todo')).toEqual([
      'sinks.es: `encoding.except_fields`: Logweir cannot express `c[0]`. It stays in the documents; remove it ' +
        'in a transform.',
    ]);
    const only = migrate("only_fields: ['c[0].x', d]");
    expect(steps(only)).toContainEqual({ use: 'keep', with: { fields: ['c', 'd'] } });
    expect(said(only, 'todo').join('\n')).toContain('The whole of the field above it is kept');
  });

  it('with both lists is to do', () => {
    const made = migrate('only_fields: [a], except_fields: [a.b]');
    expect(said(made, 'todo').join('\n')).toContain(
      '`encoding.except_fields` beside `only_fields` is left out',
    );
  });
});
