import type { Zone } from 'luxon';
import { type Instant, isoText, monthOf } from './time/instant.ts';
import { readIso } from './time/iso8601.ts';
import type { Event } from 'logweir';
import { ingressParts } from './ingress.ts';

/** Java servers write the month in the language of the machine: such a line is parsed, but has no time. */
const STAMP =
  /\[(\d{2})\/(\p{L}{1,12}\.?)\/(\d{4}):(\d{2}:\d{2}:\d{2}(?:\.\d{1,40})?(?: (?:[+-]\d{2}:?\d{2}|GMT|UTC))?)\] "/u;
/** The request with escaped quotes, status and size. Each class excludes its end: a line is read once. */
const REQUEST = /([^"\\]*(?:\\.[^"\\]*)*)" (\d{3}|-) (\d+|-)(?!\S)/sy;
/** The end of a request with unescaped quotes. */
const REQUEST_END = /" (\d{3}|-) (\d+|-)(?!\S)/g;
const QUOTED = / (?:-|"([^"\\]*(?:\\.[^"\\]*)*)")(?!\S)/sy;
/** With unescaped quotes inside. */
const LOOSELY_QUOTED = / "(.*?)"(?= ["-]|\s*$)/sy;

const REQUEST_LINE = /^([A-Za-z][\w-]{0,31}) (.*) ([A-Z]{2,8}\/\d{1,3}(?:\.\d{1,3})?)$/s;
/** HTTP/0.9 or a truncated request: without a protocol it needs a method in capitals and a possible path. */
const BARE_REQUEST_LINE = /^([A-Z]{3,20}) (\/.*|\*|[^\s:]+:\S*)$/s;
/** A virtual host as in Debian's `vhost_combined`; without a port only if an address follows. */
const VIRTUAL_HOST = /^[\w.-]+:\d{1,5}$/;
const HOST_NAME = /^(?!\d+(?:\.\d+){3}$)[\w.-]+$/;
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:]*:[\da-f.]*),?$/i;

/**
 * A line of an access log in the common or combined format, with an optional virtual host, addresses and
 * values of ingress-nginx.
 */
export function parseAccess(text: string, zone: Zone): Event | undefined {
  const stamp = STAMP.exec(text);
  if (stamp === null) return undefined;
  const client = clientOf(text.slice(0, stamp.index).trim());
  const from = stamp.index + stamp[0].length;
  const parts = requestAt(text, from);
  if (client === undefined || parts === undefined) return undefined;
  const { request, status, bytes, end } = parts;
  const [[referrer, agent, more], next] = quotedAt(text, end);
  const { forwarded, ...names } = client;
  return given({
    ...names,
    time: timeOf(commonTime(stamp, zone)),
    ...requestParts(request),
    status: status === '-' ? undefined : Number(status),
    bytes: bytes === '-' ? undefined : Number(bytes),
    referrer,
    agent,
    ...afterAgent(more, forwarded),
    ...ingressParts(text, next),
  });
}

interface Request {
  readonly request: string;
  readonly status: string;
  readonly bytes: string;
  readonly end: number;
}

function requestAt(text: string, from: number): Request | undefined {
  const match = matchAt(REQUEST, text, from);
  if (match !== null) {
    const [whole, request = '', status = '', bytes = ''] = match;
    return { request, status, bytes, end: from + whole.length };
  }
  REQUEST_END.lastIndex = from;
  const end = REQUEST_END.exec(text);
  if (end === null) return undefined;
  const [whole, status = '', bytes = ''] = end;
  return { request: text.slice(from, end.index), status, bytes, end: end.index + whole.length };
}

/** An invalid request line, as sent by scanners, is kept as a whole. A path may contain spaces. */
function requestParts(request: string): Event {
  const [, method, path = '', protocol] = REQUEST_LINE.exec(request) ?? BARE_REQUEST_LINE.exec(request) ?? [];
  return method === undefined ? { request } : { method, path: path.trim(), protocol };
}

/** Up to three quoted texts (or `-` for unknown ones) and their end position. */
function quotedAt(text: string, from: number): [texts: (string | undefined)[], end: number] {
  const texts: (string | undefined)[] = [];
  let at = from;
  while (texts.length < 3) {
    const match = matchAt(QUOTED, text, at) ?? matchAt(LOOSELY_QUOTED, text, at);
    if (match === null) break;
    texts.push(match[1]);
    at += match[0].length;
  }
  return [texts, at];
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

interface Client {
  readonly virtual_host?: string | undefined;
  readonly client?: string | undefined;
  readonly identity?: string | undefined;
  readonly user?: string | undefined;
  /** All addresses, if there is more than one. */
  readonly forwarded?: string | undefined;
}

/** `[host[:port]] client[, proxy …] identity user`; the user's name may contain spaces. */
function clientOf(text: string): Client | undefined {
  const names = text.split(/ +/);
  const hasHost = names.length > 3 && names[1] !== '-' && isVirtualHost(names[0], names[1]);
  // A format that starts with the forwarded address has a dash if there is none.
  const start = hasHost || (names[0] === '-' && isAddress(names[1])) ? 1 : 0;
  let end = start;
  while (names[end]?.endsWith(',') === true) end++;
  if (isAddress(names[end]) && isAddress(names[end + 1])) end++;
  const addresses = names.slice(start, end + 1);
  const [identity, ...user] = names.slice(end + 1);
  if (user.length === 0) return undefined;
  return {
    virtual_host: hasHost ? names[0] : undefined,
    client: addresses[0]?.replace(/,$/, ''),
    identity,
    user: user.join(' '),
    forwarded: addresses.length > 1 ? addresses.join(' ') : undefined,
  };
}

function isVirtualHost(name = '', next = ''): boolean {
  return VIRTUAL_HOST.test(name) || (HOST_NAME.test(name) && isAddress(next));
}

function isAddress(name = ''): boolean {
  return ADDRESS.test(name);
}

/** The text after the user agent: addresses of proxies in nginx's `main`, else a compression ratio. */
function afterAgent(more: string | undefined, forwarded: string | undefined): Event {
  if (more !== undefined && /^\d+\.\d+$/.test(more)) return { forwarded_for: forwarded, compression: more };
  const addresses = [forwarded, more].filter((one) => one !== undefined && one !== '' && one !== '-');
  return { forwarded_for: addresses.join(', ') };
}

/** The instant of the parts of `dd/LLL/yyyy:HH:mm:ss ZZZ`. */
export function commonTime(
  [, day, month = '', year, clock]: readonly string[],
  zone: Zone,
): Instant | undefined {
  return readIso(`${year}-${String(monthOf(month)).padStart(2, '0')}-${day}T${clock}`, zone);
}

export function timeOf(instant: Instant | undefined): string | undefined {
  return instant === undefined ? undefined : isoText(instant);
}

/** Removes unknown and empty parts. */
export function given(parts: Event): Event {
  return Object.fromEntries(
    Object.entries(parts).filter(([, value]) => value !== undefined && value !== '-' && value !== ''),
  );
}
