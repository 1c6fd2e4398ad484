import { isRawJson, parseObject } from '../codec/exact-json.ts';
import { fieldAt } from '../codec/field-path.ts';

/** Whether the text of an event fits a filter. */
export type TapFilter = (text: string) => boolean;

/** `field=value`, where the name of the field has no spaces and quotes. */
const FIELD = /^([^\s"'={}[\],]+)=(.*)$/s;
/** Longer filters are rejected: each event is compared with them. In characters. */
export const FILTER_LENGTH_MAX = 500;

/**
 * Compiles a filter. `field=value` compares one field, a dotted path, with the text of its value; of a list
 * one element must fit. Any other text must occur in the JSON text of the event, as it is written there.
 * A text in double quotes is always such a substring: `"a=b"`. An empty filter fits every event.
 */
export function compileFilter(filter: string): TapFilter {
  if (filter === '') return () => true;
  const quoted = /^"(.*)"$/s.exec(filter)?.[1];
  if (quoted !== undefined) return (text) => text.includes(quoted);
  const [, path, wanted] = FIELD.exec(filter) ?? [];
  if (path === undefined || wanted === undefined) return (text) => text.includes(filter);
  return (text) => {
    const event = parseObject(text);
    if (event === undefined) return false;
    const value = fieldAt(event, path);
    return Array.isArray(value) ? value.some((one) => textOf(one) === wanted) : textOf(value) === wanted;
  };
}

/** A value as the filter writes it; undefined for objects and lists. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (isRawJson(value)) return value.rawJSON;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  return value === null ? 'null' : undefined;
}
