import { styleText } from 'node:util';
import { type Difference, differencesOf } from '../comparison/differences.ts';
import type { Event } from '../transform/api/api.ts';

/**
 * The difference between an event and its results, field by field: `-` in red for removed values, `+` in
 * green for added values. Unchanged fields are left out. Colours only if the standard output supports them.
 *
 * @param label name of the record
 */
export function diffOf(label: string, before: Event, after: readonly Event[]): string {
  if (after.length === 0) return `${bold(label)} dropped\n`;
  return after
    .map((event, index) => {
      const head = after.length === 1 ? label : `${label} → ${index + 1} of ${after.length}`;
      const differences = differencesOf(before, event);
      return differences.length === 0 ? `${bold(head)} unchanged\n` : shownDifferences(head, differences);
    })
    .join('');
}

/** Differences below the name of what differs. */
export function shownDifferences(label: string, differences: readonly Difference[]): string {
  const lines = differences.flatMap(({ path, was, is }) => [
    ...(was === undefined ? [] : [styleText('red', `- ${path}: ${was}`)]),
    ...(is === undefined ? [] : [styleText('green', `+ ${path}: ${is}`)]),
  ]);
  return [bold(label), ...lines].map((line) => `${line}\n`).join('');
}

function bold(text: string): string {
  return styleText('bold', text);
}
