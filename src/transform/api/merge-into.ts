import { isDeepStrictEqual } from 'node:util';
import {
  addBeside,
  define,
  deleteAt,
  fieldAt,
  hasKey,
  isBlocked,
  isFields,
  setAt,
} from '../../codec/field-path.ts';
import { lazyOf } from '../../codec/lazy-event.ts';
import { carryLiteral, hasLiterals } from '../../codec/literals.ts';
import type { Event } from './event.ts';

export interface MergeOptions {
  /** The dotted path for the parsed fields; by default the top level of the event. */
  readonly target?: string | undefined;
  /** Whether parsed fields replace existing ones. */
  readonly overwrite: boolean;
  /** The dotted path for parsed fields that conflict with existing ones. @default 'parsed' */
  readonly conflicts?: string | undefined;
  /** The field that was parsed. A `target` of the same name replaces it. */
  readonly field?: string | undefined;
  /** Whether that field is removed. */
  readonly remove?: boolean | undefined;
}

/**
 * Merges parsed fields into their event without losing data: if both have a field with different values and
 * `overwrite` is off, the existing field stays and the parsed one is put under `conflicts`.
 *
 * @returns the event
 */
export function mergeInto(event: Event, parsed: Event, options: MergeOptions): Event {
  const { target, overwrite, conflicts = 'parsed', field, remove } = options;
  if (field !== undefined && (remove === true || field === target)) deleteAt(event, field);
  let rejected: Event | undefined;
  if (target !== undefined) rejected = putAt(event, target, parsed, overwrite);
  else if (lazyOf(event)?.add(parsed) === true) {
    if (hasLiterals(parsed)) for (const key of Object.keys(parsed)) carryLiteral(parsed, key, event, key);
  } else rejected = mergeFields(event, parsed, overwrite);
  if (rejected !== undefined) {
    const from = rejected;
    addBeside(event, conflicts, from, (key, holder, name) => carryLiteral(from, key, holder, name));
  }
  return event;
}

/** @returns the fields that conflict with existing ones, if any */
function putAt(event: Event, target: string, parsed: Event, overwrite: boolean): Event | undefined {
  const there = overwrite ? undefined : fieldAt(event, target);
  if (isFields(there)) return mergeFields(there, parsed, overwrite);
  if (there !== undefined || (!overwrite && isBlocked(event, target))) return parsed;
  setAt(event, target, parsed);
  return undefined;
}

/** @returns the fields that conflict with existing ones, if any */
function mergeFields(into: Event, parsed: Event, overwrite: boolean): Event | undefined {
  let rejected: Event | undefined;
  const carries = hasLiterals(parsed) || hasLiterals(into);
  for (const key of Object.keys(parsed)) {
    const isFree = overwrite || !hasKey(into, key);
    if (!isFree && isDeepStrictEqual(into[key], parsed[key])) continue;
    const holder = isFree ? into : (rejected ??= {});
    define(holder, key, parsed[key]);
    if (carries) carryLiteral(parsed, key, holder, key);
  }
  return rejected;
}
