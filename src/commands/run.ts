import { availableParallelism } from 'node:os';
import { Aggregator } from '../aggregator.ts';
import type { LoadedConfig } from '../config/load.ts';
import { exitWith } from '../kafka/closing.ts';
import { type Log, createLog } from '../log.ts';
import { asShadow } from '../shadow/shadow.ts';
import { loadConfigWhole } from '../transform/loader/load-config.ts';
import { FileWatch } from '../transform/loader/watch-files.ts';
import { Supervisor } from '../workers/supervisor.ts';
import { stopOnSignals } from './stop-signals.ts';

interface RunOptions {
  readonly config?: string;
  /** Reloads when the configuration or a file of a transform changes. */
  readonly watch?: boolean;
  /** Runs beside what is live. */
  readonly shadow?: boolean;
}

/**
 * `logweir run`: runs the aggregator until SIGTERM or SIGINT. A second one of them, at least a second after
 * the first, ends the process immediately with exit code 143 or 130. SIGHUP reloads the transforms.
 */
export async function run(options: RunOptions): Promise<void> {
  const configured = await loadConfigWhole(options.config);
  const loaded = options.shadow === true ? asShadow(configured) : configured;
  const log = createLog(loaded.config.log);
  const { workers } = loaded.config;
  // availableParallelism respects the limits of the container's control group and the CPU affinity.
  const count = workers === 'auto' ? availableParallelism() : workers;
  const code =
    count === 1 ? await runAlone(loaded, log, options) : await runWorkers(loaded, count, log, options);
  exitWith(code);
}

async function runAlone(loaded: LoadedConfig, log: Log, options: RunOptions): Promise<number> {
  const aggregator = await Aggregator.create(loaded, log);
  let stopped: Promise<void> | null = null;
  onSignals(log, {
    stop() {
      stopped = aggregator.stop();
      stopped.catch((error: unknown) => {
        log.error({ code: 'shutdown_failed', err: error }, 'shutdown failed');
        process.exit(1);
      });
    },
    kill() {},
    reload: () => void aggregator.reload(),
  });
  const watching = options.watch === true ? new FileWatch(loaded, () => void aggregator.reload(), log) : null;
  try {
    await aggregator.run();
  } finally {
    watching?.close();
  }
  await (stopped as Promise<void> | null);
  return 0;
}

async function runWorkers(
  loaded: LoadedConfig,
  count: number,
  log: Log,
  options: RunOptions,
): Promise<number> {
  const supervisor = new Supervisor(loaded, count, log);
  const reload = (): void => supervisor.reload();
  onSignals(log, { stop: () => supervisor.stop(), kill: () => supervisor.kill(), reload });
  const watching = options.watch === true ? new FileWatch(loaded, reload, log) : null;
  try {
    return await supervisor.run();
  } finally {
    watching?.close();
  }
}

interface SignalHandlers {
  stop(): void;
  /** Ends child processes immediately. */
  kill(): void;
  reload(): void;
}

function onSignals(log: Log, handlers: SignalHandlers): void {
  process.on('SIGHUP', () => handlers.reload());
  const onSignal = stopOnSignals(log, {
    stop: () => handlers.stop(),
    exit(exitCode) {
      handlers.kill();
      process.exit(exitCode);
    },
  });
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
