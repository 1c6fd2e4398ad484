import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { root } from './paths.ts';

export interface Printed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of a user's own: nothing above it knows of logweir. Gone when the test ends. */
export class OwnFolder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), 'logweir-own-')));
  readonly #bin: string;

  /** @param bin the `logweir` that the user calls */
  constructor(files: Record<string, string> = {}, bin = join(root, 'bin/logweir')) {
    this.#bin = bin;
    onTestFinished(() => rmSync(this.path, { recursive: true, force: true }));
    this.write(files);
  }

  write(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, name)), { recursive: true });
      writeFileSync(join(this.path, name), text);
    }
  }

  logweir(args: readonly string[], input = '', env: Record<string, string> = {}): Printed {
    const { status, stdout, stderr } = spawnSync(this.#bin, args, {
      cwd: this.path,
      input,
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    return { code: status, stdout, stderr };
  }

  tscInit(): void {
    execFileSync(process.execPath, [tsc, '--init'], { cwd: this.path });
  }

  /** @returns the complaints of `tsc`: empty where it accepts everything */
  tsc(...args: string[]): string {
    return spawnSync(process.execPath, [tsc, ...args], { cwd: this.path, encoding: 'utf8' }).stdout;
  }
}

/** What a user gets wrong, and no JavaScript would tell. */
const TYPO = `import { defineTransform } from 'logweir';
import { z } from 'zod';
export default defineTransform({
  options: z.strictObject({ limit: z.number() }),
  setup({ limit }) {
    return (event, record) => {
      if (record.topic === limit) return undefined;
      return record.tpoic === '' ? undefined : event;
    };
  },
});
`;

/** A new transform and its test are accepted by tsc and run, and tsc tells what is wrong with another one. */
export function expectNewTransformAccepted(folder: OwnFolder): void {
  expect(folder.logweir(['new', 'transform', 'add-team'])).toMatchObject({ code: 0, stderr: '' });
  expect(folder.tsc('--noEmit')).toBe('');
  const tested = folder.logweir(['test']);
  expect(tested).toMatchObject({ code: 0, stderr: '' });
  expect(tested.stdout).toMatch(/pass 3\n/);
  folder.write({ 'transforms/typo.ts': TYPO });
  const told = folder.tsc('--noEmit');
  expect(told).toContain("Property 'tpoic' does not exist on type 'RecordInfo'. Did you mean 'topic'?");
  expect(told).toContain("types 'string' and 'number' have no overlap");
}

const tsc = join(root, 'node_modules/typescript/bin/tsc');
