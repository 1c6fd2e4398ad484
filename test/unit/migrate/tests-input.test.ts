import { expect, it } from 'vitest';
import { literal } from '../../../src/migrate/names.ts';
import { migratedText, said } from './lab.ts';

function made(input: string): ReturnType<typeof migratedText> {
  return migratedText(`
sources: { k: { type: kafka, bootstrap_servers: k, group_id: g, topics: [a] } }
transforms: { p: { type: remap, inputs: [k], source: '. = parse_json!(.message)' }, q: { type: remap, inputs: [p], source: '.a = downcase!(.b)' } }
sinks: { es: { type: elasticsearch, inputs: [q], endpoints: [http://es], bulk: { index: a } } }
tests: [{ name: t, inputs: [${input}], outputs: [{ extract_from: q, conditions: ['.a == 1'] }] }]`);
}

it('the event of a test is exact: integers are BigInt, and __proto__ is a field', () => {
  const one = made(`{ insert_at: p, value: '{"n": 12345678901234567890, "__proto__": 2, "a b": -0.5}' }`);
  expect(one.files.get('transforms/vector.test.ts')).toContain(
    "run({ n: 12345678901234567890n, ['__proto__']: 2, 'a b': -0.5 })",
  );
  const fields = made('{ insert_at: q, type: log, log_fields: { __proto__.x: 2, n: 9007199254740991 } }');
  expect(fields.files.get('transforms/vector.test.ts')).toContain(
    "run({ ['__proto__']: { x: 2 }, n: 9007199254740991 })",
  );
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
});

it('a number whose digits are lost makes no test', () => {
  for (const input of [
    '{ insert_at: p, value: \'{"n": 1e400}\' }',
    '{ insert_at: p, value: \'{"n": [{"m": 1e400}]}\' }',
    '{ insert_at: q, type: log, log_fields: { n: 1e19 } }',
  ])
    expect(said(made(input), 'todo').join()).toContain(
      'its input has a number that TypeScript cannot write exactly',
    );
});

it('a literal is what it stands for', () => {
  const value = { a: [1, -2n, 'x'], "it's": null, $b: true };
  expect(literal(value)).toBe(String.raw`{ a: [1, -2n, 'x'], 'it\'s': null, $b: true }`);
});
