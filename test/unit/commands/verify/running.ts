import { existsSync, readFileSync } from 'node:fs';

/** A process that nobody has waited for yet is a zombie. */
export function isRunning(pid: number): boolean {
  const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') Z';
  return !/\) [ZX]/.test(stat);
}
