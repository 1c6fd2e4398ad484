/** Validates the events that transforms return, and copies events. */
import { isRawJson, noteCopy } from '../../codec/exact-json.ts';
import { define } from '../../codec/field-path.ts';
import type { Event } from '../api/api.ts';
import { copyTarget } from '../api/route.ts';

/** Shared by all dropped events, so that a drop allocates nothing. Never modified. */
const NONE: never[] = [];

/** @throws TypeError if a transform did not return an event, a list of events, or nothing */
export function returnedEvents(result: unknown): Event[] {
  if (result === undefined || result === null) return NONE;
  // All or nothing: an array with one bad element is an error of the whole call.
  return Array.isArray(result) ? Array.from(result as readonly unknown[], asEvent) : [asEvent(result)];
}

function asEvent(value: unknown): Event {
  if (typeof value === 'object' && value !== null) {
    const prototype: unknown = Object.getPrototypeOf(value);
    if ((prototype === Object.prototype || prototype === null) && !isRawJson(value)) return value as Event;
  }
  throw new TypeError(
    `returned ${nameOf(value)}; an event must be a plain object (or an array of them, or undefined)`,
  );
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : `a ${typeof value}`;
  const { constructor } = value as { constructor?: { name?: string } };
  return `an instance of ${typeof constructor === 'function' ? constructor.name : 'an unknown class'}`;
}

/** A deep copy of plain objects and arrays; other values (RawJson, bigint, a Date) are shared. */
export function cloneEvent(event: Event): Event {
  return cloneValue(event) as Event;
}

function cloneValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || isRawJson(value)) return value;
  if (Array.isArray(value)) {
    const list = value.map(cloneValue);
    noteCopy(value, list);
    return list;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const copy: Event = {};
  noteCopy(value, copy);
  copyTarget(value as Event, copy);
  for (const key of Object.keys(value)) define(copy, key, cloneValue((value as Event)[key]));
  return copy;
}
