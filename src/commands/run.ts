import { Aggregator } from '../aggregator.ts';
import { loadConfig } from '../config/load.ts';
import { createLog } from '../log.ts';

/** `logweir run`: the aggregator, until SIGTERM or SIGINT. A second signal ends it at once, with exit code 130 or 143. */
export async function run(options: { config?: string }): Promise<void> {
  const loaded = loadConfig(options.config);
  const log = createLog(loaded.config.log.level);
  const aggregator = await Aggregator.create(loaded, log);
  let stopped: Promise<void> | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopped !== null) {
      log.warn({ signal }, 'second signal: ending at once');
      process.exit(signal === 'SIGINT' ? 130 : 143);
    }
    stopped = aggregator.stop();
    stopped.catch((error: unknown) => {
      log.error({ err: error }, 'the shutdown failed');
      process.exit(1);
    });
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  await aggregator.run();
  await (stopped as Promise<void> | null);
  // librdkafka's threads may outlive a broker that is away; everything of ours is settled or given up by now.
  process.exit(0);
}
