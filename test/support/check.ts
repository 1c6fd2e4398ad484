import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logweirCommand } from './command.ts';

interface Row {
  readonly check: string;
  readonly result: 'ok' | 'warning' | 'failed';
  readonly message: string;
  readonly remedy: string | null;
}

export interface Checked {
  readonly code: number | null;
  readonly all: readonly Row[];
  readonly failed: readonly Row[];
  /** The first result of a check. */
  of(check: string): Row | undefined;
  /** All that was printed. */
  readonly text: string;
  readonly ms: number;
}

/** Runs `logweir check --json` with a configuration. */
export async function runCheck(config: object): Promise<Checked> {
  const directory = mkdtempSync(join(tmpdir(), 'logweir-check-'));
  try {
    const file = join(directory, 'logweir.yaml');
    writeFileSync(file, JSON.stringify(config));
    const { code, stdout, stderr, ms } = await logweirCommand(['check', '--json', '-c', file]);
    let all: Row[];
    try {
      all = JSON.parse(stdout) as Row[];
    } catch (cause) {
      throw new Error(`exit code ${code}, no JSON: ${stdout}${stderr}`, { cause });
    }
    const failed = all.filter(({ result }) => result === 'failed');
    return {
      code,
      all,
      failed,
      of: (check) => all.find((one) => one.check === check),
      text: stdout + stderr,
      ms,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
