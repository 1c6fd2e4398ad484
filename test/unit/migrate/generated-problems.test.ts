import { describe, expect, it } from 'vitest';
import { reportProblems } from '../../../src/migrate/generated-problems.ts';
import { Report } from '../../../src/migrate/report.ts';
import { migrated, migratedText, names, said, settingsOf } from './lab.ts';

const told = (text: string): string[] => {
  const report = new Report();
  reportProblems(text, report);
  return report.items.map(({ text: sentence, place }) => `${place.line}: ${sentence}`);
};

const CONFIGURATION = [
  'kafka: { bootstrap_servers: "k:9092", group_id: g, topics: [a] }',
  'elasticsearch:',
  '  index: app-${ENV}',
  '  batch: { max_bytes: "${BYTES}", max_events: "${EVENTS:-100}" }',
  '  request: { concurrency: "${CONCURRENCY}" }',
];

describe('a generated configuration', () => {
  it('is to do where `logweir config` refuses it, with the line', () => {
    expect(told(CONFIGURATION.join('\n').replace('index: app', 'index: App'))).toEqual([
      expect.stringMatching(/^3: `logweir config` refuses it: elasticsearch\.index: .*upper-case/),
    ]);
    expect(told(CONFIGURATION.join('\n').replace('EVENTS:-100', 'EVENTS:-0'))).toEqual([
      expect.stringMatching(/^4: `logweir config` refuses it: elasticsearch\.batch\.max_events/),
    ]);
  });

  it('may have variables that need different values', () => {
    expect(told(CONFIGURATION.join('\n'))).toEqual([]);
  });

  it('has no such problem where one migrates what Vector accepts', () => {
    for (const name of names)
      expect(said(migrated(name), 'todo').filter((one) => one.includes('refuses'))).toEqual([]);
  });
});

it('a data stream has no `require_alias`', () => {
  const made = migratedText(
    [
      "sources: { k: { type: kafka, bootstrap_servers: 'k:9092', group_id: g, topics: [a], decoding: {codec: json} } }",
      "sinks: { es: { type: elasticsearch, inputs: [k], endpoints: ['http://es:9200'], mode: data_stream,",
      "    query: {require_alias: 'true'}, tls: {verify_certificate: maybe} } }",
    ].join('\n'),
  );
  expect(settingsOf(made)['elasticsearch']).not.toHaveProperty('require_alias');
  expect(said(made, 'check').join('\n')).toContain(
    '`query.require_alias`: left out: a data stream is no alias.',
  );
  expect(said(made, 'todo').join('\n')).toContain(
    'logweir.yaml: `logweir config` refuses it: elasticsearch.tls.verify',
  );
});
