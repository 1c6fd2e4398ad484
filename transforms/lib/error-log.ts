import type { Zone } from 'luxon';
import { type Instant, civilTime, instantOf, monthOf } from './time/instant.ts';
import { readIso } from './time/iso8601.ts';
import { commonTime, given, timeOf } from './access-log.ts';
import type { Event } from 'logweir';

const NGINX_ERROR =
  /^(\d{4})\/(\d{2})\/(\d{2}) (\d{2}):(\d{2}):(\d{2}) \[([a-z]+)\] (\d+)#(\d+): (?:\*(\d+) )?(.*)$/s;
/** The start of nginx's details after the error. */
const NGINX_CLIENT = /, client: ([^,]*)(?:, server: ([^,]*))?/g;
/** In this order, each of which may be missing. */
const NGINX_QUOTED = ['request', 'subrequest', 'upstream', 'host', 'referrer'];
/** Requests may contain unescaped quotes. */
const NGINX_QUOTE_END = new RegExp(String.raw`"(?=$|, (?:${NGINX_QUOTED.join('|')}): ")`, 'g');
const NGINX_LIMIT = /, excess: (\d+\.\d+),? by zone "([^"]*)"$/;

/** Module and level, process and thread; 2.2 has only the level. */
const APACHE_ERROR =
  /^(?:\[([^\][]{10,60})\] )?\[(?:([\w.-]*):)?(emerg|alert|crit|error|warn|notice|info|debug|trace[1-8])\] (?:\[pid (\d+)(?::tid (\d+))?\] )?/;
/** The client follows the system error, if there is one. */
const APACHE_CLIENT = /^(\(\d+\)[^:[\]]{1,200}: )?\[client ([^\][\s]{1,100})\] ?/;
const APACHE_TIME =
  /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,40}))? (\d{4})$/;
const COMMON_TIME = /^(\d{2})\/([A-Za-z]{3})\/(\d{4}):(\d{2}:\d{2}:\d{2}(?:\.\d{1,40})?(?: [+-]\d{4})?)$/;
const REFERRER = ', referer: ';

/** A line of nginx's error log. */
export function parseNginxError(text: string, zone: Zone): Event | undefined {
  const match = NGINX_ERROR.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, severity, pid, tid, connection, error = ''] = match;
  const time = instantOf(civilTime([year, month, day], [hour, minute, second]), zone);
  return given({
    time: timeOf(time),
    severity,
    pid: Number(pid),
    tid: Number(tid),
    connection: connection === undefined ? undefined : Number(connection),
    ...nginxDetails(error.trimEnd()),
  });
}

/** If the details do not have nginx's format, the whole text is the error. */
function nginxDetails(text: string): Event {
  const details = detailsOf(text);
  const before = details === undefined ? text : text.slice(0, details.start);
  const [limited, excess, zone] = NGINX_LIMIT.exec(before) ?? [];
  return {
    error: limited === undefined ? before : before.slice(0, -limited.length),
    excess: excess === undefined ? undefined : Number(excess),
    zone,
    ...details?.parts,
  };
}

function detailsOf(text: string): { start: number; parts: Event } | undefined {
  NGINX_CLIENT.lastIndex = 0;
  const head = NGINX_CLIENT.exec(text);
  if (head === null) return undefined;
  const [, client, server] = head;
  const parts: Event = { client, server };
  let at = NGINX_CLIENT.lastIndex;
  for (const name of NGINX_QUOTED) {
    const opening = `, ${name}: "`;
    if (!text.startsWith(opening, at)) continue;
    NGINX_QUOTE_END.lastIndex = at + opening.length;
    const end = NGINX_QUOTE_END.exec(text)?.index;
    if (end === undefined) return undefined;
    parts[name] = text.slice(at + opening.length, end);
    at = end + 1;
  }
  return at === text.length ? { start: head.index, parts } : undefined;
}

/** A line of Apache's error log, of 2.2 or 2.4. */
export function parseApacheError(text: string, zone: Zone): Event | undefined {
  const head = APACHE_ERROR.exec(text);
  if (head === null) return undefined;
  const [whole, stamp, module, severity, pid, tid] = head;
  // In syslog there is no time; the module and process distinguish the line from other text that starts with
  // a level.
  const shape = stamp === undefined ? { time: undefined } : apacheTime(stamp, zone);
  if (shape === undefined || (stamp === undefined && (module === undefined || pid === undefined)))
    return undefined;
  const rest = text.slice(whole.length);
  const client = APACHE_CLIENT.exec(rest);
  const message = client === null ? rest : `${client[1] ?? ''}${rest.slice(client[0].length)}`;
  const referrerAt = message.lastIndexOf(REFERRER);
  return given({
    time: timeOf(shape.time),
    module,
    severity,
    pid: pid === undefined ? undefined : Number(pid),
    tid: tid === undefined ? undefined : Number(tid),
    ...addressParts(client?.[2], pid !== undefined),
    error: referrerAt === -1 ? message : message.slice(0, referrerAt),
    referrer: referrerAt === -1 ? undefined : message.slice(referrerAt + REFERRER.length),
  });
}

/** @returns undefined if it does not look like a time; without `time` if that time does not exist */
function apacheTime(text: string, zone: Zone): { time: Instant | undefined } | undefined {
  const own = APACHE_TIME.exec(text);
  if (own !== null) {
    const [, month = '', day, hour, minute, second, fraction, year] = own;
    return {
      time: instantOf(civilTime([year, monthOf(month), day], [hour, minute, second, fraction]), zone),
    };
  }
  const common = COMMON_TIME.exec(text);
  if (common !== null) return { time: commonTime(common, zone) };
  return /^\d{4}-\d{2}-\d{2}[T ]/.test(text) ? { time: readIso(text, zone) } : undefined;
}

/** 2.4 writes the port after each address, 2.2 after none: for an IPv6 address alone this is ambiguous. */
function addressParts(address: string | undefined, hasProcess: boolean): Event {
  const [, client, port] = /^(.+):(\d{1,5})$/.exec(address ?? '') ?? [];
  if (client === undefined || (!hasProcess && client.includes(':'))) return { client: address };
  return { client, port: Number(port) };
}
