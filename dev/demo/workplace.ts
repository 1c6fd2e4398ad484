import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root, runRoot } from '../../test/support/paths.ts';
import { type RecordedProcess, isRunning, recordProcess } from '../../test/support/running.ts';

/** Whose the directory is. */
interface Owner extends RecordedProcess {
  readonly temporary: string;
}

/** The demo's own directories. */
export class Workplace {
  readonly directory = join(runRoot, 'demo');
  /** As people type it. */
  readonly shown = relative(root, this.directory);
  readonly #temporary: string;

  /** Empties what an earlier demo has left. @throws where another demo is running */
  constructor() {
    const owner = join(this.directory, 'process.json');
    const other = readOwner(owner);
    if (other !== undefined && isRunning(other)) {
      throw new Error(`another demo is running (process ${other.pid}): end it first`);
    }
    if (other !== undefined) remove(other.temporary);
    remove(this.directory);
    mkdirSync(this.directory, { recursive: true });
    // The servers' temporary files go there, so that they are gone too where the servers had to be killed.
    this.#temporary = mkdtempSync(join(tmpdir(), 'logweir-demo-'));
    chmodSync(this.#temporary, 0o755);
    process.env['TMPDIR'] = this.#temporary;
    const self: Owner = { ...recordProcess(process.pid), temporary: this.#temporary };
    writeFileSync(owner, JSON.stringify(self));
  }

  /** Ends this process. What it has started is killed first, where it still runs, and then the files go. */
  exit(code: number, keepLogs: boolean): never {
    // Listeners are called in the order in which they came: this one after the one that kills.
    process.on('exit', () => {
      remove(this.#temporary);
      if (!keepLogs) remove(this.directory);
    });
    process.exit(code);
  }
}

/** Undefined where there is none, or where the demo was killed while it wrote it. */
function readOwner(file: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(file, 'utf8')) as Partial<Owner>;
    return typeof owner.temporary === 'string' ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}

function remove(directory: string): void {
  // Again where a server that was killed had still been writing.
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
