import { describe, expect, it } from 'vitest';
import { type Migration, migrate } from '../../../src/migrate/migrate.ts';
import { said, settingsOf } from './lab.ts';
import { documentsOf } from './running.ts';

const SOURCE =
  'sources: { k: { type: kafka, bootstrap_servers: k, group_id: g, topics: [a], decoding: { codec: json } } }';

/** @param sinks the input of each sink by its index; the first is the main one */
function made(transforms: string, sinks: Record<string, string>, isStrict = false): Migration {
  const list = Object.entries(sinks).map(
    ([index, input]) =>
      `  es_${index}: { type: elasticsearch, inputs: ["${input}"], endpoints: [http://es], bulk: { index: ${index} } }`,
  );
  const text = [SOURCE, 'transforms:', transforms, 'sinks:', ...list].join('\n');
  return migrate([{ path: 'vector.yaml', text }], { isStrict, readProgram: () => null });
}

const FAILS = "source: '.n = to_int!(.n)'";

describe('a transform that fails on an event', () => {
  const sinks = { main: 'p', raw: 'k' };

  it('with drop_on_error ends its own branch, and the others get the event', async () => {
    const one = made(`  p: { type: remap, inputs: [k], drop_on_error: true, ${FAILS} }`, sinks);
    expect(await documentsOf(one, { n: 'x' })).toEqual({ raw: [{ n: 'x' }] });
    expect(await documentsOf(one, { n: '1' })).toEqual({ '(main)': [{ n: 1 }], raw: [{ n: '1' }] });
    expect(said(one, 'check')).toEqual([]);
    expect(said(one, 'done').join('\n')).toContain('its branch of the event ends if the program fails');
  });

  it('with --strict passes as it came in its own branch only', async () => {
    const one = made(
      [
        `  p: { type: remap, inputs: [k], drop_on_error: true, ${FAILS} }`,
        "  q: { type: remap, inputs: [k], source: '.q = true; .n = to_int!(.n)' }",
      ].join('\n'),
      { main: 'p', two: 'q', raw: 'k' },
      true,
    );
    expect(await documentsOf(one, { n: 'x' })).toEqual({ two: [{ n: 'x' }], raw: [{ n: 'x' }] });
    expect(settingsOf(one)['transforms']).not.toContainEqual(
      expect.objectContaining({ on_error: expect.anything() }),
    );
  });

  it('and becomes a dead letter takes the other branches with it, which the report says', async () => {
    const one = made(`  p: { type: remap, inputs: [k], ${FAILS} }`, sinks);
    await expect(documentsOf(one, { n: 'x' })).rejects.toThrow(/can't convert|integer|to_int|invalid/i);
    expect(said(one, 'check').join('\n')).toContain(
      'transforms.p: a dead letter is the whole record: if the program fails, nothing of the record goes to sinks.es_raw',
    );
    const alone = made(`  p: { type: remap, inputs: [k], ${FAILS} }`, { main: 'p', two: 'p' });
    expect(said(alone, 'check').join('\n')).not.toContain('the whole record');
  });

  it('by `abort` is dropped, where reroute_dropped kept it, which the report says', () => {
    const remap = (source: string): Migration =>
      made(`  p: { type: remap, inputs: [k], reroute_dropped: true, source: '${source}' }`, { main: 'p' });
    expect(said(remap('if .n == 1 { abort }'), 'check').join()).toContain('`abort` drops the event');
    expect(said(remap('.n = to_int!(.n)'), 'check')).toEqual([]);
  });

  it('holds the record if it is yours to write, also as the condition of a route', () => {
    const one = made("  r: { type: route, inputs: [k], route: { a: 'no_such_function(.a)' } }", { a: 'r.a' });
    expect(settingsOf(one)['transforms']).toContainEqual({ use: './transforms/routes.ts', on_error: 'hold' });
  });
});

describe('the outputs of a route', () => {
  const route = (outputs: string, type = 'route'): string =>
    `  r: { type: ${type}, inputs: [k], ${type === 'route' ? 'route' : 'routes'}: ${outputs} }`;

  it('may have the names of functions', async () => {
    for (const [name, test] of [
      ['json', 'is_json(string!(.m))'],
      ['string', 'is_string(.m)'],
      ['empty', 'is_empty(string!(.m))'],
    ] as const) {
      const one = made(route(`{ ${name}: '${test}' }`), { yes: `r.${name}`, no: 'r._unmatched' });
      const [yes, no] = name === 'empty' ? ['', 'x'] : name === 'json' ? ['{}', '{'] : ['x', 1];
      expect(await documentsOf(one, { m: yes })).toEqual({ '(main)': [{ m: yes }] });
      expect(await documentsOf(one, { m: no })).toEqual({ no: [{ m: no }] });
    }
  });

  it('may have names that give the same word of TypeScript, or none', async () => {
    const one = made(route("{ 'a-b': '.n == 1', a_b: '.n == 2', '日本': '.n == 3' }"), {
      one: 'r.a-b',
      two: 'r.a_b',
      three: 'r.日本',
      none: 'r._unmatched',
    });
    expect(await documentsOf(one, { n: 1 })).toEqual({ '(main)': [{ n: 1 }] });
    expect(await documentsOf(one, { n: 2 })).toEqual({ two: [{ n: 2 }] });
    expect(await documentsOf(one, { n: 3 })).toEqual({ three: [{ n: 3 }] });
    expect(await documentsOf(one, { n: 4 })).toEqual({ none: [{ n: 4 }] });
  });

  it('of an exclusive route get what no earlier one took', async () => {
    const one = made(
      route(
        "[{ name: a-b, condition: '.n > 1' }, { name: a_b, condition: '.n > 0' }, { name: c, condition: '.n > 2' }]",
        'exclusive_route',
      ),
      { some: 'r.a_b', never: 'r.c', none: 'r._unmatched' },
    );
    expect(await documentsOf(one, { n: 1 })).toEqual({ '(main)': [{ n: 1 }] });
    expect(await documentsOf(one, { n: 3 })).toEqual({});
    expect(await documentsOf(one, { n: 0 })).toEqual({ none: [{ n: 0 }] });
  });
});

describe('texts of the configuration in comments', () => {
  const ids = ['x*/ throw new Error(`injected`) /*', 'x\n- use: injected', 'x\r\u2028throw 1; //'];

  it('end neither the comment nor its line, in code and in logweir.yaml', async () => {
    for (const id of ids) {
      const key = JSON.stringify(id);
      const one = made(`  ${key}: { type: remap, inputs: [k], drop_on_error: true, ${FAILS} }`, {
        main: id.replaceAll('\n', String.raw`\n`).replaceAll('\r', String.raw`\r`),
        raw: 'k',
      });
      expect(await documentsOf(one, { n: '1' })).toEqual({ '(main)': [{ n: 1 }], raw: [{ n: '1' }] });
      expect(one.files.get('MIGRATION.md')).not.toMatch(/^- use/m);
    }
  });

  it('nor in a skeleton, and in the comments of a program', async () => {
    const wrong = made("  p: { type: remap, inputs: [k], source: '.a = ( */ throw 1 /*' }", {
      main: 'p',
    });
    expect(wrong.files.get('transforms/p.ts')?.split('*/')).toHaveLength(2);
    const program = JSON.stringify('# a\u2028throw 1;\n.n = to_int!(.n)');
    const one = made(`  p: { type: remap, inputs: [k], source: ${program} }`, { main: 'p' });
    expect(await documentsOf(one, { n: '1' })).toEqual({ '(main)': [{ n: 1 }] });
  });
});

describe('the id of a component', () => {
  it('may be any word of TypeScript', async () => {
    const words =
      'eval arguments await yield let static enum implements undefined of async get type process each';
    const ids = words.split(' ');
    const remaps = ids.map((id) => `  ${id}: { type: remap, inputs: [k], source: '.${id} = 1' }`);
    const one = made(remaps.join('\n'), Object.fromEntries(ids.map((id) => [`i${id}`, id])));
    const documents = await documentsOf(one, {});
    const { '(main)': main, ...others } = documents;
    expect(main).toEqual([{ eval: 1 }]);
    expect(Object.keys(others).toSorted()).toEqual(
      ids
        .slice(1)
        .map((id) => `i${id}`)
        .toSorted(),
    );
  });
});

it('a field keeps its quotes in the code of a branch', async () => {
  const one = made('  d: { type: dedupe, inputs: [k], fields: { match: ["it\'s", \'a"b\'] } }', {
    main: 'd',
    raw: 'k',
  });
  expect(await documentsOf(one, { "it's": 1, 'a"b': 2 })).toMatchObject({ '(main)': [{ 'a"b': 2 }] });
});
