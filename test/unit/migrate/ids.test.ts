import { describe, expect, it } from 'vitest';
import type { Migration } from '../../../src/migrate/migrate.ts';
import { migrated, migratedText, said, settingsOf } from './lab.ts';

/** A configuration of Vector with these settings of its sinks, and a program. */
function configuration(sinks: readonly string[], program = '.a = 1'): string {
  return [
    "sources: { kafka: { type: kafka, bootstrap_servers: 'k:9092', group_id: g, topics: [a] } }",
    `transforms: { make: { type: remap, inputs: [kafka], source: '${program}' } }`,
    'sinks:',
    ...sinks.map(
      (more, at) =>
        `  es${at}: { type: elasticsearch, inputs: [make], endpoints: [http://es:9200], bulk: { index: i${at} }, ${more} }`,
    ),
  ].join('\n');
}

const migrate = (sink: string, program?: string): Migration => migratedText(configuration([sink], program));
const target = (made: Migration): Record<string, unknown> =>
  settingsOf(made)['elasticsearch'] as Record<string, unknown>;

describe('id_key', () => {
  it('is the same setting: the newest of an id stays, which the report tells', () => {
    const made = migrate('id_key: .meta.order');
    expect(target(made)).toMatchObject({ id_key: 'meta.order' });
    expect(target(made)).not.toHaveProperty('same_id');
    expect(said(made, 'check').join('\n')).toContain(
      '`id_key: .meta.order`: of the records with one id the newest stays',
    );
  });

  it('with `bulk.action: create` the first of an id stays', () => {
    const made = migrate('id_key: order, bulk_action: create');
    expect(target(made)).toMatchObject({ id_key: 'order', same_id: 'first' });
    expect(said(made, 'done').join('\n')).toContain('the first document of an id stays');
    const stream = migrate('id_key: order, mode: data_stream');
    expect(target(stream)).toMatchObject({ id_key: 'order', mode: 'data_stream' });
    expect(target(stream)).not.toHaveProperty('same_id');
  });

  it('that a program makes at random is left out, and the field removed', () => {
    const made = migrate('id_key: _id, bulk_action: create', '._id = encode_base64(uuid_v4())');
    expect(target(made)).not.toHaveProperty('id_key');
    expect(made.files.get('logweir.yaml')).toMatch(/use: remove\n {4}with:\n {6}fields:\n {8}- _id/);
    expect(said(made, 'done').join('\n')).toContain('a program makes it at random');
    // A second assignment that is not random.
    const other = migrate('id_key: _id', '._id = uuid_v4(); ._id = .order');
    expect(target(other)).toHaveProperty('id_key', '_id');
  });

  it.each([
    ['if !exists(.id) { .id = uuid_v4() }', 'only where it is missing'],
    ['.meta.id = uuid_v4()', 'is another field'],
    ['.id = .order ?? uuid_v4()', 'is only the second choice'],
    ['# .id = uuid_v4()', 'is a comment'],
    ['.id = uuid_v4(); . = parse_json!(.message)', 'is replaced with the event'],
    ['if exists(.id) { return . }; .id = uuid_v4()', 'comes after the end of the program'],
    ['.id = uuid_v4(); .id |= {}', 'is changed'],
  ])('stays where the random value of `%s` %s', (program) => {
    const made = migrate('id_key: id', program.replaceAll("'", "''"));
    expect(target(made)).toHaveProperty('id_key', 'id');
    expect(made.files.get('logweir.yaml')).not.toMatch(/use: remove/);
  });

  it('stays where one way to the sink has no random id', () => {
    const text = configuration(['id_key: id'], '.id = uuid_v4()');
    expect(target(migratedText(text))).not.toHaveProperty('id_key');
    const both = migratedText(text.replace('inputs: [make]', 'inputs: [make, kafka]'));
    expect(target(both)).toHaveProperty('id_key', 'id');
  });

  it('is there when the document is made, whatever fields the document may have', () => {
    const except = migrate('id_key: id, encoding: { except_fields: [id, secret] }');
    expect(except.files.get('logweir.yaml')).toMatch(/fields:\n {8}- secret\n/);
    expect(except.files.get('logweir.yaml')).not.toContain('- id');
    const only = migrate('id_key: id, encoding: { only_fields: [message] }');
    expect(only.files.get('logweir.yaml')).toMatch(/- message\n {8}- id/);
    const parent = migrate('id_key: meta.id, encoding: { except_fields: [meta] }');
    expect(said(parent, 'todo').join('\n')).toContain('`encoding.except_fields` removes `meta` first');
  });

  it('that Logweir cannot express is to do', () => {
    const made = migrate("id_key: 'ids[0]'");
    expect(target(made)).not.toHaveProperty('id_key');
    expect(said(made, 'todo').join('\n')).toContain('`id_key: ids[0]`: Logweir cannot express this path');
  });

  it('of two sinks that differ is that of the first; the second needs another instance', () => {
    for (const other of ['', 'id_key: other', 'id_key: order, bulk_action: create']) {
      const made = migratedText(configuration(['id_key: order', other]));
      expect(target(made)).toMatchObject({ id_key: 'order' });
      expect(said(made, 'todo')).toEqual([
        expect.stringContaining('sinks.es1: has another `id_key`, or another `bulk.action` with it,'),
      ]);
    }
    const same = migratedText(configuration(['id_key: order', 'id_key: order']));
    expect(said(same, 'todo')).toEqual([]);
  });
});

describe('query', () => {
  it('has the parameters that Logweir sends; the others are named with the reason', () => {
    const made = migrate(
      "query: { require_alias: 'true', pipeline: clean, refresh: wait_for, pretty: 'true', routing: [a, b] }",
    );
    expect(target(made)).toMatchObject({
      require_alias: true,
      pipeline: 'clean',
      query: { refresh: 'wait_for' },
    });
    const done = said(made, 'done').join('\n');
    expect(done).toContain('`query.require_alias` is `elasticsearch.require_alias`.');
    expect(done).toContain('`query.refresh`.');
    expect(said(made, 'check').join('\n')).toContain(
      '`query.pretty`: left out: Logweir reads the answers, and this changes their form.',
    );
    expect(said(made, 'todo')).toEqual([
      'sinks.es0: `query.routing`: Logweir sends one value of a parameter; left out.',
    ]);
  });

  it('that differs between two sinks needs another instance', () => {
    const made = migratedText(configuration(["query: { refresh: 'true' }", '']));
    expect(said(made, 'todo').join('\n')).toContain('sinks.es1: has another `query`');
  });

  it('and id_key of a configuration with a hidden field are settings', () => {
    expect(target(migrated('hidden-field.yaml'))).toMatchObject({ id_key: '_id', require_alias: true });
  });
});
