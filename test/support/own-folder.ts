import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
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

  /** What `tsc` complains of: nothing where it accepts all. */
  tsc(): string {
    return spawnSync(process.execPath, [tsc, '--noEmit'], { cwd: this.path, encoding: 'utf8' }).stdout;
  }
}

const tsc = join(root, 'node_modules/typescript/bin/tsc');
