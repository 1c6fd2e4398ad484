import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './paths.ts';
import { type Exit, type ManagedProcess, logTail, spawnLogged } from './process.ts';
import { waitFor } from './wait.ts';

/** The configuration of an instance under test, as it stands in the file: JSON is YAML. */
export type ConfigFile = Record<string, unknown>;

interface LogLine {
  msg?: string;
  [field: string]: unknown;
}

/** What tests read of `/api/status`. */
export interface Status {
  state: string;
  reason: string | null;
  kafka: {
    connected: boolean;
    reason: string | null;
    lag: number | null;
    paused: string[];
    partitions: {
      topic: string;
      partition: number;
      committed: number;
      lag: number | null;
      paused: boolean;
      pause_reason: string | null;
      waits_for: string | null;
      /** Where there are several. */
      worker?: number;
    }[];
  };
  elasticsearch: {
    product: string | null;
    version: string | null;
    state: string;
    reason: string | null;
  };
  records: Record<
    | 'received'
    | 'in_flight'
    | 'indexed'
    | 'failure_store'
    | 'dead_lettered'
    | 'dropped'
    | 'skipped'
    | 'returned',
    number
  >;
  holds: { reason: string; partitions: string[] }[];
  buffer: { bytes: number; max_bytes: number };
}

/** One `logweir run` as a process of its own, seen from outside: its log, its endpoint, its signals. */
export class Logweir {
  readonly directory: string;
  readonly #logFile: string;
  readonly #process: ManagedProcess;
  readonly #lines: LogLine[] = [];
  /** How much of the output is in them. */
  #parsed = 0;

  private constructor(directory: string, process: ManagedProcess, logFile: string) {
    this.directory = directory;
    this.#process = process;
    this.#logFile = logFile;
  }

  /**
   * @param files written beside the configuration, by name: transforms, for one
   * @param options of `run`
   * @param home where the program is
   */
  static start(
    config: ConfigFile,
    files: Record<string, string> = {},
    options: readonly string[] = [],
    home = root,
  ): Logweir {
    const directory = mkdtempSync(join(tmpdir(), 'logweir-test-'));
    const configFile = join(directory, 'logweir.yaml');
    writeFileSync(configFile, JSON.stringify({ admin: { listen: '127.0.0.1:0' }, ...config }));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    const logFile = join(directory, 'log');
    const started = spawnLogged({
      command: join(home, 'bin/logweir'),
      args: ['run', '-c', configFile, ...options],
      logFile,
    });
    return new Logweir(directory, started, logFile);
  }

  /** Writes a file beside the configuration, as {@link start} did. */
  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  get pid(): number {
    return this.#process.pid;
  }

  get running(): boolean {
    return this.#process.running;
  }

  get exited(): Promise<Exit> {
    return this.#process.exited;
  }

  /** What it has printed. */
  get output(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /** What it has logged, in whole lines. */
  log(): LogLine[] {
    const { output } = this;
    const end = Math.max(this.#parsed, output.lastIndexOf('\n') + 1);
    for (const line of output.slice(this.#parsed, end).split('\n'))
      if (line.startsWith('{') && line.endsWith('}')) this.#lines.push(JSON.parse(line) as LogLine);
    this.#parsed = end;
    return [...this.#lines];
  }

  async waitForLog(message: string | RegExp, timeoutMs = 20_000): Promise<LogLine> {
    let found: LogLine | undefined;
    const fits = (text: string): boolean =>
      typeof message === 'string' ? text.includes(message) : message.test(text);
    const condition = (): boolean => {
      found = this.log().find((line) => fits(line.msg ?? ''));
      return found !== undefined;
    };
    await this.waitUntil(condition, `the log to say '${String(message)}'`, timeoutMs);
    return found ?? {};
  }

  /** As `waitFor`; where it fails the end of the log is in the message. */
  async waitUntil(
    condition: () => boolean | Promise<boolean>,
    what: string,
    timeoutMs = 60_000,
  ): Promise<void> {
    try {
      await waitFor(condition, { timeoutMs, what });
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${logTail(this.#logFile)}`, { cause: error });
    }
  }

  async get(path: string): Promise<{ status: number; body: string }> {
    const { admin } = await this.waitForLog(/^starting/);
    const response = await fetch(`${String(admin)}${path}`);
    return { status: response.status, body: await response.text() };
  }

  async status(): Promise<Status> {
    const { body } = await this.get('/api/status');
    return JSON.parse(body) as Status;
  }

  /** The value of one line of `/metrics`, undefined where there is none. */
  async metric(line: string): Promise<number | undefined> {
    const { body } = await this.get('/metrics');
    const found = body.split('\n').find((one) => one.startsWith(`${line} `));
    return found === undefined ? undefined : Number(found.slice(line.length + 1));
  }

  async waitForPartitions(count: number, timeoutMs = 30_000): Promise<void> {
    await this.waitUntil(
      async () => (await this.status()).kafka.partitions.length === count,
      `${count} partitions to be assigned`,
      timeoutMs,
    );
  }

  /** SIGTERM. @returns how it ended */
  async stop(): Promise<Exit> {
    await this.#process.stop({ graceMs: 60_000 });
    return this.#process.exited;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.signal(signal);
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#process.kill();
  }

  /** Ends it however it stands, and removes its directory. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
