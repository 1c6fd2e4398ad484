import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What an instance writes, in the folder of its configuration. */
export const LOG_FILE = 'logweir.log';

/** The admin endpoint of the instance with that folder; undefined until its log names it. */
export function endpointOf(directory: string): string | undefined {
  const logFile = join(directory, LOG_FILE);
  const log = existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
  return /"admin":"([^"]+)"/.exec(log)?.[1];
}
