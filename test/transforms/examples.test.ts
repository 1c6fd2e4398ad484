import { describe, expect, it } from 'vitest';
import { type Event, type TransformDefinition, isTransformDefinition } from '../../src/transform/api/api.ts';
import { builtIns } from '../../src/transform/loader/loader.ts';
import { targetOf, testTransform } from 'logweir/testing';

/** These need a file, which an example cannot contain. */
const WITHOUT_EXAMPLES = ['geoip', 'lookup'];

const folder = new URL('../../transforms/', import.meta.url);
const names = builtIns();

async function load(name: string): Promise<TransformDefinition> {
  const { default: exported } = (await import(new URL(`${name}.ts`, folder).href)) as { default: unknown };
  if (!isTransformDefinition(exported)) throw new Error(`${name} is no transform`);
  return exported;
}

describe.each(names)('%s', (name) => {
  it('has a description, described options and an example', async () => {
    const { description = '', options, examples = [] } = await load(name);
    expect(description).toMatch(/\.$/);
    expect(options).toBeDefined();
    expect(examples.length > 0).toBe(!WITHOUT_EXAMPLES.includes(name));
  });

  it('does what its examples show', async () => {
    const definition = await load(name);
    for (const { title, with: options, input, output, indices } of definition.examples ?? []) {
      const run = await testTransform(definition, options);
      const found: Event[] = [];
      for (const event of structuredClone(input)) found.push(...(await run(event)));
      found.push(...(await run.end()));
      const shown = found.map((event) => Object.fromEntries(Object.entries(event)));
      expect({ title, shown }).toEqual({ title, shown: output });
      if (indices !== undefined) expect(found.map(targetOf)).toEqual(indices);
    }
  });
});
