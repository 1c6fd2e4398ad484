import { logTail, type ManagedProcess } from './process.ts';
import { waitFor } from './wait.ts';

export interface ServerOptions {
  readonly name: string;
  readonly logFile: string;
  readonly launch: () => ManagedProcess;
  /** A real request of a client. What it throws counts as "not yet". */
  readonly isReady: () => Promise<boolean>;
  readonly startTimeoutMs: number;
  readonly stopGraceMs: number;
}

/** A server process that can be stopped, killed and started again with the same port and data. */
export class Server {
  readonly logFile: string;
  readonly #options: ServerOptions;
  #process: ManagedProcess | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.logFile = options.logFile;
  }

  /** @throws where the server does not run */
  get pid(): number {
    return this.#current.pid;
  }

  /** Resolves when the server answers requests. */
  async start(): Promise<void> {
    const { name, logFile, launch, isReady, startTimeoutMs } = this.#options;
    if (this.#process?.running === true) throw new Error(`${name} runs already`);
    const started = launch();
    this.#process = started;
    const ready = async () => {
      if (!started.running) {
        const { code, signal } = await started.exited;
        throw new Error(`${name} ended (${signal ?? `exit code ${code}`}) before it was ready`);
      }
      return await isReady().catch(() => false);
    };
    try {
      await waitFor(ready, { timeoutMs: startTimeoutMs, what: `${name} to become ready`, everyMs: 100 });
    } catch (error) {
      await started.kill();
      throw new Error(`${(error as Error).message}. The end of ${logFile}:\n${logTail(logFile)}`, {
        cause: error,
      });
    }
  }

  /** Ends the server as an administrator would; does nothing where it does not run. */
  async stop(): Promise<void> {
    await this.#process?.stop({ graceMs: this.#options.stopGraceMs });
  }

  /** SIGKILL: what a crash of the machine's process looks like. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** Makes the server hang: connections stay open, and nothing is answered until `resume`. */
  suspend(): void {
    this.#current.signal('SIGSTOP');
  }

  resume(): void {
    this.#current.signal('SIGCONT');
  }

  get #current(): ManagedProcess {
    if (this.#process?.running !== true) throw new Error(`${this.#options.name} does not run`);
    return this.#process;
  }
}
