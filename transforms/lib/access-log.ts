import type { Zone } from 'luxon';
import { type Instant, isoText, monthOf } from './time/instant.ts';
import { readIso } from './time/iso8601.ts';
import type { Event } from 'logweir';
import { ingressParts } from './ingress.ts';

/** Java servers write the month in the language of the machine: the line is read, and has no time. */
const STAMP =
  /\[(\d{2})\/(\p{L}{1,12}\.?)\/(\d{4}):(\d{2}:\d{2}:\d{2}(?:\.\d{1,40})?(?: (?:[+-]\d{2}:?\d{2}|GMT|UTC))?)\] "/u;
/** The request, which escapes its quotes, status and size. Each class excludes what ends it, so a line is read once. */
const REQUEST = /([^"\\]*(?:\\.[^"\\]*)*)" (\d{3}|-) (\d+|-)(?!\S)/sy;
/** The end of a request that does not escape its quotes. */
const REQUEST_END = /" (\d{3}|-) (\d+|-)(?!\S)/g;
const QUOTED = / (?:-|"([^"\\]*(?:\\.[^"\\]*)*)")(?!\S)/sy;
/** With quotes in it that are not escaped. */
const LOOSELY_QUOTED = / "(.*?)"(?= ["-]|\s*$)/sy;

const REQUEST_LINE = /^([A-Za-z][\w-]{0,31}) (.*) ([A-Z]{2,8}\/\d{1,3}(?:\.\d{1,3})?)$/s;
/** Of HTTP/0.9, or cut short: without a protocol it needs a method in capitals and what may be a path. */
const BARE_REQUEST_LINE = /^([A-Z]{3,20}) (\/.*|\*|[^\s:]+:\S*)$/s;
/** A virtual host before the client, as Debian's `vhost_combined` has it; without a port it is one where an address follows. */
const VIRTUAL_HOST = /^[\w.-]+:\d{1,5}$/;
const HOST_NAME = /^(?!\d+(?:\.\d+){3}$)[\w.-]+$/;
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:]*:[\da-f.]*),?$/i;

/** A line of an access log in the common or combined format, with a virtual host before it, or addresses or what ingress-nginx writes behind it. */
export function parseAccess(text: string, zone: Zone): Event | undefined {
  const stamp = STAMP.exec(text);
  if (stamp === null) return undefined;
  const client = clientOf(text.slice(0, stamp.index).trim());
  const from = stamp.index + stamp[0].length;
  const parts = requestAt(text, from);
  if (client === undefined || parts === undefined) return undefined;
  const { request, status, bytes, end } = parts;
  const [[referrer, agent, more], behind] = quotedAt(text, end);
  const { forwarded, ...names } = client;
  return given({
    ...names,
    time: timeOf(commonTime(stamp, zone)),
    ...requestParts(request),
    status: status === '-' ? undefined : Number(status),
    bytes: bytes === '-' ? undefined : Number(bytes),
    referrer,
    agent,
    ...behindAgent(more, forwarded),
    ...ingressParts(text, behind),
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

/** What is no request line, as scanners send, is kept whole. A path may hold spaces. */
function requestParts(request: string): Event {
  const [, method, path = '', protocol] = REQUEST_LINE.exec(request) ?? BARE_REQUEST_LINE.exec(request) ?? [];
  return method === undefined ? { request } : { method, path: path.trim(), protocol };
}

/** Up to three texts in quotes, or `-` for those that are not known, and where they end. */
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
  /** All addresses, where there is more than one. */
  readonly forwarded?: string | undefined;
}

/** `[host[:port]] client[, proxy …] identity user`, of which the user's name may hold spaces. */
function clientOf(who: string): Client | undefined {
  const names = who.split(/ +/);
  const hasHost = names.length > 3 && names[1] !== '-' && isVirtualHost(names[0], names[1]);
  // A format that begins with the forwarded address has a dash where there is none.
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

/** What stands behind the user agent: nginx's `main` has the addresses that the request was forwarded for, others a ratio of compression. */
function behindAgent(more: string | undefined, forwarded: string | undefined): Event {
  if (more !== undefined && /^\d+\.\d+$/.test(more)) return { forwarded_for: forwarded, compression: more };
  const addresses = [forwarded, more].filter((one) => one !== undefined && one !== '' && one !== '-');
  return { forwarded_for: addresses.join(', ') };
}

/** Of the parts of `dd/LLL/yyyy:HH:mm:ss ZZZ`. */
export function commonTime(
  [, day, month = '', year, clock]: readonly string[],
  zone: Zone,
): Instant | undefined {
  return readIso(`${year}-${String(monthOf(month)).padStart(2, '0')}-${day}T${clock}`, zone);
}

export function timeOf(instant: Instant | undefined): string | undefined {
  return instant === undefined ? undefined : isoText(instant);
}

/** Without what the line says that it does not know. */
export function given(parts: Event): Event {
  return Object.fromEntries(
    Object.entries(parts).filter(([, value]) => value !== undefined && value !== '-' && value !== ''),
  );
}
