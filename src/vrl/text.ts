import { asArray, asCount, asPattern, asString, isNull } from './types.ts';
import { isFields, VrlError, wrongType } from './values.ts';

interface CaseOption {
  /** @default true */
  readonly caseSensitive?: unknown;
}

export function upcase(value: unknown): string {
  return asString(value).toUpperCase();
}

export function downcase(value: unknown): string {
  return asString(value).toLowerCase();
}

export function contains(value: unknown, substring: unknown, options?: CaseOption): boolean {
  return cased(value, options).includes(cased(substring, options));
}

export function startsWith(value: unknown, substring: unknown, options?: CaseOption): boolean {
  return cased(value, options).startsWith(cased(substring, options));
}

export function endsWith(value: unknown, substring: unknown, options?: CaseOption): boolean {
  return cased(value, options).endsWith(cased(substring, options));
}

function cased(value: unknown, { caseSensitive = true }: CaseOption = {}): string {
  return caseSensitive === false ? asString(value).toLowerCase() : asString(value);
}

export function stripWhitespace(value: unknown): string {
  return asString(value).trim();
}

// eslint-disable-next-line no-control-regex -- The sequences that it removes start with one.
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

export function stripAnsiEscapeCodes(value: unknown): string {
  return asString(value).replace(ANSI, '');
}

/** The number of bytes of a text in UTF-8, of items, or of fields. */
export function length(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (isFields(value)) return Object.keys(value).length;
  throw wrongType(value, 'string', 'array', 'object');
}

/** The number of characters. */
export function strlen(value: unknown): number {
  return Array.from(asString(value)).length;
}

export function split(value: unknown, pattern: unknown, limit?: unknown): string[] {
  return splitAt(asString(value), pattern, limit === undefined ? Infinity : asCount(limit));
}

/** @param max the most parts */
function splitAt(text: string, pattern: unknown, max: number): string[] {
  if (max <= 0) return [];
  const parts: string[] = [];
  let from = 0;
  for (const [start, end] of matches(text, pattern)) {
    if (parts.length + 1 >= max) break;
    parts.push(text.slice(from, start));
    from = end;
  }
  parts.push(text.slice(from));
  return parts;
}

/** Where a text or a regular expression is found: start and end, in UTF-16 units. */
function* matches(text: string, pattern: unknown): Generator<readonly [number, number]> {
  if (typeof pattern === 'string') {
    if (pattern === '') {
      // Before and after each character, as in Rust.
      let at = 0;
      yield [0, 0];
      for (const char of text) yield [(at += char.length), at];
      return;
    }
    for (let at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + pattern.length))
      yield [at, at + pattern.length];
    return;
  }
  const matcher = asPattern(pattern).matcher(text);
  while (matcher.find()) yield [matcher.start(), matcher.end()];
}

export function join(value: unknown, separator?: unknown): string {
  const between = separator === undefined || isNull(separator) ? '' : asString(separator);
  return asArray(value)
    .map((item) => {
      if (typeof item !== 'string') throw new VrlError('all array items must be strings');
      return item;
    })
    .join(between);
}

/**
 * Replaces a text or the matches of a regular expression. In the replacement of a regular expression, `$1`,
 * `$name` and `${name}` stand for its groups, and `$$` for a dollar.
 *
 * @param count how many are replaced; all of them where it is negative
 */
export function replace(value: unknown, pattern: unknown, replacement: unknown, count: unknown = -1): string {
  const text = asString(value);
  const by = asString(replacement);
  const max = asCount(count) < 0 ? Infinity : asCount(count);
  if (typeof pattern === 'string') {
    return splitAt(text, pattern, max + 1).join(by);
  }
  const matcher = asPattern(pattern).matcher(text);
  let replaced = '';
  let from = 0;
  for (let n = 0; n < max && matcher.find(); n++) {
    const filled = by.replace(/\$(?:(\$)|(\w+)|\{(\w+)\})/g, (_all, dollar, bare, braced) =>
      dollar === undefined ? group(matcher, (bare ?? braced) as string) : '$',
    );
    replaced += text.slice(from, matcher.start()) + filled;
    from = matcher.end();
  }
  return replaced + text.slice(from);
}

interface Groups {
  group(name: string | number): string | null;
  groupCount(): number;
}

function group(matcher: Groups, name: string): string {
  try {
    if (/^\d+$/.test(name))
      return Number(name) <= matcher.groupCount() ? (matcher.group(Number(name)) ?? '') : '';
    return matcher.group(name) ?? '';
  } catch {
    return '';
  }
}

/** Part of a text, in bytes of UTF-8, or of an array; negative positions count from the end. */
export function slice(value: unknown, start: unknown, end?: unknown): unknown {
  if (typeof value !== 'string' && !Array.isArray(value)) throw wrongType(value, 'string', 'array');
  const whole = typeof value === 'string' ? Buffer.from(value) : value;
  const size = whole.length;
  const from = position(asCount(start), size);
  const to = end === undefined || isNull(end) ? size : position(asCount(end), size);
  if (from < 0 || from > size) throw new VrlError(`"start" must be between "${-size}" and "${size}"`);
  if (to < from) throw new VrlError('"end" must be greater or equal to "start"');
  const part: unknown = whole.slice(from, to);
  return Buffer.isBuffer(part) ? part.toString() : part;
}

function position(index: number, size: number): number {
  return index < 0 ? size + index : index;
}

/** @param suffix appended where the text was longer; it does not count */
export function truncate(
  value: unknown,
  limit: unknown,
  { suffix }: { readonly suffix?: unknown } = {},
): string {
  const chars = Array.from(asString(value));
  const max = Math.max(0, asCount(limit));
  if (chars.length <= max) return chars.join('');
  return chars.slice(0, max).join('') + (suffix === undefined ? '' : asString(suffix));
}

export function match(value: unknown, pattern: unknown): boolean {
  return asPattern(pattern).test(asString(value));
}

export function matchAny(value: unknown, patterns: unknown): boolean {
  const text = asString(value);
  return asArray(patterns).some((pattern) => asPattern(pattern).test(text));
}

/** The place of a text or a match, in bytes of UTF-8; null if there is none. */
export function find(value: unknown, pattern: unknown, from: unknown = 0): number | null {
  const text = asString(value);
  const bytes = Buffer.from(text);
  let start = asCount(from);
  if (start > bytes.length) return null;
  if (pattern === '') return start;
  // Not in the midst of a character.
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  const from16 = bytes.toString('utf8', 0, start).length;
  const found =
    typeof pattern === 'string' ? text.indexOf(pattern, from16) : firstFrom(text, pattern, from16);
  return found < 0 ? null : Buffer.byteLength(text.slice(0, found));
}

function firstFrom(text: string, pattern: unknown, from: number): number {
  const matcher = asPattern(pattern).matcher(text);
  return matcher.find(from) ? matcher.start() : -1;
}

/** Named groups of the first match, and with `numericGroups` those by number too. */
export function parseRegex(
  value: unknown,
  pattern: unknown,
  { numericGroups = false }: { readonly numericGroups?: unknown } = {},
): Record<string, unknown> {
  const [first] = parseRegexAll(value, pattern, { numericGroups }, 1);
  if (first === undefined) throw new VrlError('could not find any pattern matches');
  return first;
}

export function parseRegexAll(
  value: unknown,
  pattern: unknown,
  { numericGroups = false }: { readonly numericGroups?: unknown } = {},
  max = Infinity,
): Record<string, unknown>[] {
  const expression = asPattern(pattern);
  const matcher = expression.matcher(asString(value));
  const names = expression.groups;
  const found: Record<string, unknown>[] = [];
  while (found.length < max && matcher.find()) {
    const groups: Record<string, unknown> = {};
    for (const [name, number] of names) groups[name] = matcher.group(number) ?? null;
    if (numericGroups === true)
      for (let n = 0; n <= matcher.groupCount(); n++) groups[String(n)] = matcher.group(n) ?? null;
    found.push(groups);
  }
  return found;
}
