import { describe, expect, it } from 'vitest';
import { globPattern } from '../../../src/migrate/glob.ts';
import type { Migration } from '../../../src/migrate/migrate.ts';
import { migratedText, said } from './lab.ts';

/** @param input that of the sink, on line 4 */
function made(transforms: string, input: string): Migration {
  return migratedText(`
sources: { k: { type: kafka, bootstrap_servers: k, group_id: g, topics: [a], decoding: { codec: json } } }
transforms: { ${transforms} }
sinks: { es: { type: elasticsearch, inputs: ['${input}'], endpoints: [http://es], bulk: { index: a } } }`);
}

const route = "r: { type: route, inputs: [k], route: { good: '.a == 1', dropped: '.a == 2' } }";
const remap = "p: { type: remap, inputs: [k], source: '.a = to_int!(.a)' }";

describe('an input that names no output of its component', () => {
  it('is to do, with the outputs that there are', () => {
    for (const input of ['r.goood', 'r'])
      expect(said(made(route, input), 'todo')).toEqual([
        `sinks.es: its input '${input}' names no output of transforms.r (vector.yaml:3), which has \`r.good\`, ` +
          '`r.dropped`, `r._unmatched`. Vector does not start with it.',
      ]);
    const without = made(route.replace('route:', 'reroute_unmatched: false, route:'), 'r._unmatched');
    expect(said(without, 'todo').join()).toContain('which has `r.good`, `r.dropped`.');
    expect(said(made(remap, 'p.dropped'), 'todo').join()).toContain(
      'which has `p`. `.dropped` needs `reroute_dropped: true`.',
    );
    expect(said(made(remap, 'k.errors'), 'todo').join()).toContain('names no output of sources.k');
    expect(said(made(remap, 'q'), 'todo').join()).toContain("its input 'q' names no component");
  });

  it('is none for an output of that name', () => {
    for (const input of ['r.good', 'r.dropped', 'r._unmatched', 'r.*'])
      expect(said(made(route, input), 'todo')).toEqual([]);
    expect(made(route, 'r.dropped').files.get('transforms/routes.ts')).toContain('if (isDropped)');
  });

  it('is told for events that a throttle drops', () => {
    const throttle =
      't: { type: throttle, inputs: [k], threshold: 1, window_secs: 1, reroute_dropped: true }';
    expect(said(made(throttle, 't.dropped'), 'todo').join()).toContain('the events that a throttle drops');
  });
});

describe('a cycle', () => {
  it('is an error with the path of its components', () => {
    const p = (inputs: string): string => remap.replace('[k]', inputs);
    const q = "q: { type: remap, inputs: [p], source: '.b = 1' }";
    expect(() => made(`${p('[k, q]')}, ${q}`, 'q')).toThrow(
      'vector.yaml:3: the inputs form a cycle: [ p -> q -> p ]. Vector rejects this too',
    );
    expect(() => made(p('[k, p]'), 'p')).toThrow('[ p -> p ]');
  });

  it('is none where two ways lead to one component, or a glob would name its own', () => {
    const q = "q: { type: remap, inputs: ['*', p], source: '.b = 1' }";
    const { items, files } = made(`${remap}, ${q}`, 'q');
    expect(items.filter(({ level }) => level === 'todo')).toEqual([]);
    expect(files.get('transforms/routes.ts')).toContain(
      'return each(p(event), (made) => throughQ(made, record));',
    );
  });
});

describe('a glob', () => {
  it('has the syntax of Vector, and is a name where it is none', () => {
    const matches = (glob: string, name: string): boolean | undefined => globPattern(glob)?.test(name);
    expect(
      ['parse_*', 'parse_?', 'parse_[a-c]', 'parse_[!d]', 'p*_b', '**'].map((one) => matches(one, 'parse_b')),
    ).toEqual([true, true, true, true, true, true]);
    expect(
      ['parse', 'parse_[!b]', 'parse_[c-a]', 'parse.b', 'parse_[]]'].map((one) => matches(one, 'parse_b')),
    ).toEqual([false, false, false, false, false]);
    expect(matches('[]]', ']')).toBe(true);
    expect(matches('[^]', '^')).toBe(true);
    expect(matches('a(b)+{c}|\\$', 'a(b)+{c}|\\$')).toBe(true);
    expect([globPattern('p['), globPattern('p[]'), globPattern('p**')]).toEqual([null, null, null]);
    expect(said(made(remap, 'q*'), 'todo').join()).toContain("its input 'q*' names no component");
    const relaxed = migratedText(`
wildcard_matching: relaxed
sources: { k: { type: kafka, bootstrap_servers: k, group_id: g, topics: [a], decoding: { codec: json } } }
sinks: { es: { type: elasticsearch, inputs: [k, 'q*'], endpoints: [http://es], bulk: { index: a } } }`);
    expect(said(relaxed, 'todo')).toEqual([]);
    expect(said(relaxed, 'check').join()).toContain("its input 'q*' matches no component, as in Vector");
    expect(said(made(remap, 'p['), 'todo').join()).toContain("its input 'p[' names no component");
  });
});
