import { describe, expect, it } from 'vitest';
import type { Migration } from '../../../src/migrate/migrate.ts';
import { migratedText, said } from './lab.ts';

/** Two sinks of one cluster with these options. */
function made(first: string, second: string): Migration {
  const sink = (id: string, more: string): string =>
    `${id}: { type: elasticsearch, inputs: [k], endpoints: [http://es], bulk: { index: ${id} }, ${more} }`;
  return migratedText(`
sources: { k: { type: kafka, bootstrap_servers: k, group_id: g, topics: [a], decoding: { codec: json } } }
sinks: { ${sink('es', first)}, ${sink('es3', second)} }`);
}

describe('a second sink', () => {
  it('with other tls, proxy or login needs another instance', () => {
    const cases = [
      ['', 'tls: { ca_file: /ca }', 'has another `tls`'],
      ['tls: { ca_file: /ca }', '', 'has another `tls`'],
      ['', 'proxy: { http: http://p }', 'has another `proxy`'],
      ['auth: { user: a, password: b }', 'auth: { user: a, password: c }', 'another login'],
    ] as const;
    for (const [first, second, why] of cases)
      expect(
        said(made(first, second), 'todo')
          .filter((text) => text.startsWith('sinks.es3'))
          .join(),
      ).toContain(why);
  });

  it('has each other setting named that it loses', () => {
    const one = made('batch: { max_events: 5 }', 'compression: gzip, batch: { max_bytes: 9, max_events: 7 }');
    expect(said(one, 'check')).toContain(
      'sinks.es3: `elasticsearch.batch.max_bytes`, `elasticsearch.batch.max_events`, `elasticsearch.compression` ' +
        'would differ: Logweir has one of each, that of sinks.es.',
    );
    const headers = made('', 'request: { headers: { X: a } }');
    expect(said(headers, 'todo').join()).toMatch(/sinks\.es3: `request\.headers.*Logweir sends no headers/);
  });

  it('with the same settings, in any order, shares them', () => {
    const one = made(
      'auth: { user: a, password: "${P}" }, tls: { verify_certificate: false }, compression: gzip',
      'compression: gzip, tls: { enabled: true, verify_certificate: false }, auth: { password: "${P}", user: a }',
    );
    expect([...said(one, 'todo'), ...said(one, 'check')]).toEqual([]);
    expect(said(one, 'done')).toContain('sinks.es3: shares the connection of sinks.es.');
  });
});
