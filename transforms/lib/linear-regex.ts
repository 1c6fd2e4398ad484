import { RE2JS } from 're2js';
import { type Event, define } from 'logweir';

/**
 * Compiles a pattern of the user for RE2's engine, whose time is linear in the text: no pattern can make the
 * process hang. It has no backreferences and no lookahead.
 *
 * @throws Error if the pattern is invalid, or uses an unsupported feature
 */
export function compileLinear(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.LOOKBEHINDS);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `'${pattern}' is not a pattern: ${why} (the syntax is RE2's, without lookahead and backreferences)`,
      { cause: error },
    );
  }
}

/** The named groups of the first match, except those that did not take part; undefined without a match. */
export function namedGroups(pattern: RE2JS, text: string): Event | undefined {
  return allNamedGroups(pattern, text, 1)[0];
}

/** The named groups of all matches, at most `max`. */
export function allNamedGroups(pattern: RE2JS, text: string, max: number): Event[] {
  const matcher = pattern.matcher(text);
  const names = Object.keys(pattern.namedGroups());
  const all: Event[] = [];
  while (all.length < max && matcher.find()) {
    const found: Event = {};
    for (const name of names) {
      const value = matcher.group(name);
      if (value !== null && value !== undefined) define(found, name, value);
    }
    all.push(found);
  }
  return all;
}
