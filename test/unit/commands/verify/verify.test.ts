import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CommandResult, logweirCommand } from '../../../support/command.ts';
import { root } from '../../../support/paths.ts';
import { waitFor } from '../../../support/wait.ts';
import { isRunning } from './running.ts';
import { eventStream } from '../../vrl/support/events.ts';

const VECTOR = fileURLToPath(new URL('../../../support/vector/vector', import.meta.url));
const configurations = fileURLToPath(new URL('../../migrate/configurations', import.meta.url));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'logweir-test-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Transforms between a source of records as text and a sink, in YAML. */
function configuration(transforms: string, sink = 'bulk: { index: app }'): string {
  const path = join(folder, 'vector.yaml');
  writeFileSync(
    path,
    `
sources: { kafka: { type: kafka, bootstrap_servers: "k:9092", group_id: g, topics: [shop] } }
transforms:
${transforms.trimEnd()}
sinks:
  es: { type: elasticsearch, inputs: [last], endpoints: ["http://es:9200"], ${sink} }
`,
  );
  return path;
}

async function verify(
  path: string,
  events: readonly unknown[],
  ...options: readonly string[]
): Promise<CommandResult> {
  const lines = events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event)));
  return logweirCommand(
    [
      'migrate',
      path,
      '--out',
      join(folder, 'out'),
      '--verify',
      '--events',
      '-',
      '--vector',
      VECTOR,
      ...options,
    ],
    { input: lines.join('\n'), env: { NODE: 'n', LOGWEIR_CONFIG: '' } },
  );
}

const PROGRAM = `
  last:
    type: remap
    inputs: [kafka]
    source: |
      . = parse_json!(.message)
      .level = downcase!(.level)
      .n = to_int(.n) ?? 0
`;

describe('logweir migrate --verify', () => {
  it('agrees with Vector on an event stream, with the fields of Kafka and a program in a file', async () => {
    const { code, stdout } = await verify(join(configurations, 'folder'), [...eventStream(1000, 11)]);
    expect(stdout).toMatch(/1000 records: 1000 documents are equal, 0 differ, 0 only in Vector, 0 only in/);
    expect(code).toBe(0);
  });

  it('agrees with Vector on routes to several sinks, of two sources', async () => {
    const path = join(folder, 'routes.yaml');
    writeFileSync(
      path,
      `
sources:
  kafka: { type: kafka, bootstrap_servers: k, group_id: g, topics: [shop], decoding: { codec: json }, key_field: '' }
  audit: { type: kafka, bootstrap_servers: k, group_id: g, topics: [^audit-], decoding: { codec: json }, key_field: '' }
transforms:
  by_level: { type: route, inputs: [kafka, audit], route: { bad: '.level == "error"', slow: '(to_int(.took) ?? 0) > 5' } }
  mark: { type: remap, inputs: [by_level.slow], source: '.slow = true' }
  rest: { type: filter, inputs: [by_level._unmatched], condition: '.level != "debug"' }
sinks:
  errors: { type: elasticsearch, inputs: [by_level.bad], endpoints: ["http://es"], bulk: { index: errors } }
  all:
    type: elasticsearch
    inputs: [mark, rest]
    endpoints: ["http://es"]
    bulk: { index: "all-{{ topic }}" }
    encoding: { except_fields: [offset] }
`,
    );
    const events = [
      { level: 'error', took: 7 },
      { level: 'info', took: 6 },
      { level: 'info', took: 1 },
      { level: 'debug' },
    ];
    const { code, stdout } = await verify(path, events);
    expect(stdout).toMatch(/4 records: 4 documents are equal, 0 differ, 0 only in Vector, 0 only in/);
    expect(code).toBe(0);
  });

  it('shows a difference by field, after the generated transform was changed', async () => {
    const path = configuration(PROGRAM);
    const events = [{ level: 'WARN', n: 1 }, { level: 'Info', n: '2' }, { level: 'x' }];
    expect((await verify(path, events)).code).toBe(0);
    const transform = join(folder, 'out/transforms/last.ts');
    const code = readFileSync(transform, 'utf8').replace(
      /(\n\s*)event\.n = .*/,
      '$1event.n = event.n ?? null;',
    );
    writeFileSync(transform, code);
    const { stdout, code: exitCode } = await verify(path, events);
    expect(stdout).toContain('logweir.yaml is there and stays as it is');
    expect(stdout).toContain('line 2\n- n: 2\n+ n: "2"\nline 3\n- n: 0\n+ n: null\n');
    expect(stdout).toMatch(/\nn {14}2 {2}line 2\n3 records: 1 documents are equal, 2 differ/);
    expect(exitCode).toBe(1);
    expect((await verify(path, events, '--ignore', 'n')).code).toBe(0);
    expect((await verify(path, events, '--force')).code).toBe(0);
  });

  it('matches documents of programs that replace the event, drop it, or make several of it', async () => {
    const several = PROGRAM.replace(
      '.n = to_int(.n) ?? 0',
      'if .level == "drop" { abort }\n      . = [{ "x": .n }, { "y": 2 }]',
    );
    const { stdout, code } = await verify(configuration(several), [
      { level: 'A', n: 1 },
      { level: 'DROP' },
      { level: 'b', n: 2 },
    ]);
    expect(stdout).toMatch(/3 records: 4 documents are equal, 0 differ/);
    expect(code).toBe(0);
  });

  it('shows what Logweir does otherwise on purpose: errors, missing fields and dates of index names', async () => {
    const sink = 'bulk: { index: "{{ service }}-%Y" }';
    const events = [
      { level: 1, service: 'a' },
      { level: 'x', timestamp: '2001-02-03T00:00:00Z', service: 'a' },
      { level: 'x' },
    ];
    const keeps = PROGRAM.replace(
      '. = parse_json!(.message)',
      'e = parse_json!(.message)\n      .service = "b"\n      . = e',
    );
    const { stdout, code } = await verify(configuration(keeps, sink), events);
    expect(code).toBe(1);
    expect(stdout).toMatch(/\n- _index: "a-20[2-9]\d"\n\+ _index: "a-2001"\n/);
    expect(stdout).toContain('1 document with another date in the index name');
    expect(stdout).toContain('1 document without a field that the index name needs: Vector drops the event');
    const { stdout: other } = await verify(configuration(PROGRAM, 'bulk: { index: app }'), events, '--force');
    expect(other).toMatch(/line 1: only in Vector, index app: transform .*last.ts fails \(dead_letter\)/);
    expect(other).toContain(
      '1 document only in Vector, of records that Logweir rejects for the reason beside each',
    );
  });

  it('compares ids that Vector takes from the event', async () => {
    const path = configuration(PROGRAM, 'id_key: n');
    await verify(path, [{ level: 'x', n: 5 }]);
    const logweir = join(folder, 'out/logweir.yaml');
    writeFileSync(logweir, readFileSync(logweir, 'utf8').replace(/\n +id_key: .*/, ''));
    const { stdout } = await verify(path, [{ level: 'x', n: 5 }]);
    expect(stdout).toMatch(/- _id: "5"\n\+ _id: "\w+:shop:0:0"/);
  });

  it('ends Vector and removes its configuration when it is interrupted', async () => {
    const [path, temporary] = [configuration(PROGRAM), join(folder, 'tmp')];
    mkdirSync(temporary);
    const vector = join(folder, 'vector');
    const version = 'if [ "$1" = --version ]; then echo "vector 0.58.0 (x)"; exit; fi';
    writeFileSync(
      vector,
      `#!/bin/sh\n${version}\necho $$ > ${folder}/pid.new; mv ${folder}/pid.new ${folder}/pid; exec sleep 1000\n`,
    );
    chmodSync(vector, 0o755);
    writeFileSync(join(folder, 'events'), '{}');
    const args = [
      '--out',
      join(folder, 'out'),
      '--verify',
      '--events',
      join(folder, 'events'),
      '--vector',
      vector,
    ];
    const logweir = spawn(join(root, 'bin/logweir'), ['migrate', path, ...args], {
      env: { ...process.env, TMPDIR: temporary },
      stdio: 'ignore',
    });
    const started = (): boolean => existsSync(join(folder, 'pid'));
    await waitFor(started, { timeoutMs: 30_000, what: 'Vector to start' });
    expect(readdirSync(temporary)).toHaveLength(1);
    logweir.kill('SIGTERM');
    expect(await once(logweir, 'exit')).toEqual([143, null]);
    expect(readdirSync(temporary)).toEqual([]);
    expect(isRunning(Number(readFileSync(join(folder, 'pid'), 'utf8')))).toBe(false);
  });

  it('fails without Vector, without events and with wrong options, with what to do', async () => {
    const path = configuration(PROGRAM);
    const without = await verify(path, [{}], '--vector', join(folder, 'none'));
    expect([without.code, without.stderr]).toEqual([64, expect.stringContaining('install Vector, or name')]);
    const empty = await verify(path, []);
    expect([empty.code, empty.stderr]).toEqual([
      64,
      expect.stringContaining('there is no record to compare'),
    ]);
    const limit = await verify(path, [{}], '--limit', '0');
    expect([limit.code, limit.stderr]).toEqual([64, expect.stringContaining('--limit must be an integer')]);
  });
});
