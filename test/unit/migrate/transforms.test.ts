import { describe, expect, it } from 'vitest';
import { migrated, said, settingsOf } from './lab.ts';

describe('transforms with a memory', () => {
  const made = migrated('stateful.yaml');

  it('are the built-ins, as far as these have the options', () => {
    const { transforms } = settingsOf(made);
    expect(transforms).toContainEqual({
      use: 'dedupe',
      with: { fields: ['host', 'message'], max_events: 1000 },
    });
    expect(transforms).toContainEqual({
      use: 'throttle',
      with: { threshold: 100, window_ms: 2000, key: ['host'] },
    });
    expect(transforms).toContainEqual({
      use: 'sample',
      with: { rate: 10, unless: { field: 'level', in: ['error'] } },
    });
  });

  it('are files otherwise', () => {
    expect(made.files.get('transforms/other.ts')).toContain("deleteAt(rest, 'time');");
    expect(made.files.get('transforms/join.ts')).toContain(String.raw`return values.join('\n');`);
    expect(made.files.get('transforms/ended.ts')).toContain('return last !== undefined && endsGroup(last);');
  });
});

describe('what cannot be translated', () => {
  it('becomes a skeleton that throws, with the original beside it', () => {
    const made = migrated('lua.yaml');
    expect(made.files.get('transforms/dedot.lua')).toContain('function process(event, emit)');
    expect(made.files.get('transforms/dedot.ts')).toContain('throw new Error(');
    expect(made.files.get('transforms/odd.vrl')).toContain('no_such_function');
    const todo = said(made, 'todo').join('\n');
    expect(todo).toContain('line 1: the function no_such_function is not translated');
    expect(todo).toContain('line 1, column 6');
    expect(todo).toContain('`decoding.codec: avro`');
    expect(made.coverage).toBeLessThan(100);
  });

  it('is named with what to do: other sinks, sources, clusters and actions', () => {
    const todo = said(migrated('two-clusters.yaml'), 'todo').join('\n');
    expect(todo).toContain(
      'sinks.archive: a sink of type aws_s3: Logweir writes to Elasticsearch only. Leave archive in Vector',
    );
    expect(todo).toContain('sinks.loki: a sink of type loki');
    expect(todo).toContain('sources.http: a source of type http_server: Logweir reads from Kafka only');
    expect(todo).toContain('sources.second: differs from sources.kafka in more than its topics');
    expect(todo).toContain('sinks.other: is another cluster');
    expect(todo).toContain('sinks.es: `bulk.action: upsert`');
    expect(todo).toContain('transforms.count: log_to_metric makes metrics');
  });

  it('without a path from Kafka to Elasticsearch gives a report only', () => {
    const made = migrated('refused.yaml');
    expect(made.isPossible).toBe(false);
    expect([...made.files.keys()]).toEqual(['MIGRATION.md']);
    expect(made.files.get('MIGRATION.md')).toContain('Nothing was generated');
  });
});
