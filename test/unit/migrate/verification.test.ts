import { describe, expect, it } from 'vitest';
import type { Fields } from '../../../src/migrate/model.ts';
import { recordLine } from '../../../src/migrate/verification/record-lines.ts';
import { verificationConfig } from '../../../src/migrate/verification/vector-config.ts';
import { migrated, migratedText } from './lab.ts';

function verified({ topology, config }: ReturnType<typeof migrated>): Record<string, Fields> {
  if (topology === null) throw new Error('nothing to verify');
  return verificationConfig(topology, config, {
    endpointOf: ({ id }) => `http://here/${id}`,
    dataDirectory: '/data',
    findFile: (path) => `/found/${path}`,
  }) as Record<string, Fields>;
}

describe("Vector's configuration with other ends", () => {
  it('reads records from the standard input in place of Kafka', () => {
    const { sources, transforms } = verified(migrated('routes.yaml'));
    expect(Object.values(sources ?? {})).toMatchObject([{ type: 'stdin', decoding: { codec: 'json' } }]);
    expect(transforms).toMatchObject({ in: { type: 'remap', inputs: ['logweir_verify_records'] } });
    expect(JSON.stringify([sources, transforms])).not.toContain('bootstrap_servers');
  });

  it('keeps transforms, and the outputs that they read', () => {
    const { transforms } = verified(migrated('exclusive.json'));
    expect(transforms).toMatchObject({
      drop_noise: { type: 'filter', inputs: ['kind.app'], condition: 'length(string!(.message)) > 3' },
      logweir_verify_es_app: { inputs: ['drop_noise', 'thin'] },
      logweir_verify_es_audit: { inputs: ['kind.audit'] },
    });
  });

  it('writes to the substitute, without a secret, with all that makes up a document', () => {
    const { sinks } = verified(migrated('hidden-field.yaml'));
    expect(sinks).toMatchObject({
      es: {
        endpoints: ['http://here/es'],
        inputs: ['logweir_verify_es'],
        id_key: '_id',
        encoding: { except_fields: ['write_index', 'secret.token'] },
        bulk: { index: '{{ write_index }}' },
      },
    });
    const text = JSON.stringify(verified(migrated('payload.yaml')).sinks);
    for (const word of ['auth', 'password', 'es-1', 'tls', 'batch', 'buffer'])
      expect(text).not.toContain(word);
  });

  it('leaves out what does not lead from Kafka to Elasticsearch', () => {
    const { sources, sinks } = verified(migrated('payload.yaml'));
    expect(Object.keys(sources ?? {})).toEqual(['logweir_verify_records']);
    expect(Object.keys(sinks ?? {})).toEqual(['es']);
  });

  it('keeps log schema and time zone, and finds programs and tables', () => {
    expect(verified(migrated('data-stream.yaml'))).toMatchObject({
      timezone: 'Europe/Vienna',
      log_schema: { timestamp_key: 'ts' },
      data_dir: '/data',
    });
    expect(verified(migrated('folder')).transforms).toMatchObject({
      from_file: { file: '/found/program.vrl' },
    });
    expect(verified(migrated('two-files'))['enrichment_tables']).toMatchObject({
      teams: { file: { path: '/found//etc/vector/teams.csv' } },
    });
  });

  it('looks at the topic where there are several sources', () => {
    const { transforms } = verified(migrated('two-files'));
    const programs = Object.values(transforms ?? {}).map((one) => String((one as Fields)['source']));
    expect(programs.filter((source) => source.includes('includes(["a"], record.topic)'))).toHaveLength(1);
    expect(programs.filter((source) => source.includes('includes(["b"], record.topic)'))).toHaveLength(1);
  });

  it('keeps the number of the record where only some fields are written', () => {
    const made = migratedText(`
sources: { k: { type: kafka, bootstrap_servers: k, group_id: g, topics: [a] } }
sinks:
  es: { type: elasticsearch, inputs: [k], endpoint: "http://es", encoding: { only_fields: [message] } }
`);
    expect(verified(made).sinks).toMatchObject({
      es: { endpoint: 'http://here/es', encoding: { only_fields: ['message', 'logweir_verify_id'] } },
    });
  });

  it('is refused for a codec that is not imitated', () => {
    expect(() => verified(migrated('lua.yaml'))).toThrow(
      /lua.yaml:3: sources.kafka has decoding.codec: avro/,
    );
  });
});

it('a record is one line, with its bytes in base64', () => {
  const line = recordLine(
    {
      topic: 'a',
      partition: 1,
      offset: 7,
      timestamp: -1,
      key: Buffer.from([0xff]),
      value: Buffer.from('x\ny'),
      headers: [{ h: 'first' }, { h: Buffer.from('last') }, { __proto__x: '' }],
    },
    3,
  );
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(JSON.parse(line)).toEqual({
    logweir_record: {
      id: 3,
      topic: 'a',
      partition: 1,
      offset: 7,
      timestamp: null,
      key: '/w==',
      value: 'eAp5',
      headers: { h: 'bGFzdA==', __proto__x: '' },
    },
  });
});
