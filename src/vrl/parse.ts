import { parseExact, parseObject } from '../codec/exact-json.ts';
import { isRawJson } from '../codec/raw-json.ts';
import { firstRecord } from './csv.ts';
import { encodeJson } from './encode.ts';
import { parsePairs, type PairOptions } from './pairs.ts';
import { asBoolean, asCount, asString, isNull } from './types.ts';
import { type Fields, fieldOf, isFields, setField, VrlError } from './values.ts';

/** @param options.maxDepth deeper values stay JSON texts */
export function parseJson(
  value: unknown,
  { maxDepth }: { readonly maxDepth?: unknown; readonly lossy?: unknown } = {},
): unknown {
  const parsed = parsedJson(asString(value));
  if (maxDepth === undefined || isNull(maxDepth)) return parsed;
  const depth = asCount(maxDepth);
  if (depth < 1 || depth > 128)
    throw new VrlError(`max_depth value should be greater than 0 and less than 128, got ${depth}`);
  return cut(parsed, depth);
}

function parsedJson(text: string): unknown {
  try {
    const parsed = parseObject(text) ?? parseExact(text).value;
    if (MAY_BE_BEYOND_DOUBLE.test(text) && hasNumberBeyondDouble(parsed))
      throw new SyntaxError('number out of range');
    return parsed;
  } catch (error) {
    throw new VrlError(
      `unable to parse json: ${error instanceof Error ? withoutPayload(error.message) : 'invalid'}`,
    );
  }
}

/** Without an exponent of two digits, a number of less than 300 digits is below 1e308. */
const MAY_BE_BEYOND_DOUBLE = /\de\+?\d\d|\d{300}/i;

/** `1e400`, which VRL rejects. Numbers with many digits are no such numbers. */
function hasNumberBeyondDouble(value: unknown): boolean {
  if (isRawJson(value)) return !Number.isFinite(Number(value.rawJSON));
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasNumberBeyondDouble);
}

/** JavaScript quotes the text in its message. */
function withoutPayload(message: string): string {
  return message.replace(/,? ?"[^]*$/, '').replace(/'.'/u, 'character');
}

function cut(value: unknown, depth: number): unknown {
  const isContainer = isFields(value) || Array.isArray(value);
  if (!isContainer) return value;
  if (depth === 0) return encodeJson(value);
  if (Array.isArray(value)) return value.map((item) => cut(item, depth - 1));
  const fields: Fields = {};
  for (const [key, one] of Object.entries(value)) setField(fields, key, cut(one, depth - 1));
  return fields;
}

interface KeyValueOptions {
  readonly keyValueDelimiter?: unknown;
  readonly fieldDelimiter?: unknown;
  readonly whitespace?: unknown;
  readonly acceptStandaloneKey?: unknown;
}

export function parseKeyValue(value: unknown, options: KeyValueOptions = {}): Fields {
  const {
    keyValueDelimiter = '=',
    fieldDelimiter = ' ',
    whitespace = 'lenient',
    acceptStandaloneKey = true,
  } = options;
  const syntax: PairOptions = {
    assign: asString(keyValueDelimiter),
    between: asString(fieldDelimiter),
    isLenient: whitespace !== 'strict',
    acceptsKeys: asBoolean(acceptStandaloneKey),
  };
  const found = parsePairs(asString(value), syntax);
  if (found === null) throw new VrlError('could not parse all fields');
  return found;
}

export function parseLogfmt(value: unknown): Fields {
  return parseKeyValue(value);
}

export function parseCsv(
  value: unknown,
  { delimiter = ',' }: { readonly delimiter?: unknown } = {},
): string[] {
  return firstRecord(asString(value), asString(delimiter));
}

const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, ws: 80, wss: 443, ftp: 21 };

export function parseUrl(
  value: unknown,
  { defaultKnownPorts = false }: { readonly defaultKnownPorts?: unknown } = {},
): Fields {
  const text = asString(value);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new VrlError('unable to parse url: relative URL without a base');
  }
  const scheme = url.protocol.slice(0, -1);
  const known = defaultKnownPorts === true ? (PORTS[scheme] ?? null) : null;
  return {
    scheme,
    username: url.username,
    password: url.password,
    host: url.hostname === '' ? null : url.hostname,
    port: url.port === '' ? known : Number(url.port),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    fragment: url.hash === '' ? null : url.hash.slice(1),
  };
}

export function parseQueryString(value: unknown): Fields {
  const found: Fields = {};
  for (const [name, one] of new URLSearchParams(asString(value))) {
    const before = fieldOf(found, name);
    if (before === undefined) setField(found, name, one);
    else if (Array.isArray(before)) before.push(one);
    else setField(found, name, [before, one]);
  }
  return found;
}

/** Words, and what stands in quotes or brackets. */
export function parseTokens(value: unknown): (string | null)[] {
  const tokens: (string | null)[] = [];
  for (const found of asString(value).matchAll(/"((?:\\.|[^"\\])*)"|\[((?:\\.|[^\]\\])*)\]|(\S+)/g)) {
    const text = found[1] ?? found[2] ?? found[3] ?? '';
    tokens.push(text === '-' ? null : text);
  }
  return tokens;
}
