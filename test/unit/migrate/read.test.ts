import { describe, expect, it } from 'vitest';
import { readVectorFile } from '../../../src/migrate/read.ts';

const read = (text: string, path = 'vector.yaml'): unknown => readVectorFile({ path, text }).value;

describe("the escapes of Vector's chart", () => {
  it('are taken out of the texts, after YAML', () => {
    expect(read(String.raw`index: "{{ print \"{{ app }}\" }}-%Y"`)).toEqual({ index: '{{ app }}-%Y' });
    expect(read('index: \'{{ print "{{ app }}" }}-%Y\'')).toEqual({ index: '{{ app }}-%Y' });
    expect(read("index: '{{ print `{{ app }}` }}'")).toEqual({ index: '{{ app }}' });
  });

  it('are taken out of a text that is no YAML with them', () => {
    expect(read('index: {{ print "a" }}\nb: 1')).toEqual({ index: 'a', b: 1 });
  });

  it('are taken out of a customConfig that is a text, before it is read', () => {
    expect(read('customConfig: |\n  index: "{{ print "{{ app }}" }}-%Y"\n')).toEqual({
      index: '{{ app }}-%Y',
    });
  });

  it('stand in a customConfig that is a map', () => {
    expect(() => read('customConfig: [a]')).toThrow('it must be a map with sources');
    expect(read(String.raw`customConfig: {index: "{{ print \"{{ app }}\" }}"}`)).toEqual({
      index: '{{ app }}',
    });
  });
});

describe('a file that cannot be read', () => {
  it.each([
    [
      'an alias without an anchor',
      'b: 1\na: *a',
      'vector.yaml: line 2: the alias *a has no anchor &a before it',
    ],
    ['aliases of aliases', bomb(), 'vector.yaml: its aliases expand to more than 1000 values'],
    ['an alias of itself', 'a: &a [*a]', 'vector.yaml: line 1: the alias *a contains itself'],
    ['a key twice', 'a: 1\nb: 2\na: 3', 'vector.yaml: it is not YAML: line 3: a key stands twice in one map'],
    ['a bracket without an end', 'a: [1\nb: 2', /^vector\.yaml: it is not YAML: line \d+: [^:]*[^:\d]$/],
    ['an indentation', 'a:\n  - b\n c: 1', /^vector\.yaml: it is not YAML: line 3: .*[^:]$/],
    ['deep YAML', `a: ${'['.repeat(20_000)}`, /^vector\.yaml: it is n.*nested more than 200 levels deep$/],
    [
      'deep YAML by indentation',
      `${'- '.repeat(20_000)}a`,
      /^vector\.yaml: it is n.*nested more than 200 levels deep$/,
    ],
    [
      'deep YAML that is read',
      `a: ${'['.repeat(300)}${']'.repeat(300)}`,
      'vector.yaml: it is nested more than 200 levels deep',
    ],
  ])('with %s is told in a sentence', (_name, text, sentence) => {
    expect(() => read(text)).toThrow(sentence);
  });

  it('as JSON is called so', () => {
    expect(() => read('{"a": 1,, "b": }', 'vector.json')).toThrow(
      /^vector\.json: it is not JSON: line 1: .*[^:]$/,
    );
    const deep = `{"a":`.repeat(20_000) + '1' + '}'.repeat(20_000);
    expect(() => read(deep, 'vector.json')).toThrow(
      /^vector\.json: it is n.*nested more than 200 levels deep$/,
    );
  });
});

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 10; level++) {
    const alias = `*a${level - 1}`;
    lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => alias).join(', ')}]`);
  }
  return lines.join('\n');
}
