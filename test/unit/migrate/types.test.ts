import { describe, expect, it } from 'vitest';
import type { Migration } from '../../../src/migrate/migrate.ts';
import { migratedText, said } from './lab.ts';

const SOURCE =
  "k: { type: kafka, bootstrap_servers: 'k:9092', group_id: g, topics: [a], decoding: {codec: json}";

function migrate({ source = '', sink = '', remap = "source: '.a = 1'", more = '' }): Migration {
  return migratedText(
    [
      `sources: { ${SOURCE}, ${source} } }`,
      `transforms: { t: { type: remap, inputs: [k], ${remap} } }`,
      `sinks: { es: { type: elasticsearch, inputs: [t], endpoints: ['http://es:9200'], ${sink} } }`,
      more,
    ].join('\n'),
  );
}

describe('a value of another type', () => {
  it.each([
    [{ source: 'librdkafka_options: [x]' }, '`librdkafka_options`: a map of options is expected, not a list'],
    [{ source: 'sasl: PLAIN' }, '`sasl`: a map of options is expected, not a text'],
    [{ sink: 'query: q' }, '`query`: a map of options is expected, not a text'],
    [{ sink: 'bulk: x' }, '`bulk`: a map of options is expected, not a text'],
    [{ sink: 'tls: true' }, '`tls`: a map of options is expected, not a boolean'],
    [{ sink: 'encoding: 3' }, '`encoding`: a map of options is expected, not a number'],
    [{ remap: 'source: 3' }, '`source` must be a text with a program, not a number'],
    [{ remap: 'source: null' }, '`source` must be a text with a program, not nothing'],
    [{ remap: 'drop_on_error: true' }, 'it has neither `source` nor `file`'],
  ])('in %o is to do', (parts, sentence) => {
    expect(said(migrate(parts), 'todo').join('\n')).toContain(sentence);
  });

  it.each([
    ['tests: {a: 1}', 'vector.yaml:4: tests must be a list of tests, not a map'],
    ['tests: [a]', 'vector.yaml:4: a test must be a map, not a text'],
    ['enrichment_tables: null', 'vector.yaml:4: enrichment_tables must be a map, not nothing'],
  ])('in `%s` is an error with its place', (more, sentence) => {
    expect(() => migrate({ more })).toThrow(sentence);
  });

  it('at the top, or of a section, is an error', () => {
    expect(() => migratedText('[a]')).toThrow(
      'it must be a map with sources, transforms and sinks, not a list',
    );
    expect(() => migratedText('sinks: x')).toThrow('vector.yaml:1: sinks must be a map, not a text');
    expect(() => migratedText('sources: {a: 1}')).toThrow('sources.a must be a map of options, not a number');
    expect(migratedText('').isPossible).toBe(false);
  });
});
