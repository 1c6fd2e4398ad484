import { readFileSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

/** Where a batch's length stands in it, and what comes before that. */
const LENGTH_AT = 8;
const LENGTH_ENDS = 12;

/**
 * Truncates the log of a partition of a broker that does not run, so that `end` is the offset that the next record gets: what an unclean
 * election of a leader does to it. The broker rebuilds the indices.
 *
 * @param directory the broker's run directory. @param end the first offset of a batch
 */
export function truncateLog(directory: string, topic: string, partition: number, end: number): void {
  const folder = join(directory, 'data', `${topic}-${partition}`);
  const files = readdirSync(folder);
  const [log, ...others] = files.filter((name) => name.endsWith('.log'));
  if (log === undefined || others.length > 0) throw new Error(`${folder} has not one segment`);
  const bytes = readFileSync(join(folder, log));
  for (let at = 0; at + LENGTH_ENDS <= bytes.length; at += LENGTH_ENDS + bytes.readInt32BE(at + LENGTH_AT)) {
    const first = Number(bytes.readBigInt64BE(at));
    if (first > end) throw new Error(`offset ${end} is within a batch`);
    if (first < end) continue;
    truncateSync(join(folder, log), at);
    for (const name of files)
      if (/\.(index|timeindex|snapshot|txnindex)$/.test(name)) rmSync(join(folder, name));
    return;
  }
  throw new Error(`${folder} ends before offset ${end}`);
}
