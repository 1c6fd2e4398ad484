import { randomUUID } from 'node:crypto';
import { asArray, asObject, asString, toString } from './types.ts';
import { isRawJson } from '../codec/raw-json.ts';
import { fieldOf, isFields, kindOf, VrlError } from './values.ts';
import { Timestamp } from './timestamp.ts';

/** Keys are in order, as in VRL's objects. Numbers that no double holds stay as they are. */
export function encodeJson(value: unknown, { pretty = false }: { readonly pretty?: unknown } = {}): string {
  return jsonOf(value, pretty === true ? '\n' : '');
}

/** @param line a line feed and the indent of this value; empty for one line */
function jsonOf(value: unknown, line: string): string {
  if (typeof value === 'bigint') return String(value);
  if (isRawJson(value)) return value.rawJSON;
  const inner = line === '' ? '' : `${line}  `;
  const list = (open: string, items: readonly string[], close: string): string =>
    items.length === 0
      ? open + close
      : `${open}${items.map((item) => inner + item).join(',')}${line}${close}`;
  if (Array.isArray(value)) {
    const items = value.map((item) => jsonOf(item, inner));
    return list('[', items, ']');
  }
  if (!isFields(value)) return JSON.stringify(value ?? null);
  const after = line === '' ? ':' : ': ';
  const names = Object.keys(value).toSorted();
  const fields = names.map((name) => `${JSON.stringify(name)}${after}${jsonOf(value[name], inner)}`);
  return list('{', fields, '}');
}

export function encodeBase64(
  value: unknown,
  { padding = true, charset = 'standard' }: { readonly padding?: unknown; readonly charset?: unknown } = {},
): string {
  const encoded = Buffer.from(asString(value)).toString('base64');
  const safe = charset === 'url_safe' ? encoded.replaceAll('+', '-').replaceAll('/', '_') : encoded;
  return padding === false ? safe.replace(/=+$/, '') : safe;
}

export function decodeBase64(
  value: unknown,
  { charset = 'standard' }: { readonly charset?: unknown } = {},
): string {
  const text = asString(value);
  const alphabet = charset === 'url_safe' ? /^[\w-]*={0,2}$/ : /^[A-Za-z0-9+/]*={0,2}$/;
  // One character more than a multiple of four is no byte.
  if (!alphabet.test(text) || text.replace(/=+$/, '').length % 4 === 1)
    throw new VrlError('unable to decode value from base64: Invalid symbol');
  return Buffer.from(text, 'base64').toString();
}

const PERCENT_SETS: Readonly<Record<string, RegExp>> = {
  NON_ALPHANUMERIC: /[^A-Za-z0-9]/gu,
  // eslint-disable-next-line no-control-regex -- the set of that name
  CONTROLS: /[\u0000-\u001f\u007f-\u{10ffff}]/gu,
  // eslint-disable-next-line no-control-regex -- the set of that name
  FRAGMENT: /[\u0000-\u0020"<>`\u007f-\u{10ffff}]/gu,
  // eslint-disable-next-line no-control-regex -- the set of that name
  QUERY: /[\u0000-\u0020"#<>\u007f-\u{10ffff}]/gu,
  // eslint-disable-next-line no-control-regex -- the set of that name
  SPECIAL: /[\u0000-\u0020"#<>'\u007f-\u{10ffff}]/gu,
  // eslint-disable-next-line no-control-regex -- the set of that name
  PATH: /[\u0000-\u0020"#<>?`{}\u007f-\u{10ffff}]/gu,
  // eslint-disable-next-line no-control-regex -- the set of that name
  USERINFO: /[\u0000-\u0020"#<>?`{}/:;=@[\\\]^|\u007f-\u{10ffff}]/gu,
  WWW_FORM_URLENCODED: /[^A-Za-z0-9*\-._]/gu,
  // eslint-disable-next-line no-control-regex -- the set of that name
  COMPONENT: /[\u0000-\u0020"#<>?`{}/:;=@[\\\]^|$%&+,\u007f-\u{10ffff}]/gu,
};

export function encodePercent(
  value: unknown,
  { asciiSet = 'NON_ALPHANUMERIC' }: { readonly asciiSet?: unknown } = {},
): string {
  const set = PERCENT_SETS[asString(asciiSet)];
  if (set === undefined) throw new VrlError(`unknown ascii_set ${asString(asciiSet)}`);
  return asString(value).replace(set, (char) =>
    [...Buffer.from(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

export function decodePercent(value: unknown): string {
  const bytes = Buffer.from(asString(value));
  const decoded: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    const hex = bytes[at] === 0x25 ? bytes.toString('latin1', at + 1, at + 3) : '';
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      decoded.push(Number.parseInt(hex, 16));
      at += 2;
    } else decoded.push(bytes[at] ?? 0);
  }
  return Buffer.from(decoded).toString();
}

export function uuidV4(): string {
  return randomUUID();
}

interface PairsOptions {
  readonly fieldsOrdering?: unknown;
  readonly keyValueDelimiter?: unknown;
  readonly fieldDelimiter?: unknown;
  readonly flattenBoolean?: unknown;
}

export function encodeLogfmt(
  value: unknown,
  { fieldsOrdering = [] }: { readonly fieldsOrdering?: unknown } = {},
): string {
  return encodeKeyValue(value, { fieldsOrdering, flattenBoolean: true });
}

export function encodeKeyValue(value: unknown, options: PairsOptions = {}): string {
  const {
    fieldsOrdering = [],
    keyValueDelimiter = '=',
    fieldDelimiter = ' ',
    flattenBoolean = false,
  } = options;
  const flat = new Map<string, unknown>();
  flattenPairs(asObject(value), '', flat);
  const first = asArray(fieldsOrdering).map(asString);
  const names = [
    ...first.filter((name) => flat.has(name)),
    ...[...flat.keys()].filter((name) => !first.includes(name)).toSorted(),
  ];
  return names
    .flatMap((name) => {
      const one = flat.get(name);
      if (flattenBoolean === true && one === false) return [];
      if (flattenBoolean === true && one === true) return [quoted(name)];
      return [`${quoted(name)}${asString(keyValueDelimiter)}${quoted(pairText(one))}`];
    })
    .join(asString(fieldDelimiter));
}

function flattenPairs(value: unknown, prefix: string, into: Map<string, unknown>): void {
  const nested = Array.isArray(value)
    ? value.map((item: unknown, n): [string, unknown] => [String(n), item])
    : isFields(value)
      ? Object.keys(value).map((key): [string, unknown] => [key, fieldOf(value, key)])
      : null;
  if (nested === null) {
    into.set(prefix, value);
    return;
  }
  for (const [key, one] of nested) flattenPairs(one, prefix === '' ? key : `${prefix}.${key}`, into);
}

function pairText(value: unknown): string {
  if (kindOf(value) === 'null') return 'null';
  return value instanceof Timestamp ? value.toString() : toString(value);
}

function quoted(text: string): string {
  if (!/[\s"=\\]/.test(text)) return text;
  // VRL escapes the backslash of an escaped line feed too.
  return `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\\\n')}"`;
}
