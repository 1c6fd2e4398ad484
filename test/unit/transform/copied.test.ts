/** A built-in is an ordinary transform: its copy in the user's folder, with its helpers, works the same. */
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { isTransformDefinition } from '../../../src/transform/api/api.ts';
import { builtIns } from '../../../src/transform/loader/loader.ts';
import { type Question, loadNatively } from '../support/load-natively.ts';

const builtInFolder = fileURLToPath(new URL('../../../transforms/', import.meta.url));
/** A folder without `node_modules` in it or above it. */
const folder = mkdtempSync(join(tmpdir(), 'logweir-copied-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('every built-in loads from a folder without node_modules and does what its example shows', async () => {
  cpSync(builtInFolder, folder, { recursive: true });
  const questions: (Question & { name: string })[] = [];
  for (const name of builtIns()) {
    const { default: exported } = (await import(`../../../transforms/${name}.ts`)) as { default: unknown };
    const { with: options = {}, input } = (isTransformDefinition(exported) && exported.examples?.[0]) || {};
    const events = structuredClone(input) ?? [];
    const ask = (use: string): void =>
      void questions.push({ name, events, transforms: [{ use, with: options }] });
    ask(name);
    ask(`./${name}.ts`);
  }
  const answers = loadNatively(folder, questions);
  for (const [at, { name }] of questions.entries()) {
    if (at % 2 === 1) continue;
    const [builtIn, copy] = answers.slice(at, at + 2);
    // Those that read a file load, and then fail because its name is missing.
    if (builtIn?.loaded === false)
      expect([name, builtIn.message]).toEqual([name, expect.stringMatching(/geoip|lookup/)]);
    expect(strip(copy)).toEqual(strip(builtIn));
  }
});

function strip(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer).replaceAll(/\.\/([\w-]+)\.ts/g, '$1')) as unknown;
}

it('no built-in imports from a folder that is not copied', () => {
  const isOutside = (file: string): boolean =>
    readFileSync(file, 'utf8')
      .matchAll(/from '(\.[^']*)'/g)
      .some(([, path = '']) => !resolve(dirname(file), path).startsWith(builtInFolder));
  const guilty = readdirSync(builtInFolder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && isOutside(join(builtInFolder, file)),
  );
  expect(guilty).toEqual([]);
});
