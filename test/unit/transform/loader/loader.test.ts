import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answered, type Question, loadNatively } from '../../support/load-natively.ts';

/** Files of a folder without `node_modules` above it, like a mounted folder. */
const files: Record<string, string> = {
  'plain.ts': `export default (event: Record<string, unknown>, record: { topic: string }) =>
    ({ ...event, topic: record.topic as string });`,
  'plain.js': `export default (event) => ({ ...event, js: true });`,
  'plain.mjs': `export default (event) => ({ ...event, mjs: true });`,
  'sub/nested.ts': `import { helper } from './helper.ts';\nexport default (event: object) => helper(event);`,
  'sub/helper.ts': `export const helper = (event: object): object => ({ ...event, helped: true });`,
  'defined.ts': `import { defineTransform, fieldAt } from 'logweir';
import { z } from 'zod';

export default defineTransform({
  options: z.strictObject({ to: z.string(), times: z.int().min(1).default(1) }),
  async setup({ to, times }, { name }) {
    return (event) => ({ found: fieldAt(event, 'a.b'), to: to.repeat(times), name });
  },
  close() { globalThis.closed.push('defined'); },
});`,
  'testing.ts': `import { testTransform } from 'logweir/testing';
const run = await testTransform((event) => ({ ...event, tested: true }));
export default (event: object) => run(event as Record<string, unknown>);`,
  'own-module.ts': `import own from 'own';\nexport default () => ({ own });`,
  'node_modules/own/index.js': `export default 'mine';`,
  'node_modules/own/package.json': `{ "name": "own", "type": "module", "exports": "./index.js" }`,
  'fails.ts': `
export default (): never => {
  throw new Error('on purpose');
};`,
  'syntax.ts': `const fine = 1;\n\nexport default (event) => {\n  return event +;\n};\n`,
  'enum.ts': `enum Colour { Red }\nexport default (event: object) => event;`,
  'throws.ts': `const a = 1;\nconst b = 2;\nthrow new Error('at load');\nexport default () => a + b;`,
  'imports-nothing.ts': `import { gone } from './gone.ts';\nexport default gone;`,
  'no-default.ts': `export const transform = (event: object) => event;`,
  'wrong-default.ts': `export default { setup() { return (event: object) => event; } };`,
  'setup-throws.ts': `import { defineTransform } from 'logweir';

export default defineTransform({
  setup() {
    throw new Error('no database');
  },
});`,
  'setup-rejects.ts': `import { defineTransform } from 'logweir';
export default defineTransform({ setup: () => Promise.reject(new Error('no database')) });`,
  'setup-wrong.ts': `import { defineTransform } from 'logweir';
export default defineTransform({ setup: () => 'not a function' as never });`,
  'options-wrong.ts': `import { defineTransform } from 'logweir';
export default defineTransform({ options: { to: 'string' } as never, setup: () => (event) => event });`,
  'options-throw.ts': `import { defineTransform } from 'logweir';
import { z } from 'zod';
export default defineTransform({
  options: z.strictObject({}).transform(() => { throw new Error('schema on purpose'); }),
  setup: () => (event) => event,
});`,
  'options-async.ts': `import { defineTransform } from 'logweir';
import { z } from 'zod';
export default defineTransform({
  options: z.strictObject({ name: z.string().refine(async (name) => name !== 'taken', 'is taken') }),
  setup: ({ name }) => (event) => ({ ...event, name }),
});`,
  'secret.ts': `import { defineTransform } from 'logweir';
import { z } from 'zod';
export default defineTransform({
  options: z.strictObject({ key: z.string().meta({ secret: true }), token: z.string(), shown: z.string() }),
  setup({ key, token, shown }) { throw new Error('no ' + key + ', no ' + token + ', no ' + shown); },
});`,
};

const withDefined = { use: './defined.ts', with: { to: 'x' } };

const questions = {
  nothing: { transforms: [] },
  'built-in': {
    transforms: [{ use: 'parse-json' }, { use: 'filter', with: { field: 'level', equals: 'info' } }],
    events: [{ message: '{"level":"info"}' }, { message: '{"level":"debug"}' }],
  },
  'relative paths': {
    transforms: [
      { use: './plain.ts' },
      { use: 'plain.js' },
      { use: './plain.mjs', on_error: 'keep' },
      { use: 'sub/nested.ts' },
    ],
    events: [{ n: 1 }],
  },
  'absolute path': { transforms: [{ use: 'DIR/plain.js' }], events: [{}] },
  'own imports': {
    transforms: [{ use: './defined.ts', with: { to: 'x', times: 3 } }],
    events: [{ a: { b: 5 } }],
  },
  'testing helper': { transforms: [{ use: './testing.ts' }], events: [{}] },
  'own module': { transforms: [{ use: './own-module.ts' }], events: [{}] },
  'failing event': { transforms: [{ use: './fails.ts', on_error: 'drop' }], events: [{}] },
  'misspelt built-in': { transforms: [{ use: 'parsejson' }] },
  'missing file': { transforms: [{ use: './gone.ts' }] },
  'missing file without a folder': { transforms: [{ use: 'gone.ts' }] },
  'syntax error': { transforms: [{ use: './plain.js' }, { use: './syntax.ts' }] },
  enum: { transforms: [{ use: './enum.ts' }] },
  'throws at load': { transforms: [{ use: './throws.ts' }] },
  'imports what is not there': { transforms: [{ use: './imports-nothing.ts' }] },
  'no default': { transforms: [{ use: './no-default.ts' }] },
  'wrong default': { transforms: [{ use: './wrong-default.ts' }] },
  'bad options': { transforms: [{ use: './defined.ts', with: { to: 5, times: 0, tiems: 1 } }] },
  'missing option': { transforms: [{ use: './defined.ts' }] },
  'options for a plain function': { transforms: [{ use: './plain.ts', with: { a: 1, b: 2 } }] },
  'bad options of a built-in': { transforms: [{ use: 'filter', with: { field: 'a' } }] },
  'setup throws': { transforms: [{ use: './setup-throws.ts' }] },
  'setup rejects': { transforms: [{ use: './setup-rejects.ts' }] },
  'setup gives no function': { transforms: [{ use: './setup-wrong.ts' }] },
  'a later one fails': { transforms: [withDefined, { use: './plain.ts' }, { use: './setup-throws.ts' }] },
  'an earlier one fails': { transforms: [{ use: './setup-throws.ts' }, withDefined] },
  'several faults': {
    transforms: [
      { use: 'parsejson' },
      { use: './gone.ts' },
      { use: './defined.ts', with: { to: 5, tims: 1 } },
      { use: './syntax.ts' },
      { use: 'filter', with: { feld: 'a' } },
      { use: './setup-throws.ts' },
      { use: './plain.ts', with: { a: 1 } },
      { use: './options-wrong.ts' },
      { use: './options-throw.ts' },
    ],
  },
  'options that wait': { transforms: [{ use: './options-async.ts', with: { name: 'free' } }], events: [{}] },
  'options that wait, rejected': { transforms: [{ use: './options-async.ts', with: { name: 'taken' } }] },
  'a secret in a message': {
    transforms: [
      { use: './secret.ts', with: { key: 's3cret-key', token: 's3cret-token', shown: 'a-table' } },
    ],
  },
} satisfies Record<string, Question>;

type Name = keyof typeof questions;

let folder = '';
const answers = new Map<string, Answered>();

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'logweir-loader-')));
  for (const [name, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), source);
  }
  const asked = JSON.parse(JSON.stringify(Object.values(questions)).replaceAll('DIR', folder)) as Question[];
  const names = Object.keys(questions);
  for (const [index, answer] of loadNatively(folder, asked).entries())
    answers.set(String(names[index]), answer);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function loaded(name: Name): Extract<Answered, { loaded: true }> {
  const answer = answers.get(name);
  if (answer?.loaded !== true) throw new Error(`${name} did not load: ${JSON.stringify(answer)}`);
  return answer;
}

function faultOf(name: Name): Extract<Answered, { loaded: false }> {
  const answer = answers.get(name);
  if (answer?.loaded !== false) throw new Error(`${name} was loaded: ${JSON.stringify(answer)}`);
  expect(answer.code).toBe('CONFIG');
  return answer;
}

describe('a transform is found', () => {
  it('by name if it is a built-in, and it receives its options', () => {
    expect(loaded('built-in').steps).toEqual(['parse-json (dead_letter)', 'filter (dead_letter)']);
    expect(loaded('built-in').outputs).toEqual([[{ level: 'info' }], []]);
  });

  it('by a path relative to the configuration, in TypeScript or JavaScript', () => {
    const { steps, outputs } = loaded('relative paths');
    expect(outputs).toEqual([[{ n: 1, topic: 'app-logs', js: true, mjs: true, helped: true }]]);
    expect(steps[2]).toBe('./plain.mjs (keep)');
  });

  it('by an absolute path', () => {
    expect(loaded('absolute path').outputs).toEqual([[{ js: true }]]);
  });

  it('and an empty list is a chain that changes nothing', () => {
    expect(loaded('nothing').steps).toEqual([]);
  });
});

describe('from a folder without node_modules above it', () => {
  it('logweir and zod are found, and are the running copies', () => {
    expect(loaded('own imports').outputs).toEqual([[{ found: 5, to: 'xxx', name: './defined.ts' }]]);
  });

  it('logweir/testing is found', () => {
    expect(loaded('testing helper').outputs).toEqual([[{ tested: true }]]);
  });

  it("the transform's own modules are found", () => {
    expect(loaded('own module').outputs).toEqual([[{ own: 'mine' }]]);
  });
});

it('an error of a transform is reported with its name and policy', () => {
  expect(loaded('failing event')).toMatchObject({
    outputs: [[]],
    failures: ['./fails.ts (drop): on purpose'],
  });
});

describe('a load failure is a configuration error with the transform, its position and the reason', () => {
  it('a misspelt built-in, with the nearest name and all of them', () => {
    const { message } = faultOf('misspelt built-in');
    expect(message).toMatch(/^transforms\.0 \(parsejson\): there is no built-in of that name/);
    expect(message).toMatch(/did you mean parse-json\?/);
    const builtIns = readdirSync(new URL('../../../../transforms', import.meta.url)).filter((name) =>
      name.endsWith('.ts'),
    );
    for (const name of builtIns) expect(message).toContain(name.replace(/\.ts$/, ''));
  });

  it('a missing file, with its path', () => {
    expect(faultOf('missing file').message).toBe(
      `transforms.0 (./gone.ts): there is no file ${join(folder, 'gone.ts')} (paths are relative to the configuration file)`,
    );
    expect(faultOf('missing file without a folder').message).toContain(join(folder, 'gone.ts'));
  });

  it('a syntax error, with its line', () => {
    const { message, hasCause } = faultOf('syntax error');
    expect(message).toMatch(/^transforms\.1 \(\.\/syntax\.ts\) does not load: /);
    expect(message).toContain(`${join(folder, 'syntax.ts')}:4`);
    expect(hasCause).toBe(true);
  });

  it('TypeScript that Node cannot strip', () => {
    expect(faultOf('enum').message).toMatch(/enum/i);
  });

  it('a module that throws, with the line', () => {
    expect(faultOf('throws at load').message).toMatch(/does not load: at load \(.*throws\.ts:3:7\)\n/);
  });

  it('a module with a missing import', () => {
    expect(faultOf('imports what is not there').message).toMatch(/does not load: .*gone\.ts/);
  });

  it.each<Name>(['no default', 'wrong default'])('%s export', (name) => {
    expect(faultOf(name).message).toMatch(
      /must have a default export that is a function or comes from defineTransform/,
    );
  });

  it('options that its schema rejects, all of them together', () => {
    const { message } = faultOf('bad options');
    expect(message).toMatch(/^transforms\.0 \(\.\/defined\.ts\): /);
    expect(message).toMatch(/with\.to: .*expected string/);
    expect(message).toMatch(/with\.times: /);
    expect(message).toMatch(/tiems/);
  });

  it('a missing option', () => {
    expect(faultOf('missing option').message).toMatch(/with\.to: /);
  });

  it('options for a transform without options', () => {
    expect(faultOf('options for a plain function').message).toBe(
      "transforms.0 (./plain.ts): it takes no options, yet 'with' gives a, b",
    );
  });

  it('options that exclude each other', () => {
    expect(faultOf('bad options of a built-in').message).toMatch(
      /exactly one of equals, in, contains and exists/,
    );
  });

  it('a setup that throws or rejects, with the line if it is known', () => {
    expect(faultOf('setup throws').message).toMatch(
      /^transforms\.0 \(\.\/setup-throws\.ts\): its setup failed: no database \(.*setup-throws\.ts:5:11\)\n/,
    );
    expect(faultOf('setup rejects').message).toMatch(/its setup failed: no database \(.*setup-rejects\.ts:2/);
  });

  it('a setup that returns no function', () => {
    expect(faultOf('setup gives no function').message).toMatch(/setup must return a function/);
  });
});

it('the errors of several transforms are reported together, in their order', () => {
  const { message } = faultOf('several faults');
  const told = message.split('\n').filter((line) => line.startsWith('transforms.'));
  expect(told.map((line) => line.slice(0, 40))).toMatchObject([
    expect.stringMatching(/^transforms\.0 \(parsejson\): there is no/),
    expect.stringMatching(/^transforms\.1 \(\.\/gone\.ts\): there is/),
    expect.stringMatching(/^transforms\.2 \(\.\/defined\.ts\): with\.to/),
    expect.stringMatching(/^transforms\.2 \(\.\/defined\.ts\): with\.ti/),
    expect.stringMatching(/^transforms\.3 \(\.\/syntax\.ts\) does not/),
    expect.stringMatching(/^transforms\.4 \(filter\): with\.field/),
    expect.stringMatching(/^transforms\.4 \(filter\): with\.feld/),
    expect.stringMatching(/^transforms\.5 \(\.\/setup-throws\.ts\):/),
    expect.stringMatching(/^transforms\.6 \(\.\/plain\.ts\): it takes/),
    expect.stringMatching(/^transforms\.7 \(\.\/options-wrong\.ts\):/),
    expect.stringMatching(/^transforms\.8 \(\.\/options-throw\.ts\):/),
  ]);
  expect(message).toMatch(/with\.tims: unknown key, did you mean .*times\?/);
  expect(message).toMatch(/its options must be a schema of zod/);
  expect(message).toMatch(/its options cannot be checked: schema on purpose/);
});

it('an asynchronous schema is awaited', () => {
  expect(loaded('options that wait').outputs).toEqual([[{ name: 'free' }]]);
  expect(faultOf('options that wait, rejected').message).toMatch(/with\.name: is taken$/);
});

it('a message never shows an option that is secret by its schema or by its name', () => {
  const { message } = faultOf('a secret in a message');
  expect(message).toMatch(/its setup failed: no \(hidden\), no \(hidden\), no a-table/);
  expect(message).not.toContain('s3cret');
});

describe('a transform that was set up is closed', () => {
  it('once with the chain', () => {
    expect(loaded('own imports').closed).toEqual(['defined']);
  });

  it('if a later transform does not load', () => {
    expect(faultOf('a later one fails').message).toMatch(/^transforms\.2/);
    expect(faultOf('a later one fails').closed).toEqual(['defined']);
  });

  it('if an earlier one failed, since the others are still set up to find their errors', () => {
    expect(faultOf('an earlier one fails').closed).toEqual(['defined']);
  });

  it('but not if its setup failed', () => {
    expect(faultOf('bad options').closed).toEqual([]);
    expect(faultOf('several faults').closed).toEqual([]);
  });
});
