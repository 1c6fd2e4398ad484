import { digestOf } from './hash.ts';
import { Pattern } from './pattern.ts';
import { asArray, asString } from './types.ts';
import { type Fields, fieldOf, isFields, setField, VrlError } from './values.ts';

/** VRL's pattern for the filter of that name. */
const US_SSN = Pattern.of(
  '(?:0[1-9]\\d|00[1-9]|[1-578]\\d{2}|6[0-57-9]\\d|66[0-57-9]|90\\d)-(?:0[1-9]|[1-9]0|[1-9][1-9])-(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)',
);

/** Replaces what the filters find, in a text or in all texts of an object or array. */
export function redact(
  value: unknown,
  filters: unknown,
  { redactor = 'full' }: { readonly redactor?: unknown } = {},
): unknown {
  const patterns = asArray(filters).map(patternOf);
  const replace = replacement(redactor);
  const visit = (one: unknown): unknown => {
    if (typeof one === 'string') return redacted(one, patterns, replace);
    if (Array.isArray(one)) return one.map(visit);
    if (!isFields(one)) return one;
    const fields: Fields = {};
    for (const [key, inner] of Object.entries(one)) setField(fields, key, visit(inner));
    return fields;
  };
  return visit(value);
}

function patternOf(filter: unknown): Pattern {
  if (filter instanceof Pattern) return filter;
  const name = typeof filter === 'string' ? filter : fieldOf(filter, 'type');
  if (name === 'us_social_security_number') return US_SSN;
  if (name === 'pattern') {
    const [first, ...more] = asArray(fieldOf(filter, 'patterns'));
    if (first !== undefined && more.length === 0)
      return first instanceof Pattern ? first : Pattern.of(escape(asString(first)));
  }
  throw new VrlError('unknown filter name');
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function replacement(redactor: unknown): (found: string) => string {
  const type = typeof redactor === 'string' ? redactor : fieldOf(redactor, 'type');
  if (type === 'full') return () => '[REDACTED]';
  if (type === 'text') return () => asString(fieldOf(redactor, 'replacement'));
  if (type !== 'sha2' && type !== 'sha3') throw new VrlError('unknown redactor');
  const variant = fieldOf(redactor, 'variant') ?? (type === 'sha2' ? 'SHA-512/256' : 'SHA3-512');
  const encoding = fieldOf(redactor, 'encoding') === 'base16' ? 'hex' : 'base64';
  return (found) => digestOf(variant, found, encoding);
}

function redacted(text: string, patterns: readonly Pattern[], replace: (found: string) => string): string {
  let result = text;
  for (const pattern of patterns) {
    const matcher = pattern.matcher(result);
    let next = '';
    let from = 0;
    while (matcher.find()) {
      next += result.slice(from, matcher.start()) + replace(matcher.group() ?? '');
      from = matcher.end();
    }
    result = next + result.slice(from);
  }
  return result;
}
