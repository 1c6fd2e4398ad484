import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root, runRoot } from '../../test/support/paths.ts';
import { type RecordedProcess, isRunning, recordProcess } from '../../test/support/running.ts';

/** The process that uses the directory. */
interface Owner extends RecordedProcess {
  readonly temporary: string;
}

/** The demo's own directories. */
export class Workplace {
  readonly directory = join(runRoot, 'demo');
  /** Relative to the repository, for messages. */
  readonly shown = relative(root, this.directory);
  readonly #temporary: string;

  /** Removes the files of an earlier demo. @throws if another demo is running */
  constructor() {
    const owner = join(this.directory, 'process.json');
    const other = readOwner(owner);
    if (other !== undefined && isRunning(other)) {
      throw new Error(`another demo is running (process ${other.pid}): end it first`);
    }
    if (other !== undefined) remove(other.temporary);
    remove(this.directory);
    mkdirSync(this.directory, { recursive: true });
    // The servers' temporary files go there, so that they are removed even if the servers are killed.
    this.#temporary = mkdtempSync(join(tmpdir(), 'logweir-demo-'));
    chmodSync(this.#temporary, 0o755);
    process.env['TMPDIR'] = this.#temporary;
    const self: Owner = { ...recordProcess(process.pid), temporary: this.#temporary };
    writeFileSync(owner, JSON.stringify(self));
  }

  /** Exits. Child processes that still run are killed first, then the files are removed. */
  exit(code: number, keepLogs: boolean): never {
    // Listeners run in the order of registration: this one after the one that kills.
    process.on('exit', () => {
      remove(this.#temporary);
      if (!keepLogs) remove(this.directory);
    });
    process.exit(code);
  }
}

/** Undefined if there is none, or if the demo was killed while it wrote the file. */
function readOwner(file: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(file, 'utf8')) as Partial<Owner>;
    return typeof owner.temporary === 'string' ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}

function remove(directory: string): void {
  // Retries: a killed server may still have been writing.
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
