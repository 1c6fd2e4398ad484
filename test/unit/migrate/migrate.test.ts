import { describe, expect, it } from 'vitest';
import { LogweirError } from '../../../src/errors.ts';
import { migrated, migratedText, said, settingsOf } from './lab.ts';

describe('a source and a sink', () => {
  const made = migrated('payload.yaml');
  const settings = settingsOf(made);

  it('have the settings of Vector under the names of Logweir', () => {
    expect(settings['kafka']).toEqual({
      bootstrap_servers: 'kafka-1:9092,kafka-2:9092',
      group_id: 'vector-logs',
      auto_offset_reset: 'earliest',
      commit_interval_ms: 5000,
      librdkafka_options: { 'fetch.wait.max.ms': 100, 'max.partition.fetch.bytes': '1048576' },
      topics: ['shop-logs', '^audit-[a-z]+$'],
    });
    expect(settings['elasticsearch']).toMatchObject({
      endpoints: ['https://es-1:9200', 'https://es-2:9200'],
      index: 'shop-{{service.name}}-{{timestamp|yyyy.MM.dd}}',
      auth: { username: 'logs', password: '${ES_PASSWORD}' },
      compression: 'gzip',
      batch: { max_bytes: 5_000_000, max_age_ms: 2000 },
      request: { timeout_ms: 600_000, concurrency: 'adaptive' },
      tls: { verify: false },
    });
  });

  it('start where Vector starts, at the newest records unless it is told otherwise', () => {
    expect(settingsOf(migrated('routes.yaml'))['kafka']).toMatchObject({ auto_offset_reset: 'latest' });
  });

  it('name what differs: dates, missing fields, compression, a buffer that drops', () => {
    const check = said(made, 'check').join('\n');
    expect(check).toContain('In Vector it is now, unless `timestamp` is of type timestamp');
    expect(check).toContain('Vector drops the event, Logweir writes `unknown`');
    expect(check).toContain('`compression: zstd` is gzip');
    expect(check).toContain('Logweir never drops an event because it is slow');
    expect(said(made, 'todo')).toEqual([]);
  });

  it('leave out what leads nowhere, with a line each', () => {
    const done = said(made, 'done').join('\n');
    expect(done).toContain('sinks.out: dropped: console leads nowhere else');
    expect(done).toContain('sources.vector_metrics: dropped');
    expect(done).toContain('data_dir: left out');
    expect(done).toContain('api: left out');
    expect(done).toContain('partition.assignment.strategy`: left out');
  });
});

describe('the payload as the event', () => {
  it('is decoding: json, without the fields of Kafka', () => {
    const made = migrated('payload.yaml');
    const { decoding, transforms } = settingsOf(made);
    expect(decoding).toEqual({ codec: 'json' });
    expect(transforms).toEqual([
      { use: './transforms/parse.ts', on_error: 'drop' },
      { use: 'filter', with: { field: 'level', equals: 'debug', action: 'drop' } },
    ]);
    expect(made.files.get('transforms/parse.ts')).not.toContain('parseJson');
    expect(made.files.get('transforms/parse.ts')).toContain('// Every event has a level.');
  });

  it('leaves only configuration where the rest deletes fields', () => {
    const made = migrated('helm-map.yaml');
    expect(settingsOf(made)['transforms']).toEqual([
      { use: 'remove', with: { fields: ['kubernetes.pod_uid', 'stream'] } },
    ]);
    expect([...made.files.keys()]).toEqual(['logweir.yaml', 'MIGRATION.md']);
  });
});

describe('the fields of Kafka', () => {
  it('are added by kafka-fields under the names of Vector', () => {
    const { transforms } = settingsOf(migrated('data-stream.yaml'));
    expect((transforms as unknown[])[0]).toEqual({
      use: 'kafka-fields',
      with: { message_key: 'key', headers: null, timestamp: 'ts' },
    });
  });

  it('that a program only deletes are left out', () => {
    const { transforms } = settingsOf(migrated('hidden-field.yaml'));
    const [fields] = transforms as { with: Record<string, unknown> }[];
    expect(Object.keys(fields?.with ?? {}).toSorted()).toEqual([
      'headers',
      'message_key',
      'offset',
      'partition',
      'source_type',
      'topic',
    ]);
  });

  it('that a program reads stay', () => {
    const made = migratedText(simple('.t = .topic\ndel(.topic)\ndel(.offset)'));
    const [fields] = settingsOf(made)['transforms'] as { with: unknown }[];
    expect(fields?.with).toEqual({ offset: null });
  });
});

describe('errors of a program', () => {
  const source = '.n = to_int!(.n)';

  it('become dead letters with a note, and with --strict the event passes as in Vector', () => {
    expect(said(migratedText(simple(source)), 'check').join()).toContain('becomes a dead letter');
    const strict = migrated('data-stream.yaml', true);
    expect((settingsOf(strict)['transforms'] as { on_error?: string }[])[1]?.on_error).toBe('keep');
  });

  it('are dead letters of the topic of a sink that reads dropped events', () => {
    expect(settingsOf(migrated('hidden-field.yaml'))['dead_letter']).toEqual({ topic: 'app-failed' });
  });
});

describe('a route', () => {
  const made = migrated('routes.yaml');
  const routes = made.files.get('transforms/routes.ts') ?? '';

  it('is one file that calls a function per transform', () => {
    expect(routes).toContain("import { noteSlow } from './note-slow.ts';");
    expect(routes).toContain("const isErrors = event.level === 'error' || event.level === 'fatal';");
    expect(routes).toContain("return [routeTo(event, 'errors')];");
    expect(routes).toContain('if (!isErrors && !isSlow) events.push(...throughFew(copy(event), record));');
  });

  it('stands behind the list of transforms before it', () => {
    expect((settingsOf(made)['transforms'] as { use: string }[]).map(({ use }) => use)).toEqual([
      'kafka-fields',
      'set',
      'remove',
      './transforms/routes.ts',
    ]);
  });

  it('alone needs no function that passes on what a transform makes', () => {
    const alone = migratedText(`
sources: { kafka: { type: kafka, bootstrap_servers: k, group_id: g, topics: [a] } }
transforms: { by: { type: route, inputs: [kafka], route: { a: '.a == 1' } } }
sinks: { es: { type: elasticsearch, inputs: [by.a], endpoints: [http://es:9200], bulk: { index: i } } }`);
    expect(alone.files.get('transforms/routes.ts')).toContain('function throughBy');
    expect(alone.files.get('transforms/routes.ts')).not.toMatch(/function each|TransformResult/);
    expect(made.files.get('transforms/routes.ts')).toContain('function each(');
  });

  it('that is exclusive sends an event to its first output only', () => {
    const exclusive = migrated('exclusive.json').files.get('transforms/routes.ts');
    expect(exclusive).toContain('const isApp = !isAudit && fitsApp(event);');
    expect(exclusive).toContain("formatTimestamp(Timestamp.ofMs(parseTime(fieldAt(event, 'timestamp'))");
  });
});

describe('targets', () => {
  it('from a field that the document does not have are set before it is deleted', () => {
    const code = migrated('hidden-field.yaml').files.get('transforms/to-es.ts') ?? '';
    const named = code.indexOf("const index = toString(at(event, 'write_index'))");
    expect(named).toBeGreaterThan(0);
    expect(code.lastIndexOf("deleteAt(event, 'write_index')")).toBeGreaterThan(named);
    expect(code).toContain("return routeTo(event, 'app-rest');");
  });

  it('of data streams follow data_stream.* of the event, and write it', () => {
    const made = migrated('data-stream.yaml');
    const code = made.files.get('transforms/to-es.ts');
    expect(code).toContain("fieldAt(event, 'data_stream.type') ?? 'logs'");
    expect(code).toContain("setAt(event, 'data_stream.namespace', namespace);");
    expect(code).toContain("moveAt(event, 'ts', event, '@timestamp')");
    expect(settingsOf(made)['elasticsearch']).toMatchObject({ mode: 'data_stream' });
  });
});

describe('forms of a configuration', () => {
  it('TOML with the transforms and spellings of years ago', () => {
    const made = migrated('old-spellings.toml');
    const { elasticsearch, decoding, transforms } = settingsOf(made);
    expect(elasticsearch).toMatchObject({
      endpoints: ['http://elasticsearch:9200'],
      index: 'old-{{timestamp|yyyy.MM.dd}}',
      request: { concurrency: 5 },
    });
    expect(decoding).toEqual({ codec: 'json' });
    expect(transforms).toContainEqual({
      use: 'set',
      with: { fields: { env: 'prod', 'labels.team': 'shop' } },
    });
    expect(made.items.find(({ component }) => component === 'transforms.access')?.place.line).toBe(16);
  });

  it('the values of a chart as a text, with its escapes and variables', () => {
    const made = migrated('helm-text.yaml');
    expect(settingsOf(made)['elasticsearch']).toMatchObject({ index: '{{topic}}' });
    const code = made.files.get('transforms/env.ts');
    expect(code).toContain("event.env = recover(() => getEnvVar('ENVIRONMENT'), () => 'dev');");
    expect(code).toContain("event.host = 'node-' + getEnvVar('NODE');");
    expect(made.items.find(({ component }) => component === 'transforms.env')?.place.line).toBe(6);
  });

  it('several files, with a glob, a secret and an enrichment table', () => {
    const { kafka, elasticsearch, transforms } = settingsOf(migrated('two-files'));
    expect(kafka).toMatchObject({ topics: ['a', 'b'] });
    expect(elasticsearch).toMatchObject({ auth: { username: 'logs', password_file: '/run/secrets/es' } });
    expect(transforms).toContainEqual({
      use: 'lookup',
      with: { file: '/etc/vector/teams.csv', key: 'service', field: 'service', target: 'team' },
    });
  });

  it('a folder with a component per file, and a program in a file', () => {
    const made = migrated('folder');
    expect(settingsOf(made)['kafka']).toMatchObject({ group_id: 'folder' });
    expect(made.files.get('transforms/from-file.ts')).toContain(
      "event.price = '$' + toString(event.amount);",
    );
    expect(settingsOf(made)['transforms']).toContainEqual({ use: 'remove', with: { fields: ['amount'] } });
  });

  it('a VectorPipeline', () => {
    const { elasticsearch, transforms } = settingsOf(migrated('pipeline-resource.yaml'));
    expect(elasticsearch).toMatchObject({ pipeline: 'geo', index: 'crd' });
    expect(transforms).toContainEqual({ use: 'filter', with: { field: 'level', in: ['error', 'warn'] } });
  });

  it('with a transform that has the name of a function', () => {
    const code = migrated('pipeline-resource.yaml').files.get('transforms/downcase.ts');
    expect(code).toContain('export function downcase2(event: Event)');
    expect(code).toContain('event.service = downcase(asString(event.service));');
  });

  it('are refused if they are something else', () => {
    const resource = 'apiVersion: v1\nkind: ClusterLogForwarder\nspec: {}';
    expect(() => migratedText(resource)).toThrow(/vector.yaml: a resource of kind ClusterLogForwarder/);
    expect(() => migratedText('a: [')).toThrow(LogweirError);
  });
});

function simple(source: string): string {
  return `
sources: { k: { type: kafka, bootstrap_servers: "k:9092", group_id: g, topics: [a] } }
transforms:
  t:
    type: remap
    inputs: [k]
    source: |
${source.replaceAll(/^/gm, '      ')}
sinks: { es: { type: elasticsearch, inputs: [t], endpoints: ["http://es:9200"], bulk: { index: a } } }
`;
}
