import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { LogweirError } from '../errors.ts';

const NAME = /^[a-z][a-z0-9-]{0,63}$/;

/**
 * `logweir new transform NAME`: a transform and its test, in `transforms` below the directory. The test passes as it is.
 *
 * @throws LogweirError USAGE where the name is none, or something is there already
 */
export function newTransform(name: string, directory: string, output: Writable): void {
  if (!NAME.test(name))
    throw new LogweirError(
      'USAGE',
      `'${name}' is no name for a transform: small letters, digits and dashes, like add-team`,
    );
  const folder = join(directory, 'transforms');
  const files = { [`${name}.ts`]: transformSource(name), [`${name}.test.ts`]: testSource(name) };
  for (const file of Object.keys(files)) {
    if (existsSync(join(folder, file)))
      throw new LogweirError('USAGE', `${join(folder, file)} is there already; nothing was written`);
  }
  mkdirSync(folder, { recursive: true });
  for (const [file, source] of Object.entries(files)) writeFileSync(join(folder, file), source);
  output.write(`transforms/${name}.ts        the transform
transforms/${name}.test.ts   its test; logweir test runs it
In logweir.yaml:
  transforms:
    - use: ./transforms/${name}.ts
      with: { field: team, value: shop }
Try it: logweir transform --diff < events.ndjson
`);
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
import transform from './${name}.ts';

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
