import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type ConfigQuestion, askNatively } from '../support/config-natively.ts';
import { everyOption, failingSetUp } from '../support/transform-sources.ts';

/** Each case starts a process. */
const TIMEOUT_MS = 60_000;

/** A folder without `node_modules` above it, like a mounted one. */
let folder = '';
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'logweir-config-')));
  write('own.ts', everyOption);
  write('fails.ts', failingSetUp);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, source: string): void {
  writeFileSync(join(folder, name), source);
}

function output(question: ConfigQuestion): string {
  const [answer] = askNatively(folder, [question]);
  if (answer === undefined || 'error' in answer) throw new Error(`it is rejected: ${answer?.error}`);
  return answer.output;
}

describe('options from the environment', { timeout: TIMEOUT_MS }, () => {
  it("are converted to the types of the transform's schema", () => {
    const yaml = `transforms:
  - use: ./own.ts
    with:
      rate: \${RATE:-10}
      isOn: \${ON}
      ratio: "\${RATIO}"
      id: \${ID}
      either: \${RATE:-10}
      nested: [{ n: '\${RATE:-10}' }, { n: 7 }]
      choice: { kind: '\${KIND:-a}', n: '\${RATE:-11}' }
`;
    const env = { ON: 'true', RATIO: '-.5e1', ID: '007' };
    expect(JSON.parse(output({ ask: 'event', yaml, env }))).toEqual([
      {
        options: {
          rate: 10,
          isOn: true,
          ratio: -5,
          id: '007',
          either: '10',
          nested: [{ n: 10 }, { n: 7 }],
          choice: { kind: 'a', n: 11 },
        },
      },
    ]);
  });

  it.each([
    [
      'a text where a number is wanted',
      'rate: ${X}',
      'abc',
      /with\.rate: .*expected number, received string/,
    ],
    ['nothing where a number is wanted', 'rate: ${X}', '', /with\.rate: .*expected number/],
    ['a number out of range', 'rate: ${X}', '1.5', /with\.rate: .*expected int/],
    ['a quoted number in the file', 'rate: "5"', '', /with\.rate: .*expected number, received string/],
  ])('%s is rejected with its place', (_name, option, value, message) => {
    const yaml = `transforms:\n  - use: ./own.ts\n    with:\n      ${option}\n`;
    const [answer] = askNatively(folder, [{ ask: 'event', yaml, env: { X: value } }]);
    expect(answer).toMatchObject({ error: expect.stringMatching(message) });
    expect(answer).toMatchObject({
      error: expect.stringContaining('logweir.yaml:4:7 transforms.0 (./own.ts): '),
    });
  });
});

describe('no output contains a secret', { timeout: TIMEOUT_MS }, () => {
  /** Each secret contains s3cret. */
  const yaml = `kafka:
  bootstrap_servers: 127.0.0.1:1
  sasl: { mechanism: PLAIN, username: shown-user, password: s3cret-sasl }
  librdkafka_options:
    ssl.key.password: s3cret-key
    sasl.oauthbearer.client.secret: s3cret-client
    client.rack: shown-rack
transforms:
  - use: redact
    with: { hash_key: s3cret-hash-key, fields: [shown-field] }
  - use: set
    with:
      fields:
        token: s3cret-token
        from: \${ENV_SECRET}
        default: \${NOT_THERE:-s3cret-default}
        shown: shown-literal
  - use: ./own.ts
    with:
      pepper: s3cret-pepper
      region: \${REGION}
      id: x-\${ENV_SECRET}
      url: http://shown-name:s3cret-url@shown-proxy:3128
      headers: { Authorization: Bearer s3cret-header, X-Shown: shown-header }
elasticsearch:
  endpoints: http://shown-elastic:s3cret-endpoint@127.0.0.1:1,http://shown-second:s3cret-second@127.0.0.1:2
  auth: { api_key: s3cret-api }
`;
  const env = { ENV_SECRET: 's3cret-environment', REGION: 'shown-region' };

  it('of config, which shows all other values', () => {
    const stdout = output({ ask: 'config', yaml, env });
    expect(stdout).not.toContain('s3cret');
    for (const shown of [
      'user',
      'rack',
      'field',
      'literal',
      'region',
      'name',
      'proxy',
      'header',
      'elastic',
      'second',
    ])
      expect(stdout).toContain(`shown-${shown}`);
    const { transforms } = parse(stdout) as { transforms: { with: Record<string, unknown> }[] };
    expect(transforms.map((one) => one.with)).toMatchObject([
      { hash_key: '(hidden)' },
      { fields: { token: '(hidden)', from: '(hidden)', default: '(hidden)', shown: 'shown-literal' } },
      { pepper: '(hidden)', region: 'shown-region', id: '(hidden)', headers: { Authorization: '(hidden)' } },
    ]);
  });

  const wrong: [string, string, string][] = [
    ['a wrong type', 's3cret-sasl }', '[s3cret-sasl] }'],
    ['a wrong type of an option', 's3cret-hash-key', '{ a: s3cret-hash-key }'],
    ['an unknown key beside it', 's3cret-api }', 's3cret-api, api_kye: s3cret }'],
    ['an unknown option', 'hash_key: s3', 'hsah_key: s3'],
    ['a secret that is too short', 's3cret-hash-key', 's3cret'],
    ['a URL that is none', 'http://shown-elastic:s3cret-endpoint@127.0.0.1:1', 'http//u:s3cret@h'],
    ['a URL whose port is none', 's3cret-endpoint@127.0.0.1:1', 's3cret-endpoint@127.0.0.1:s3cret'],
    ['quotes that do not end', 's3cret-sasl', '"s3cret-sasl'],
    ['text behind quotes', 's3cret-sasl', '"a"s3cret-sasl'],
    ['an alias', 's3cret-sasl', '*s3cret-sasl'],
    ['a tag', 's3cret-sasl', '!s3cret-sasl x'],
    ['a reserved character', 's3cret-sasl', '@s3cret-sasl'],
    ['an escape', 's3cret-sasl', '"\\s3cret-sasl"'],
    ['a block scalar', 's3cret-pepper', '|s3cret-pepper'],
    ['a colon', 's3cret-pepper', 's3cret: s3cret-pepper'],
    ['a dollar sign and a brace', 's3cret-sasl', '"${s3cret.sasl}"'],
    ['a brace that is not closed', 's3cret-sasl', '"${s3cret="'],
    ['twice the same key', 'pepper: s3cret-pepper', 'pepper: s3cret-pepper\n      pepper: s3cret-second'],
    [
      'a set-up that says it',
      'use: ./own.ts\n    with:\n      pepper: s3cret-pepper',
      'use: ./fails.ts\n    with:\n      pepper: s3cret-pepper\n  - use: ./own.ts\n    with:\n      pepper: s3cret',
    ],
  ];

  it('of the errors of a wrong configuration', () => {
    const questions = wrong.flatMap(([name, search, replace]): ConfigQuestion[] => {
      expect({ name, times: yaml.split(search).length - 1 }).toEqual({ name, times: 1 });
      const question = { yaml: yaml.replace(search, () => replace), env };
      return [
        { ask: 'config', ...question },
        { ask: 'event', ...question },
      ];
    });
    for (const [index, answer] of askNatively(folder, questions).entries()) {
      const said = `${wrong[Math.floor(index / 2)]?.[0]}: ${JSON.stringify(answer)}`;
      // config does not call a transform's setup.
      if (index < questions.length - 2 || index % 2 === 1) expect(said).toMatch(/logweir\.yaml:\d+:\d+ /);
      expect(said).not.toContain('s3cret');
    }
  });
});
