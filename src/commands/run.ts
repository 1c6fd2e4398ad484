import { availableParallelism } from 'node:os';
import { Aggregator } from '../aggregator.ts';
import type { LoadedConfig } from '../config/load.ts';
import { exitWith } from '../kafka/closing.ts';
import { type Log, createLog } from '../log.ts';
import { loadConfigWhole } from '../transform/load-config.ts';
import { FileWatch } from '../transform/watch-files.ts';
import { Supervisor } from '../workers/supervisor.ts';
import { stopOnSignals } from './stop-signals.ts';

export interface RunOptions {
  readonly config?: string;
  /** Reloads when the configuration or a transform changes on disk. */
  readonly watch?: boolean;
}

/**
 * `logweir run`: the aggregator, until SIGTERM or SIGINT. Another one of them, a second or more after the first, ends it at once,
 * with exit code 130 or 143. SIGHUP reloads the transforms.
 */
export async function run(options: RunOptions): Promise<void> {
  const loaded = await loadConfigWhole(options.config);
  const log = createLog(loaded.config.log.level);
  const { workers } = loaded.config;
  // Knows the limits that a container's control group sets, and the cores that a process may run on.
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
        log.error({ err: error }, 'the shutdown failed');
        process.exit(1);
      });
    },
    endAtOnce() {},
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
  onSignals(log, { stop: () => supervisor.stop(), endAtOnce: () => supervisor.kill(), reload });
  const watching = options.watch === true ? new FileWatch(loaded, reload, log) : null;
  try {
    return await supervisor.run();
  } finally {
    watching?.close();
  }
}

interface Wishes {
  stop(): void;
  endAtOnce(): void;
  reload(): void;
}

function onSignals(log: Log, wishes: Wishes): void {
  process.on('SIGHUP', () => wishes.reload());
  const onSignal = stopOnSignals(log, {
    stop: () => wishes.stop(),
    endAtOnce(exitCode) {
      wishes.endAtOnce();
      process.exit(exitCode);
    },
  });
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
