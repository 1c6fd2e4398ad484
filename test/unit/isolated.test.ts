import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../support/paths.ts';

it('a test that replaces a module has a process of its own: another file may have loaded the module already', () => {
  const config = readFileSync(join(root, 'vitest.config.ts'), 'utf8');
  const lists = [...config.matchAll(/^const (?:isolated|thorough) = \[([\s\S]*?)^\];/gm)].map(
    ([, list]) => list,
  );
  const isolated = [...lists.join('').matchAll(/'([^']+)'/g)].map(([, name]) => name);
  const mocking = globSync('test/{unit,transforms}/**/*.test.ts', { cwd: root }).filter((name) =>
    /^vi\.mock\(/m.test(readFileSync(join(root, name), 'utf8')),
  );
  expect(mocking.length).toBeGreaterThan(5);
  expect(mocking.filter((name) => !isolated.includes(name))).toEqual([]);
});
