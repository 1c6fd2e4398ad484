import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../support/paths.ts';

const TIMEOUT_MS = 300_000;
const logweir = join(root, 'bin/logweir');
const EVENTS = 20_000;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'logweir-output-'));
  writeFileSync(join(folder, 'logweir.yaml'), 'transforms: []\n');
  writeFileSync(join(folder, 'events.ndjson'), lines(EVENTS));
  writeFileSync(
    join(folder, 'talks.test.mjs'),
    `import { test } from 'node:test';\nfor (let n = 0; n < 50; n++) test('t' + n, () => console.log('x'.repeat(5000)));`,
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function lines(count: number): string {
  return Array.from({ length: count }, (_, n) => `{"n":${n},"message":"an event of some length"}\n`).join('');
}

/** All commands with output that need no server. */
const commands: [string, string[]][] = [
  ['transform', ['transform', '-c', 'logweir.yaml', 'events.ndjson']],
  ['transform --diff', ['transform', '--diff', '-c', 'logweir.yaml', 'events.ndjson']],
  ['config', ['config', '-c', 'logweir.yaml']],
  ['config --schema', ['config', '--schema']],
  ['test', ['test', 'talks.test.mjs']],
  ['--help', ['--help']],
  ['help of a command', ['dlq', 'list', '--help']],
  ['--version', ['--version']],
];

function shell(script: string, args: string[]) {
  const ran = spawnSync('bash', ['-c', script, logweir, ...args], { cwd: folder, encoding: 'utf8' });
  return { code: ran.status, out: ran.stdout, error: ran.stderr };
}

describe('output that cannot be written gives a sentence and an exit code', { timeout: TIMEOUT_MS }, () => {
  it.each(commands)('of %s on a full disk', (_name, args) => {
    const { code, error } = shell('"$0" "$@" > /dev/full', args);
    expect(code).toBe(74);
    expect(error).toContain(
      'logweir: the standard output is incomplete, it cannot be written: no space left on device (ENOSPC)\n',
    );
    expect(error).not.toMatch(/^ {4}at /m);
  });

  it.each(commands)('of %s into a closed standard output', (_name, args) => {
    const { code, error } = shell('"$0" "$@" >&-', args);
    expect(code).toBe(74);
    expect(error).toContain('the standard output is incomplete, it cannot be written: bad file descriptor');
  });

  it('of a file with a size limit: the system accepts the beginning and rejects the next write', () => {
    const { code, error } = shell('ulimit -f 16; "$0" "$@" > part', [
      'transform',
      '-c',
      'logweir.yaml',
      'events.ndjson',
    ]);
    expect(code).toBe(74);
    expect(error).toContain('file too large (EFBIG)');
  });

  it('a report that cannot be written leaves the output complete, and sets the exit code', () => {
    const { code, out } = shell('"$0" "$@" 2> /dev/full', [
      'transform',
      '-c',
      'logweir.yaml',
      'events.ndjson',
    ]);
    expect(code).toBe(74);
    expect(out.split('\n')).toHaveLength(EVENTS + 1);
  });
});

describe('a reader that stops', { timeout: TIMEOUT_MS }, () => {
  it.each(commands)('ends %s without a message, at most with the exit code of SIGPIPE', (_name, args) => {
    const { code, out, error } = shell(
      'set -o pipefail; "$0" "$@" 2> >(grep -vE " read, |^configuration: " >&2) | head -1',
      args,
    );
    // The output that fits into the pipe is complete.
    expect([0, 141]).toContain(code);
    expect(out.split('\n')).toHaveLength(2);
    expect(error).toBe('');
  });

  it('ends a dry run early with exit code 141', () => {
    const { code } = shell('set -o pipefail; "$0" "$@" | head -1', [
      'transform',
      '-c',
      'logweir.yaml',
      'events.ndjson',
    ]);
    expect(code).toBe(141);
  });
});

/** Uses sockets, like a Node child process; they are read after a delay. */
async function read(args: string[], waitMs: number): Promise<{ code: unknown; out: string }> {
  const child = spawn(logweir, args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'close');
  let out = '';
  // Start reading: Node discards output that is unread when the process exits.
  for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
    if (out === '') await delay(waitMs);
    out += chunk;
  }
  return { code: ((await ended) as unknown[])[0], out };
}

it.each(commands)(
  'all of %s comes to a reader that starts late',
  { timeout: TIMEOUT_MS },
  async (_name, args) => {
    const [late, atOnce] = await Promise.all([read(args, 2000), read(args, 0)]);
    const withoutTimes = (out: string) => out.replaceAll(/[\d.]+ ?ms|duration_ms.*/g, '').length;
    expect(late.code).toBe(0);
    expect(withoutTimes(late.out)).toBe(withoutTimes(atOnce.out));
    if (args[0] === 'transform' && args.length === 4) expect(late.out).toBe(lines(EVENTS));
  },
);

function residentMb({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

it(
  'a million events into a reader that is slow are all there, in bounded memory',
  { timeout: TIMEOUT_MS },
  async () => {
    const count = 1_000_000;
    const child = spawn(logweir, ['transform', '-c', 'logweir.yaml'], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const input = child.stdin;
    const thousand = lines(1000);
    const writing = (async () => {
      for (let n = 0; n < count; n += 1000) if (!input.write(thousand)) await once(input, 'drain');
      input.end();
    })();
    let [seen, peak, chunks] = [0, 0, 0];
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      for (const byte of chunk) if (byte === 0x0a) seen++;
      if (chunks++ % 50 !== 0) continue;
      peak = Math.max(peak, residentMb(child));
      // The reader is slow.
      await delay(5);
    }
    await writing;
    expect(seen).toBe(count);
    expect(peak).toBeLessThan(260);
    expect(peak).toBeGreaterThan(10);
  },
);
