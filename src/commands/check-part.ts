import { Worker } from 'node:worker_threads';
import { tryChain } from '../check/chain-trial.ts';
import { loadConfig } from '../config/load.ts';
import { LogweirError, messageOf } from '../errors.ts';
import { describeGroup } from '../kafka/admin/group-description.ts';

const GROUP_TIMEOUT_MS = 4000;
/** The process that has started this one ends it earlier, unless it has been ended itself. */
const LIFE_MS = 30_000;
/** A thread of its own: an endless loop in a transform blocks this one. */
const END =
  "setTimeout(() => process.kill(process.pid, 'SIGKILL'), require('node:worker_threads').workerData)";

/**
 * `logweir check-part`: a part of `logweir check` that may crash or never return. It sends its results to the
 * process that has started it.
 *
 * @param part `group`, `chain` (load the transforms), or `records` (also run the newest records)
 */
export async function checkPart(part: string, options: { config?: string }): Promise<void> {
  new Worker(END, { eval: true, workerData: LIFE_MS }).unref();
  const loaded = loadConfig(options.config);
  const tell = async (message: object): Promise<void> => {
    await new Promise<void>((resolve) => {
      if (process.send === undefined) resolve();
      else process.send(message, () => resolve());
    });
  };
  if (part === 'chain' || part === 'records') await tryChain(loaded, part === 'records', tell);
  else if (part === 'group') {
    const listed = (isListed: boolean): Promise<void> => tell({ kind: 'listed', isListed });
    try {
      const group = await describeGroup(loaded.config.kafka, GROUP_TIMEOUT_MS, listed);
      await tell({ kind: 'described', ...group });
    } catch (error) {
      await tell({ kind: 'unknown', reason: messageOf(error) });
    }
  } else throw new LogweirError('USAGE', `there is no part ${part}`);
}
