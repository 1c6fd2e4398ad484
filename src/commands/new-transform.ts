import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { LogweirError, messageOf } from '../errors.ts';
import { writeTypes } from './type-declarations.ts';

/** What keeps the types where npm would take them away: it knows only what a package.json names. */
const devDependencies = { logweir: 'file:.logweir/logweir', zod: 'file:.logweir/node_modules/zod' };
const FOR_NPM = './.logweir/logweir ./.logweir/node_modules/zod';
const NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** As `tsc --init` has it, but that nothing is compiled, and what Node cannot strip is an error. Node's types come with logweir's. */
const TSCONFIG = `{
  "compilerOptions": {
    "module": "nodenext",
    "target": "esnext",
    "types": [],
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "exactOptionalPropertyTypes": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true,
    "allowImportingTsExtensions": true,
    "noEmit": true,
    "skipLibCheck": true
  }
}
`;

/**
 * `logweir new transform NAME`: a transform and its test, in `transforms` below the directory, and what an editor and `tsc` need to
 * understand them. The test passes as it is. No file that is there is written over.
 *
 * @throws LogweirError USAGE where the name is none, something is there already, or the directory cannot be written to
 */
export function newTransform(name: string, directory: string, output: Writable): void {
  if (!NAME.test(name))
    throw new LogweirError(
      'USAGE',
      `'${name}' is no name for a transform: small letters, digits and dashes, like add-team`,
    );
  const files = { [`${name}.ts`]: transformSource(name), [`${name}.test.ts`]: testSource(name) };
  const folder = join(directory, 'transforms');
  for (const file of Object.keys(files)) {
    if (existsSync(join(folder, file)))
      throw new LogweirError('USAGE', `${join(folder, file)} is there already; nothing was written`);
  }
  let lines: Line[];
  try {
    mkdirSync(folder, { recursive: true });
    for (const [file, source] of Object.entries(files)) writeFileSync(join(folder, file), source);
    lines = [
      [`transforms/${name}.ts`, 'the transform'],
      [`transforms/${name}.test.ts`, 'its test; logweir test runs it'],
      ...writeProject(directory),
    ];
  } catch (error) {
    throw new LogweirError('USAGE', `cannot write in ${directory}: ${messageOf(error)}`, { cause: error });
  }
  const width = Math.max(...lines.map(([path]) => path.length));
  output.write(`${lines.map(([path, what]) => `${path.padEnd(width)}   ${what}\n`).join('')}In logweir.yaml:
  transforms:
    - use: ./transforms/${name}.ts
      with: { field: team, value: shop }
Try it: logweir transform --diff < events.ndjson
`);
}

/** A file that was written, and what it is. */
type Line = readonly [path: string, what: string];

function writeProject(directory: string): Line[] {
  const types = writeTypes(directory);
  const lines: Line[] = [...types];
  const own = join(directory, 'package.json');
  if (!existsSync(own)) {
    if (packageType(directory) !== 'module') {
      const description = { private: true, type: 'module', ...(types.length > 0 && { devDependencies }) };
      writeFileSync(own, `${JSON.stringify(description, null, 2)}\n`);
      lines.push(['package.json', 'says that these are ES modules, and where npm finds the types']);
    }
  } else {
    if (packageType(directory) !== 'module' && !existsSync(join(directory, 'transforms/package.json'))) {
      writeFileSync(join(directory, 'transforms/package.json'), '{ "type": "module" }\n');
      lines.push([
        'transforms/package.json',
        'says to tsc that these are ES modules; your package.json does not',
      ]);
    }
    if (types.length > 0)
      lines.push([
        '',
        `what npm installs next takes the types away, unless you run: npm install -D ${FOR_NPM}`,
      ]);
  }
  if (!existsSync(join(directory, 'tsconfig.json'))) {
    writeFileSync(join(directory, 'tsconfig.json'), TSCONFIG);
    lines.push(['tsconfig.json', 'for editors and tsc']);
  }
  return lines;
}

/** What the nearest package.json says of the files in a folder. */
function packageType(folder: string): unknown {
  const file = join(folder, 'package.json');
  if (existsSync(file)) {
    try {
      return (JSON.parse(readFileSync(file, 'utf8')) as { type?: unknown } | null)?.type;
    } catch {
      return undefined;
    }
  }
  return dirname(folder) === folder ? undefined : packageType(dirname(folder));
}

function transformSource(name: string): string {
  return `import { defineTransform, fieldAt, setAt } from 'logweir';
import { z } from 'zod';

/** ${name}: sets a field where it is missing. Make it your own. */
export default defineTransform({
  // What may stand under \`with:\` in logweir.yaml; checked before the first record is read.
  options: z.strictObject({
    field: z.string().min(1),
    value: z.string(),
  }),
  // Called once. The function that it returns is called for every event: return the event, several in a list, or
  // undefined to drop it. What it throws goes where \`on_error\` says.
  setup({ field, value }, { metrics }) {
    return (event) => {
      if (fieldAt(event, field) !== undefined) return event;
      setAt(event, field, value);
      metrics.count('set');
      return event;
    };
  },
});
`;
}

function testSource(name: string): string {
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileEvent, testTransform } from 'logweir/testing';
import transform from './${name}.js'; // as TypeScript has it; it is the .ts that is loaded

test('sets the field where it is missing', async () => {
  const run = await testTransform(transform, { field: 'team', value: 'shop' });
  const [event] = await run(fileEvent({ message: 'order processed' }));
  assert.equal(event?.team, 'shop');
});

test('leaves a field alone that is there already', async () => {
  const run = await testTransform(transform, { field: 'team', value: 'shop' });
  assert.deepEqual(await run({ team: 'pay' }), [{ team: 'pay' }]);
});

test('refuses options that it does not know', async () => {
  await assert.rejects(testTransform(transform, { feild: 'team', value: 'shop' }), /feild/);
});
`;
}
