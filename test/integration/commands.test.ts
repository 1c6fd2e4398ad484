import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { logweirCommand } from '../support/command.ts';
import { Logweir } from '../support/logweir.ts';
import { openLab } from '../support/lab.ts';
import { root } from '../support/paths.ts';
import { freePort } from '../support/ports.ts';

function files(contents: Record<string, string>): string {
  const directory = mkdtempSync(join(tmpdir(), 'logweir-command-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(contents)) writeFileSync(join(directory, name), text);
  return directory;
}

async function run(contents: Record<string, string>, command = 'run') {
  const directory = files(contents);
  return { directory, ...(await logweirCommand([command, '-c', join(directory, 'logweir.yaml')])) };
}

describe('a wrong configuration is one clear sentence, exit code 78, within ten seconds', () => {
  it.each([
    [
      'an unknown key',
      'kafka:\n  gruop_id: x\n',
      /logweir.yaml:2:3 kafka.gruop_id: unknown key, did you mean kafka.group_id\?/,
    ],
    [
      'a wrong type',
      'buffer: { max_bytes: causes }',
      /logweir.yaml:1:11 buffer.max_bytes: Invalid input: expected number/,
    ],
    [
      'a transform that is not there',
      'transforms: [{ use: ./nope.ts }]',
      /transforms.0 \(.\/nope.ts\): there is no file/,
    ],
    ['a built-in that is not there', 'transforms: [{ use: parse-jsn }]', /did you mean parse-json\?/],
    [
      'options that do not fit',
      'transforms: [{ use: filter, with: { feild: x } }]',
      /transforms.0 \(filter\): .*feild/,
    ],
    [
      'a transform with a syntax error',
      'transforms: [{ use: ./broken.ts }]',
      /transforms.0 \(.\/broken.ts\) does not load/,
    ],
    [
      'a transform without a default export',
      'transforms: [{ use: ./none.ts }]',
      /must have a default export/,
    ],
    ['TypeScript that cannot be stripped', 'transforms: [{ use: ./enum.ts }]', /enum.*not supported/],
    ['an index that cannot be', 'elasticsearch: { index: "App Logs" }', /elasticsearch.index: 'App Logs'/],
    [
      'an environment variable that is not set',
      'kafka: { group_id: "${NOT_SET_ANYWHERE}" }',
      /NOT_SET_ANYWHERE is not set/,
    ],
    [
      'a certificate that is not there',
      'elasticsearch: { tls: { ca_file: /nowhere.pem } }',
      /elasticsearch.tls.ca_file: cannot read \/nowhere.pem/,
    ],
  ])('%s', async (_name, yaml, message) => {
    const result = await run({
      'logweir.yaml': yaml,
      'broken.ts': 'export default (event) => {',
      'none.ts': 'export const x = 1;',
      'enum.ts': 'enum A { B }\nexport default () => A.B;',
    });
    expect(result.stderr).toMatch(message);
    expect(result.code).toBe(78);
    expect(result.ms).toBeLessThan(10_000);
    expect(result.stdout).toBe('');
  });

  it('a missing file', async () => {
    const result = await logweirCommand(['run', '-c', '/nowhere/logweir.yaml']);
    expect(result).toMatchObject({
      code: 78,
      stderr: 'logweir: there is no configuration file at /nowhere/logweir.yaml (--config)\n',
    });
  });

  it('an admin address that is in use', async () => {
    const lab = await openLab();
    const first = lab.start();
    const { admin } = await first.waitForLog(/^starting/);
    const address = String(admin).replace('http://', '');
    const result = await run({ 'logweir.yaml': JSON.stringify(lab.config({ admin: { listen: address } })) });
    expect(result.code).toBe(78);
    expect(result.stderr).toContain(`admin.listen: cannot listen on ${address}`);
  });

  it('a wrong command line is exit code 64', async () => {
    expect(await logweirCommand(['rnu'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining("unknown command 'rnu'"),
    });
  });
});

it('an unreachable broker at start is said in a sentence, and retried; SIGTERM still ends it with 0', async () => {
  const port = await freePort();
  const logweir = Logweir.start({ kafka: { bootstrap_servers: `127.0.0.1:${port}` } });
  onTestFinished(() => logweir.remove());
  await logweir.waitForLog('cannot reach Kafka, retrying', 10_000);
  expect((await logweir.get('/health/ready')).status).toBe(503);
  expect((await logweir.status()).kafka).toMatchObject({
    connected: false,
    reason: 'not connected to Kafka',
  });
  expect((await logweir.get('/health/live')).status).toBe(200);
  expect(await logweir.stop()).toEqual({ code: 0, signal: null });
});

it('an unknown topic is said in a sentence, and waited for', async () => {
  const lab = await openLab();
  const logweir = lab.start({ kafka: { topics: ['no-such-topic-anywhere'] } });
  const line = await logweir.waitForLog('does not exist; waiting until it is created', 10_000);
  expect(line.msg).toContain('no-such-topic-anywhere');
  expect(logweir.running).toBe(true);
});

describe('logweir config', () => {
  it('prints what is in effect, secrets hidden', async () => {
    const yaml =
      'kafka: { sasl: { password: hunter2 } }\nelasticsearch: { auth: { username: u, password: "${P}" } }\n';
    const directory = files({ 'logweir.yaml': yaml });
    const result = await logweirCommand(['config'], {
      env: { LOGWEIR_CONFIG: join(directory, 'logweir.yaml'), P: 'hunter3' },
    });
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('group_id: vector-aggregator');
    expect(result.stdout).toContain('password: (hidden)');
    expect(result.stdout).not.toContain('hunter');
  });

  it('--schema is a JSON Schema', async () => {
    const { stdout, code } = await logweirCommand(['config', '--schema']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'object',
      properties: { kafka: {}, elasticsearch: {} },
    });
  });
});

describe('logweir transform', () => {
  const chain =
    'transforms:\n  - use: parse-json\n  - use: redact\n  - use: filter\n    with: { field: level, equals: debug, action: drop }\n  - use: ./odd.ts\n';
  const odd = `export default (event: Record<string, unknown>) => {
  if (event['boom']) throw new Error('boom!');
  return event['two'] ? [event, { second: true }] : event;
};`;

  it('runs the chain over stdin: what comes out, what is dropped, what fails', async () => {
    const directory = files({ 'logweir.yaml': chain, 'odd.ts': odd });
    const lines = [
      '{"message":"{\\"user\\":\\"ada@example.com\\",\\"id\\":9007199254740993}"}',
      '{"level":"debug"}',
      '{"two":true}',
      '{"boom":true}',
      'not json',
    ];
    const result = await logweirCommand(['transform', '-c', join(directory, 'logweir.yaml')], {
      input: lines.join('\n'),
    });
    expect(result.stdout.trimEnd().split('\n')).toEqual([
      '{"user":"[redacted]","id":9007199254740993}',
      '{"two":true}',
      '{"second":true}',
    ]);
    expect(result.stderr).toContain('line 4: transform ./odd.ts failed (dead_letter): boom!');
    expect(result.stderr).toContain('line 5: would be dead-lettered: invalid_json');
    expect(result.stderr).toContain('5 read, 3 out, 1 dropped, 2 failed');
    expect(result.code).toBe(1);
  });

  it('processes the events that a Vector agent writes', async () => {
    const directory = files({ 'logweir.yaml': 'transforms: [{ use: parse-json }, { use: redact }]\n' });
    const input = readFileSync(join(root, 'test/support/vector-agent.ndjson'), 'utf8');
    const result = await logweirCommand(['transform', '-c', join(directory, 'logweir.yaml')], { input });
    expect(result.code).toBe(0);
    expect(result.stderr).toContain('8 read, 8 out, 0 dropped, 0 failed');
    expect(result.stdout).toContain('"requestId":9007199254740993,"amount":1e400');
    expect(result.stdout).not.toContain('ada@example.com');
  });
});
