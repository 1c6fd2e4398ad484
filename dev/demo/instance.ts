import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Status } from '../../test/support/logweir.ts';
import { root } from '../../test/support/paths.ts';
import { freePort } from '../../test/support/ports.ts';
import { type Exit, type ManagedProcess, logTail, spawnLogged } from '../../test/support/process.ts';
import type { Stage } from './stage.ts';

const STATUS_TIMEOUT_MS = 2000;

/** `bin/logweir run` as a separate process, which can be killed and restarted with the same configuration. */
export class Instance {
  readonly configFile: string;
  readonly logFile: string;
  readonly admin: string;
  readonly #fail: (error: Error) => void;
  #process: ManagedProcess | undefined;

  private constructor(directory: string, admin: string, fail: (error: Error) => void) {
    this.configFile = join(directory, 'logweir.yaml');
    this.logFile = join(directory, 'logweir.log');
    this.admin = admin;
    this.#fail = fail;
  }

  /** Writes the configuration. @param fail is called if the process exits by itself */
  static async prepare(stage: Stage, fail: (error: Error) => void): Promise<Instance> {
    const admin = `127.0.0.1:${await freePort()}`;
    const instance = new Instance(stage.directory, admin, fail);
    writeFileSync(instance.configFile, configuration(stage, instance.configFile, admin));
    return instance;
  }

  /** The aggregator's own process id: bin/logweir calls node with `exec`. */
  get pid(): number {
    if (this.#process === undefined) throw new Error('the aggregator was not started');
    return this.#process.pid;
  }

  start(): void {
    const started = spawnLogged({
      command: join(root, 'bin', 'logweir'),
      args: ['run', '-c', this.configFile],
      logFile: this.logFile,
      cwd: root,
    });
    this.#process = started;
    void started.exited.then(({ code, signal }) => {
      if (this.#process !== started) return;
      const how = signal ?? `exit code ${code}`;
      this.#fail(new Error(`the aggregator exited by itself (${how}):\n${logTail(this.logFile)}`));
    });
  }

  /** kill -9. Resolves when the process is gone. */
  async kill(): Promise<void> {
    const killed = this.#process;
    this.#process = undefined;
    await killed?.kill();
  }

  /** SIGTERM. @returns the exit, undefined if the process did not run */
  async stop(): Promise<Exit | undefined> {
    const stopped = this.#process;
    this.#process = undefined;
    await stopped?.stop({ graceMs: 45_000 });
    return await stopped?.exited;
  }

  /** Undefined while it does not answer. */
  async status(): Promise<Status | undefined> {
    try {
      const response = await fetch(`http://${this.admin}/api/status`, {
        signal: AbortSignal.timeout(STATUS_TIMEOUT_MS),
      });
      return (await response.json()) as Status;
    } catch {
      return undefined;
    }
  }
}

function configuration(stage: Stage, file: string, admin: string): string {
  return `# Written by make demo, which runs: bin/logweir run -c ${relative(root, file)}
kafka:
  bootstrap_servers: ${JSON.stringify(stage.kafka)}
  group_id: ${stage.group}
  topics: [${stage.topic}]
  session_timeout_ms: 6000 # after a kill -9 the partitions are reassigned within this time

transforms:
  - use: parse-json # JSON text of applications becomes fields
    with: { field: message }
  - use: redact # e-mail addresses, in all fields

elasticsearch:
  endpoints: ${JSON.stringify(stage.elasticsearchEndpoints)}
  index: "${stage.index}"

admin:
  listen: ${admin}
`;
}
