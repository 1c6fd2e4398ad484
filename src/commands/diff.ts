import { styleText } from 'node:util';
import { stringifyExact } from '../codec/exact-json.ts';
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
      const head = bold(after.length === 1 ? label : `${label} → ${index + 1} of ${after.length}`);
      const lines = linesOf(before, event);
      return `${head}${lines.length === 0 ? ' unchanged' : ''}\n${lines.map((line) => `${line}\n`).join('')}`;
    })
    .join('');
}

function linesOf(before: Event, after: Event): string[] {
  const [old, now] = [leavesOf(before), leavesOf(after)];
  const lines: string[] = [];
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(path), now.get(path)];
    if (was === is) continue;
    if (was !== undefined) lines.push(styleText('red', `- ${path}: ${was}`));
    if (is !== undefined) lines.push(styleText('green', `+ ${path}: ${is}`));
  }
  return lines;
}

/** Dotted paths, with their values as JSON. */
function leavesOf(event: Event, prefix = '', leaves = new Map<string, string>()): Map<string, string> {
  for (const [key, value] of Object.entries(event)) {
    const isObject =
      typeof value === 'object' && value !== null && !Array.isArray(value) && !Object.isFrozen(value);
    if (isObject && Object.keys(value).length > 0) leavesOf(value as Event, `${prefix}${key}.`, leaves);
    else leaves.set(prefix + key, textOf(value));
  }
  return leaves;
}

function textOf(value: unknown): string {
  return stringifyExact({ value }).slice('{"value":'.length, -1);
}

function bold(text: string): string {
  return styleText('bold', text);
}
