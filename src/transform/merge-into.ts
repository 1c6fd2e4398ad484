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
} from '../codec/field-path.ts';
import { lazyOf } from '../codec/lazy-event.ts';
import { carryLiteral, hasLiterals } from '../codec/literals.ts';
import type { Event } from './api.ts';

export interface MergeOptions {
  /** A dotted path under which it goes; the top level of the event if left out. */
  readonly target?: string | undefined;
  /** Whether what is merged replaces what is there already. */
  readonly overwrite: boolean;
  /** Where a field goes that meets another value and does not replace it: a dotted path. @default 'parsed' */
  readonly conflicts?: string | undefined;
  /** The field that was parsed. A `target` of the same name takes its place. */
  readonly field?: string | undefined;
  /** Whether that field goes. */
  readonly remove?: boolean | undefined;
}

/**
 * Puts what was parsed out of an event into it. Nothing that is there and nothing that was parsed is lost: where both have a field, with
 * different values, and `overwrite` is off, the one that is there stays and the other one goes under `conflicts`.
 *
 * @returns the event
 */
export function mergeInto(event: Event, parsed: Event, options: MergeOptions): Event {
  const { target, overwrite, conflicts = 'parsed', field, remove } = options;
  if (field !== undefined && (remove === true || field === target)) deleteAt(event, field);
  let refused: Event | undefined;
  if (target !== undefined) refused = putAt(event, target, parsed, overwrite);
  else if (lazyOf(event)?.add(parsed) === true) {
    if (hasLiterals(parsed)) for (const key of Object.keys(parsed)) carryLiteral(parsed, key, event, key);
  } else refused = mergeFields(event, parsed, overwrite);
  if (refused !== undefined) {
    const from = refused;
    addBeside(event, conflicts, from, (key, holder, name) => carryLiteral(from, key, holder, name));
  }
  return event;
}

/** @returns what would have replaced something */
function putAt(event: Event, target: string, parsed: Event, overwrite: boolean): Event | undefined {
  const there = overwrite ? undefined : fieldAt(event, target);
  if (isFields(there)) return mergeFields(there, parsed, overwrite);
  if (there !== undefined || (!overwrite && isBlocked(event, target))) return parsed;
  setAt(event, target, parsed);
  return undefined;
}

/** @returns the fields that would have replaced others */
function mergeFields(into: Event, parsed: Event, overwrite: boolean): Event | undefined {
  let refused: Event | undefined;
  const carries = hasLiterals(parsed) || hasLiterals(into);
  for (const key of Object.keys(parsed)) {
    const isFree = overwrite || !hasKey(into, key);
    if (!isFree && isDeepStrictEqual(into[key], parsed[key])) continue;
    const holder = isFree ? into : (refused ??= {});
    define(holder, key, parsed[key]);
    if (carries) carryLiteral(parsed, key, holder, key);
  }
  return refused;
}
