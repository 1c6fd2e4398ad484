import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { type CommandResult, logweirCommand } from '../support/command.ts';
import { uniqueName } from '../support/topics.ts';

interface Document {
  /** Elasticsearch makes one if it is left out. */
  readonly id?: string;
  /** JSON. */
  readonly source: string;
}

/** More than two pages. */
const COUNT = 1200;

let folder: string;
let [a, b]: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'logweir-test-'));
  [a, b] = [uniqueName('compare-a'), uniqueName('compare-b')];
});

afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await fetch(`${inject('elasticsearch')}/${a},${b}?ignore_unavailable=true`, { method: 'DELETE' });
});

async function store(index: string | undefined, documents: readonly Document[]): Promise<void> {
  const lines = documents.flatMap((one) => [
    JSON.stringify({ index: { _index: index, ...(one.id !== undefined && { _id: one.id }) } }),
    one.source,
  ]);
  const response = await fetch(`${inject('elasticsearch')}/_bulk?refresh=true`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.map((line) => `${line}\n`).join(''),
  });
  expect(await response.json()).toMatchObject({ errors: false });
}

async function compare(...options: readonly string[]): Promise<CommandResult> {
  const config = join(folder, 'logweir.yaml');
  writeFileSync(config, JSON.stringify({ elasticsearch: { endpoints: [inject('elasticsearch')] } }));
  return logweirCommand(['compare', String(a), String(b), '--config', config, ...options]);
}

function id(offset: number): string {
  return `0mdu1xbk0:app-logs:0:${offset}`;
}

function numbers(count: number, from = 0): number[] {
  return Array.from({ length: count }, (_, index) => from + index);
}

/** Runs on OpenSearch 2 and 3, too. */
describe('logweir compare', () => {
  it('finds the same documents equal, whatever the order of keys and the notation of numbers', async () => {
    await store(
      a,
      numbers(COUNT).map((n) => ({ id: id(n), source: `{"n":${n},"x":{"y":[1]}}` })),
    );
    await store(
      b,
      numbers(COUNT).map((n) => ({ id: id(n), source: `{"x":{"y":[1.0]},"n":${n}.0}` })),
    );
    const { code, stdout } = await compare();
    expect(stdout).toContain('documents are matched by document id\n');
    expect(stdout).toContain(`${COUNT} documents are equal, 0 differ, 0 only in ${a}, 0 only in ${b}\n`);
    expect(code).toBe(0);
  });

  it('shows what differs by field, digits beyond 2^53 and all, and what only one of them has', async () => {
    const source = (n: number): string => `{"n":${n},"big":9007199254740993}`;
    await store(
      a,
      numbers(COUNT).map((n) => ({ id: id(n), source: source(n) })),
    );
    const other = numbers(COUNT, 1).map((n) => ({ id: id(n), source: source(n) }));
    other[6] = { id: id(7), source: '{"n":7,"big":9007199254740992}' };
    await store(b, other);
    const { code, stdout } = await compare();
    expect(stdout).toContain(`${id(7)}\n- big: 9007199254740993\n+ big: 9007199254740992\n`);
    expect(stdout).toContain(`${id(0)} (only in ${a})\n`);
    expect(stdout).toContain(`${id(COUNT)} (only in ${b})\n`);
    expect(stdout).toMatch(new RegExp(`\nbig +1 {2}${id(7)}\n`));
    expect(stdout).toContain(`${COUNT - 2} documents are equal, 1 differ, 1 only in ${a}, 1 only in ${b}\n`);
    expect(code).toBe(1);
    const ignoring = await compare('--ignore', 'big');
    expect(ignoring.stdout).toContain(`${COUNT - 1} documents are equal, 0 differ, 1 only in`);
  });

  it('matches documents with the ids of Elasticsearch by the coordinates of their records', async () => {
    const source = (n: number, topic: string, text: string): string =>
      JSON.stringify({ topic, partition: n % 3, offset: n, text });
    await store(
      a,
      numbers(COUNT).flatMap((n) => ['x', 'y'].map((topic) => ({ source: source(n, topic, 'same') }))),
    );
    await store(
      b,
      numbers(COUNT).flatMap((n) =>
        ['y', 'x'].map((topic) => ({
          id: `0mdu1xbk0:${topic}:${n % 3}:${n}`,
          source: source(n, topic, topic === 'y' && n === 5 ? 'other' : 'same'),
        })),
      ),
    );
    const { code, stdout } = await compare();
    expect(stdout).toContain('documents are matched by topic, partition and offset\n');
    expect(stdout).toContain('- text: "same"\n+ text: "other"\n');
    expect(stdout).toContain(
      `${2 * COUNT - 1} documents are equal, 1 differ, 0 only in ${a}, 0 only in ${b}\n`,
    );
    expect(code).toBe(1);
    const limited = await compare('--limit', '1000');
    expect(limited.stdout).toMatch(/[1-9]\d\d documents are equal, [01] differ, 0 only in \S+, 0 only in/);
  });

  it('matches others by content, each as often as it is there', async () => {
    await store(
      a,
      ['same', 'same', 'gone'].map((text) => ({ source: JSON.stringify({ text }) })),
    );
    await store(
      b,
      ['same', 'new'].map((text) => ({ source: JSON.stringify({ text }) })),
    );
    const { code, stdout } = await compare();
    expect(stdout).toContain('documents are matched by content\n');
    expect(stdout).toContain('- text: "gone"\n');
    expect(stdout).toContain('+ text: "new"\n');
    expect(stdout).toContain(`1 documents are equal, 0 differ, 2 only in ${a}, 1 only in ${b}\n`);
    expect(code).toBe(1);
    const limited = await compare('--limit', '2');
    expect([limited.code, limited.stderr]).toEqual([
      64,
      expect.stringContaining('has more than 2 documents'),
    ]);
  });

  it('takes the documents of a time', async () => {
    const at = (hour: number, text: string): Document => ({
      id: id(hour),
      source: JSON.stringify({ '@timestamp': `2026-11-22T0${hour}:00:00Z`, text }),
    });
    await store(a, [at(1, 'old'), at(2, 'x'), at(3, 'late')]);
    await store(b, [at(2, 'x')]);
    const times = ['--from', '2026-11-22T02:00:00Z', '--to', '2026-11-22T03:00:00Z'];
    const { code, stdout } = await compare(...times);
    expect(stdout).toContain('1 documents are equal, 0 differ, 0 only in');
    expect(code).toBe(0);
    const nothing = await compare('--from', '1h');
    expect([nothing.code, nothing.stderr]).toEqual([
      64,
      expect.stringContaining('there is nothing to compare'),
    ]);
  });

  it('names an index that is not there', async () => {
    await store(a, [{ source: '{}' }]);
    const { code, stderr } = await compare();
    expect(stderr).toContain(`there is no index ${b}`);
    expect(code).toBe(64);
  });
});
