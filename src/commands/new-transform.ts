import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { LogweirError, messageOf } from '../errors.ts';
import { writeTypes } from './type-declarations.ts';

/** Keeps the types: npm removes packages that no package.json names. */
const devDependencies = { logweir: 'file:.logweir/logweir', zod: 'file:.logweir/node_modules/zod' };
const FOR_NPM = './.logweir/logweir ./.logweir/node_modules/zod';
const NAME = /^[a-z][a-z0-9-]{0,63}$/;

/** The output of `tsc --init`, without compilation, and with an error for syntax that Node cannot strip. */
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
 * `logweir new transform NAME`: writes a transform and its test into `transforms`, and the files that an
 * editor and `tsc` need for them. The test passes unchanged. Never overwrites a file.
 *
 * @throws LogweirError USAGE if the name is not valid, a file exists already, or the directory is not
 *   writable
 */
export function newTransform(name: string, directory: string, output: Writable): void {
  if (!NAME.test(name))
    throw new LogweirError(
      'USAGE',
      `'${name}' is not a name for a transform: use small letters, digits and dashes, like add-team`,
    );
  const files = { [`${name}.ts`]: transformSource(name), [`${name}.test.ts`]: testSource(name) };
  const folder = join(directory, 'transforms');
  for (const file of Object.keys(files)) {
    if (existsSync(join(folder, file)))
      throw new LogweirError('USAGE', `${join(folder, file)} exists already; nothing was written`);
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

/** A file that was written, and its purpose. */
type Line = readonly [path: string, what: string];

/** Writes the files that an editor and `tsc` need for transforms in TypeScript. */
export function writeProject(directory: string): Line[] {
  const types = writeTypes(directory);
  const lines: Line[] = [...types];
  const own = join(directory, 'package.json');
  if (!existsSync(own)) {
    if (packageType(directory) !== 'module') {
      const description = { private: true, type: 'module', ...(types.length > 0 && { devDependencies }) };
      writeFileSync(own, `${JSON.stringify(description, null, 2)}\n`);
      lines.push(['package.json', 'declares ES modules, and tells npm where the types are']);
    }
  } else {
    if (packageType(directory) !== 'module' && !existsSync(join(directory, 'transforms/package.json'))) {
      writeFileSync(join(directory, 'transforms/package.json'), '{ "type": "module" }\n');
      lines.push(['transforms/package.json', 'declares ES modules for tsc; your package.json does not']);
    }
    if (types.length > 0)
      lines.push(['', `the next npm install removes the types, unless you run: npm install -D ${FOR_NPM}`]);
  }
  if (!existsSync(join(directory, 'tsconfig.json'))) {
    writeFileSync(join(directory, 'tsconfig.json'), TSCONFIG);
    lines.push(['tsconfig.json', 'for editors and tsc']);
  }
  return lines;
}

/** The `type` of the nearest package.json. */
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

/** ${name}: sets a field if it is missing. Change it as you need. */
export default defineTransform({
  // The options under \`with:\` in logweir.yaml, checked before the first record is consumed.
  options: z.strictObject({
    field: z.string().min(1),
    value: z.string(),
  }),
  // Called once. The function that it returns is called for every event: return the event, several in a list,
  // or undefined to drop it. If it throws, \`on_error\` decides what happens to the record.
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
import transform from './${name}.js'; // TypeScript's notation; the .ts file is loaded

test('sets the field if it is missing', async () => {
  const run = await testTransform(transform, { field: 'team', value: 'shop' });
  const [event] = await run(fileEvent({ message: 'order processed' }));
  assert.equal(event?.team, 'shop');
});

test('does not change a field that exists', async () => {
  const run = await testTransform(transform, { field: 'team', value: 'shop' });
  assert.deepEqual(await run({ team: 'pay' }), [{ team: 'pay' }]);
});

test('rejects unknown options', async () => {
  await assert.rejects(testTransform(transform, { feild: 'team', value: 'shop' }), /feild/);
});
`;
}
