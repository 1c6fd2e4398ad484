import { describe, expect, it } from 'vitest';
import type { Migration } from '../../../src/migrate/migrate.ts';
import { migratedText, said, settingsOf } from './lab.ts';

function migrate(sink: string): Migration {
  return migratedText(
    [
      "sources: { k: { type: kafka, bootstrap_servers: 'k:9092', group_id: g, topics: [a], decoding: {codec: json} } }",
      `sinks: { es: { type: elasticsearch, inputs: [k], endpoints: ['http://es:9200'], ${sink} } }`,
    ].join('\n'),
  );
}

const target = (made: Migration): unknown => settingsOf(made)['elasticsearch'];

describe('variables in the name of an index', () => {
  it('are those of logweir.yaml', () => {
    const made = migrate("bulk: {index: 'app-${ENV}-%Y.%m.%d'}");
    expect(target(made)).toHaveProperty('index', 'app-${ENV}-{{timestamp|yyyy.MM.dd}}');
    expect(said(made, 'todo')).toEqual([]);
    expect(target(migrate("bulk: {index: 'app-$ENV'}"))).toHaveProperty('index', 'app-$ENV');
  });

  it('have a default that is checked', () => {
    const made = migrate("bulk: {index: 'app-${ENV:-Prod}'}");
    expect(said(made, 'todo').join('\n')).toContain("has the upper-case letter 'P'");
  });

  it('are expanded by generated code', () => {
    const made = migrate(
      "bulk: {index: 'app-${ENV}-{{ a[0] }}-%j', template_fallback_index: '${ENV:-x}-none'}",
    );
    const code = made.files.get('transforms/to-es.ts');
    expect(code).toContain("const index = `app-${getEnvVar('ENV')}-".replace('const index = ', ''));
    expect(code).toContain("`${process.env['ENV'] || 'x'}-none`");
    expect(code).toMatch(/import \{[^}]*getEnvVar[^}]*\} from 'logweir\/vrl'/);
    expect(target(made)).toHaveProperty('index', 'app');
    const fallback = migrate("bulk: {index: 'app-${ENV}-{{ a }}', template_fallback_index: none}");
    expect(fallback.files.get('transforms/to-es.ts')).toContain(
      "compileIndexName(`app-${getEnvVar('ENV')}-{{a}}`)",
    );
  });

  it('of a data stream are expanded as well', () => {
    const made = migrate("mode: data_stream, data_stream: {dataset: '${ENV}'}");
    expect(target(made)).toMatchObject({ data_stream: { dataset: '${ENV}' } });
    expect(made.files.get('transforms/to-es.ts')).toContain("?? `${getEnvVar('ENV')}`");
  });
});
