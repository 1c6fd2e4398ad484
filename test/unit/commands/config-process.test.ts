import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logweirCommand } from '../../support/command.ts';
import { root } from '../../support/paths.ts';
import { everyOption, failingSetUp } from '../support/transform-sources.ts';

const TIMEOUT_MS = 60_000;

/** A folder without `node_modules` above it, like a mounted one. */
let folder = '';
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'logweir-config-')));
  write('own.ts', everyOption);
  write('plain.ts', 'export default (event) => event;');
  write('breaks.ts', 'export default (event) => {');
  write('fails.ts', failingSetUp);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, source: string): string {
  writeFileSync(join(folder, name), source);
  return join(folder, name);
}

async function logweir(
  command: readonly string[],
  yaml: string,
  env: Record<string, string> = {},
  input = '',
) {
  const config = write('logweir.yaml', yaml);
  return await logweirCommand([...command, '--config', config], { env, input });
}

/** The lines of an error, without the folder. */
function problemsIn(stderr: string): string[] {
  return stderr
    .split('\n  ')
    .filter((line) => line.startsWith(folder))
    .map((line) => line.replaceAll(`${folder}/`, ''));
}

describe('all problems are reported at once, each with its place', { timeout: TIMEOUT_MS }, () => {
  const yaml = `kafka:
  gruop_id: x
  commit_interval_ms: \${NOT_A_NUMBER}
  sasl: { password: '\${MISSING}' }
transforms:
  - use: parse-jsn
  - use: ./gone.ts
  - use: filter
    with:
      field: a
      valeu: b
  - use: ./breaks.ts
  - use: ./plain.ts
    with: { a: 1 }
  - use: ./own.ts
    with:
      rate: \${NOT_A_NUMBER}
      nested:
        - n: many
  - use: lookup
    with: { file: gone.csv, key: k, field: f, target: t }
  - use: parse-regex
    with: { pattern: '(' }
elasticsearch:
  endpoints: nowhere
`;

  it.each([['config'], ['run'], ['transform']])('by %s', async (command) => {
    const { code, stdout, stderr } = await logweir([command], yaml, { NOT_A_NUMBER: 'abc' });
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr).not.toMatch(/^ {4}at /m);
    for (const line of [
      /^logweir\.yaml:2:3 kafka\.gruop_id: unknown key, did you mean kafka\.group_id\?/,
      /^logweir\.yaml:3:3 kafka\.commit_interval_ms: .*expected number/,
      /^logweir\.yaml:4:22 the environment variable MISSING is not set/,
      /^logweir\.yaml:6:5 transforms\.0 \(parse-jsn\): there is no built-in of that name, did you mean parse-json\?/,
      /^logweir\.yaml:7:5 transforms\.1 \(\.\/gone\.ts\): there is no file gone\.ts/,
      /^logweir\.yaml:11:7 transforms\.2 \(filter\): with\.valeu: unknown key/,
      /^logweir\.yaml:12:5 transforms\.3 \(\.\/breaks\.ts\) does not load/,
      /^logweir\.yaml:1[34]:\d+ transforms\.4 \(\.\/plain\.ts\): it takes no options, yet 'with' gives a/,
      /^logweir\.yaml:17:7 transforms\.5 \(\.\/own\.ts\): with\.rate: .*expected number, received string/,
      /^logweir\.yaml:19:11 transforms\.5 \(\.\/own\.ts\): with\.nested\.0\.n: .*expected number/,
      /^logweir\.yaml:20:5 transforms\.6 \(lookup\): its setup failed: .*gone\.csv/,
      /^logweir\.yaml:22:5 transforms\.7 \(parse-regex\): its setup failed/,
      /^logweir\.yaml:25:3 elasticsearch\.endpoints: each must be a URL/,
    ])
      expect(problemsIn(stderr)).toContainEqual(expect.stringMatching(line));
  });

  it('also if only transforms are wrong, including their setup', async () => {
    const two = 'transforms:\n  - use: parse-jsn\n  - use: ./fails.ts\n    with: { pepper: s3cret }\n';
    const { code, stderr } = await logweir(['transform'], two);
    expect(code).toBe(78);
    expect(problemsIn(stderr)).toEqual([
      expect.stringMatching(/^logweir\.yaml:2:5 transforms\.0/),
      expect.stringMatching(/^logweir\.yaml:3:5 transforms\.1 .*its setup failed: cannot use \(hidden\)/),
    ]);
  });
});

it('nested aliases and a folder end the process with a sentence', { timeout: TIMEOUT_MS }, async () => {
  const names = 'abcdefghi';
  const laughs = Array.from(names, (name, index) => {
    const inner = index === 0 ? 'x' : `*${names[index - 1]}`;
    return `${name}: &${name} [${`${inner},`.repeat(9)}]`;
  });
  const { code, stderr } = await logweir(['run'], laughs.join('\n'));
  expect(code).toBe(78);
  expect(stderr).toMatch(/logweir\.yaml:\d+:\d+ the file has more than 100000 values/);
  const other = await logweirCommand(['run'], { env: { LOGWEIR_CONFIG: folder } });
  expect(other).toMatchObject({ code: 78, stdout: '' });
  expect(other.stderr).toBe(
    `logweir: the configuration ${folder} ($LOGWEIR_CONFIG) is a folder: name the file in it\n`,
  );
});

it(
  'no secret is in the log, the status or the metrics of a running one',
  { timeout: TIMEOUT_MS },
  async () => {
    const config = write(
      'run.yaml',
      `kafka:
  bootstrap_servers: 127.0.0.1:1
  sasl: { mechanism: PLAIN, username: u, password: s3cret-sasl }
transforms:
  - use: redact
    with: { hash_key: s3cret-hash-key }
elasticsearch:
  endpoints: http://shown:s3cret-url@127.0.0.1:1
admin: { listen: '127.0.0.1:0' }
log: { level: trace }
`,
    );
    const child = spawn(join(root, 'bin/logweir'), ['run', '--config', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const errors = text(child.stderr);
    const shown: string[] = [];
    let admin: string | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      shown.push(line);
      const said = JSON.parse(line) as { msg: string; admin?: string };
      admin ??= said.admin;
      if (admin === undefined || !said.msg.startsWith('cannot reach Kafka')) continue;
      for (const path of ['/api/status', '/metrics', '/health/ready'])
        shown.push(await (await fetch(admin + path)).text());
      break;
    }
    child.kill('SIGKILL');
    shown.push(await errors);
    expect(shown.join('\n')).toContain('"elasticsearch":["http://127.0.0.1:1/"]');
    expect(shown.join('\n')).toContain('in_flight_records 0');
    expect(shown.join('\n')).not.toContain('s3cret');
  },
);
