import { describe, expect, it } from 'vitest';
import { isOurs, logTemplate } from '../../../src/elasticsearch/log-template.ts';
import { targetOf } from '../support/search-facts.ts';

const newest = { name: 'elasticsearch', version: null } as const;
const BEYOND = 'index.mapping.total_fields.ignore_dynamic_beyond_limit';

describe('the template of a target', () => {
  it.each([
    ['', 'logweir-app-logs', ['app-logs', 'app-logs-0*']],
    ["elasticsearch: { index: 'app-{{service}}-{{@timestamp|yyyy.MM.dd}}' }", 'logweir-app', ['app-*-*']],
    ["elasticsearch: { index: '{{service}}-logs' }", 'logweir-logs', ['*-logs']],
    ['elasticsearch: { mode: data_stream }', 'logweir-logs-app-default', ['logs-app-default']],
  ])('%j is %s for %j', (yaml, name, patterns) => {
    const template = logTemplate(targetOf(yaml), newest);
    expect(template).toMatchObject({ name, body: { index_patterns: patterns } });
    expect('data_stream' in template.body).toBe(yaml.includes('data_stream'));
  });

  it('guesses no dates, keeps labels in one field, and knows its product and version', () => {
    const textOf = (product: Parameters<typeof logTemplate>[1]): string =>
      JSON.stringify(logTemplate(targetOf(''), product).body);
    expect(textOf(newest)).toContain('"date_detection":false');
    expect(textOf(newest)).toContain('"type":"flattened"');
    expect(textOf(newest)).toContain(BEYOND);
    expect(textOf({ name: 'elasticsearch', version: '8.14.3' })).not.toContain(BEYOND);
    expect(textOf({ name: 'elasticsearch', version: '8.19.8' })).toContain(BEYOND);
    const open = textOf({ name: 'opensearch', version: '2.19.1' });
    expect(open).toContain('"type":"flat_object"');
    expect(open).not.toContain(BEYOND);
  });

  it('of a more specific target takes precedence', () => {
    const priority = (yaml: string): number => logTemplate(targetOf(yaml), newest).body.priority;
    const logs = "elasticsearch: { index: 'logs-app-{{@timestamp|yyyy}}' }";
    expect(priority(logs)).toBeGreaterThanOrEqual(500);
    expect(priority('elasticsearch: { mode: data_stream }')).toBeGreaterThan(priority(logs));
  });

  it('is known as one of Logweir', () => {
    const { body } = logTemplate(targetOf(''), newest);
    expect(isOurs(body['_meta'] as Record<string, unknown>)).toBe(true);
    expect(isOurs({})).toBe(false);
  });
});
