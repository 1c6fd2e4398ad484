import { describe, expect, it } from 'vitest';
import type { Migration } from '../../../src/migrate/migrate.ts';
import { migratedText, said, settingsOf } from './lab.ts';

/** A configuration with options of its sink, and a transform; `inBranch` makes it a file. */
function migrate(sink: string, transform?: string, inBranch = false): Migration {
  return migratedText(
    [
      "sources: { k: { type: kafka, bootstrap_servers: 'k:9092', group_id: g, topics: [a], decoding: {codec: json} } }",
      ...(transform === undefined ? [] : [`transforms: { t: { inputs: [k], ${transform} } }`]),
      `sinks: { es: { type: elasticsearch, endpoints: ['http://es:9200'], bulk: {index: a}, ${sink}`,
      `    inputs: [${transform === undefined ? 'k' : inBranch ? 'k, t' : 't'}] } }`,
    ].join('\n'),
  );
}

const target = (made: Migration): unknown => settingsOf(made)['elasticsearch'];
const steps = (made: Migration): unknown => settingsOf(made)['transforms'];

describe('seconds that become milliseconds', () => {
  it('are converted, also where they are text', () => {
    const made = migrate("batch: {timeout_secs: 5}, request: {timeout_secs: '120'},");
    expect(target(made)).toMatchObject({ batch: { max_age_ms: 5000 }, request: { timeout_ms: 120_000 } });
    expect(said(made, 'todo')).toEqual([]);
  });

  it('are to do where a variable has them; its default is converted', () => {
    const made = migrate("batch: {timeout_secs: '${T:-5}'}, request: {timeout_secs: $RT},");
    expect(target(made)).toMatchObject({
      batch: { max_age_ms: '${T:-5000}' },
      request: { timeout_ms: '${RT}' },
    });
    const todo = said(made, 'todo').join('\n');
    expect(todo).toContain(
      '`batch.timeout_secs` is `elasticsearch.batch.max_age_ms`, in milliseconds: the variable T must have ' +
        'milliseconds for Logweir, in Vector it has seconds; its default is converted: `${T:-5000}`.',
    );
    expect(todo).toContain('the variable RT must have milliseconds for Logweir, in Vector it has seconds.');
  });

  it('that are no number are left out, and to do', () => {
    const made = migrate("batch: {timeout_secs: '${A}${B}', max_events: many},");
    expect(target(made)).not.toHaveProperty('batch');
    expect(said(made, 'todo')).toHaveLength(2);
    expect(said(made, 'todo')[0]).toContain('is no number; left out.');
  });

  it('of a throttle are converted too, as configuration and as code', () => {
    const options = "type: throttle, threshold: '${N:-100}', window_secs: '${W:-60}'";
    const made = migrate('', options);
    expect(steps(made)).toEqual([
      expect.anything(),
      { use: 'throttle', with: { threshold: '${N:-100}', window_ms: '${W:-60000}' } },
    ]);
    expect(said(made, 'todo').join('\n')).toContain(
      'transforms.t: `window_secs` is `window_ms`: the variable W must have milliseconds for Logweir',
    );
    const code = migrate('', options, true).files.get('transforms/t.ts');
    expect(code).toContain("const WINDOW_MS = parseFloat(process.env['W'] || '60') * 1000;");
    expect(code).toContain("const THRESHOLD = parseFloat(process.env['N'] || '100');");
    expect(code).toContain("import { parseFloat } from 'logweir/vrl';");
  });
});

describe('numbers with bounds', () => {
  it('are moved into those of Logweir, which is to be checked', () => {
    const made = migrate('batch: {max_bytes: 1, max_events: 1000000},');
    expect(target(made)).toMatchObject({ batch: { max_bytes: 1024, max_events: 100_000 } });
    expect(said(made, 'check').join('\n')).toContain(
      '`batch.max_bytes`: 1024 here; Logweir allows 1024 to 100000000.',
    );
  });
});

describe('numbers of transforms', () => {
  it('of sample may be a variable', () => {
    const made = migrate('', "type: sample, rate: '${R:-10}'");
    expect(steps(made)).toEqual([
      expect.anything(),
      { use: 'sample', with: { rate: '${R:-10}' } },
      { use: 'set', with: { fields: { sample_rate: '${R:-10}' } } },
    ]);
    const code = migrate('', "type: sample, rate: '${R:-10}'", true).files.get('transforms/t.ts');
    expect(code).toContain("const RATE = parseFloat(process.env['R'] || '10');");
    expect(code).toContain("setAt(event, 'sample_rate', String(RATE));");
  });

  it('of sample that cannot be a variable are named as the reason', () => {
    const made = migrate('', "type: sample, ratio: '${R:-0.1}'");
    expect(said(made, 'todo').join('\n')).toContain(
      '`ratio: ${R:-0.1}` is a variable: Logweir needs its number',
    );
  });

  it('of dedupe and reduce may be a variable', () => {
    const dedupe = "type: dedupe, fields: {match: [a]}, cache: {num_events: '${M:-7}'}";
    expect(steps(migrate('', dedupe))).toContainEqual({
      use: 'dedupe',
      with: { fields: ['a'], max_events: '${M:-7}' },
    });
    expect(migrate('', dedupe, true).files.get('transforms/t.ts')).toContain(
      "new BoundedMap<string, string>(parseFloat(process.env['M'] || '7'))",
    );
    const reduce = migrate('', "type: reduce, max_events: '$M', expire_after_ms: '${E-9}'");
    expect(reduce.files.get('transforms/t.ts')).toMatch(
      /maxEvents: parseFloat\(process\.env\['M'\]\),\s+maxGapMs: parseFloat\(process\.env\['E'\] \?\? '9'\),/,
    );
    const wrong = migrate('', 'type: reduce, max_events: many');
    expect(said(wrong, 'todo').join('\n')).toContain('`max_events: many` is no number');
  });
});
