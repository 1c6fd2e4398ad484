import type { Zone } from 'luxon';
import { instantNear } from './time/from-record.ts';
import { type Instant, civilTime, instantOf, isoText, monthOf } from './time/instant.ts';
import { readIso } from './time/iso8601.ts';
import type { Event } from 'logweir';
import { structuredData } from './structured-data.ts';

const FACILITIES =
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp security console solaris-cron local0 local1 local2 local3 local4 local5 local6 local7'.split(
    ' ',
  );
const SEVERITIES = 'emerg alert crit err warning notice info debug'.split(' ');
const OTHER_NAMES = new Map([
  ['panic', 'emerg'],
  ['error', 'err'],
  ['warn', 'warning'],
]);

/** Accepts longer names than the RFC allows, such as those of a swarm's containers. */
const RFC5424 =
  /^<(\d{1,3})>([1-9]\d{0,2}) (\S{1,64}) (\S{1,255}) (\S{1,255}) (\S{1,255}) (\S{1,255}) ([-[])/;
/** Strict RFC 3339, as in Elasticsearch: without 24:00, and without offsets beyond 18 hours. */
const STRICT_TIME =
  /^\d{4}-\d{2}-\d{2}T(?!24)\d{2}:\d{2}:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-7]):\d{2}|[+-]18:00)$/;

const PRIORITY = /<(\d{1,3})>/y;
/** With Cisco's year, and its mark of a clock that is not set. */
const BSD_TIME =
  /[*.]?([A-Za-z]{3}) {1,2}(\d{1,2})(?: (\d{4}))? (\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,40}))?:?(?= |$)/y;
/** As rsyslog writes it to files since Debian 12 and Ubuntu 24.04, and when it forwards. */
const ISO_TIME =
  /(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,40})?(?:Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?):?(?= |$)/iy;
/** After the time, as FreeBSD's syslogd writes it with `-v`. */
const MARKED_PRIORITY = /<([a-z]{2,12}\d?|\d{1,2})\.([a-z]{3,7}|\d)>(?= )/y;
/** After the host, as BusyBox's syslogd writes it. */
const BARE_PRIORITY = /([a-z]{2,12}\d?)\.([a-z]{3,7}) /y;
/**
 * A tag has its process in brackets, or ends with a colon and a space. URLs and addresses, with or without a
 * port, are not tags. The names of modules contain colons.
 */
const TAG =
  /(?![\da-f:]{0,40}::[\da-f:]{0,40} )([^\s:[\]"=]{1,255}(?:::?[A-Za-z_][^\s:[\]"=]{0,80}){0,8})(?:\[([^\]]{0,128})\]: ?|\[(\d{1,10})\] | \[(\d{1,10})\]: ?|:(?: |$))/y;
const HOST = /([^\s[\]"=<>]{0,254}[^\s:[\]"=<>])(?: |$)/y;
const LEVEL = /^(?:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|alert|emerg)$/i;

/**
 * @param recordTime the timestamp of the record in ms, for a missing year
 * @param zone the zone of times without one
 * @returns undefined if the text is neither RFC 5424 nor RFC 3164, or its time does not exist
 */
export function parseSyslog(text: string, recordTime: number, zone: Zone): Event | undefined {
  const line = withoutMark(text);
  return parse5424(line, zone) ?? parse3164(line, recordTime, zone);
}

/** https://www.rfc-editor.org/rfc/rfc5424#section-6 */
function parse5424(text: string, zone: Zone): Event | undefined {
  const match = RFC5424.exec(text);
  if (match === null) return undefined;
  const [head, priority, version, time = '-', hostname, appname, procid, msgid] = match;
  const timestamp = time === '-' ? '-' : timeText(time, readIso(time, zone));
  const data = timestamp === undefined ? undefined : structuredData(text, head.length - 1);
  if (data === undefined) return undefined;
  const given = { timestamp, hostname, appname, procid, msgid };
  const parts = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== '-'));
  return {
    ...prioritiesOf(priority),
    version: Number(version),
    ...parts,
    ...(Object.keys(data.elements).length === 0 ? {} : { structured_data: data.elements }),
    message: withoutMark(text.slice(text[data.end] === ' ' ? data.end + 1 : data.end)),
  };
}

/** A time that is valid for RFC 3339 and Elasticsearch is kept as it is, with its offset. */
function timeText(raw: string, instant: Instant | undefined): string | undefined {
  if (instant === undefined) return undefined;
  return STRICT_TIME.test(raw) ? raw : isoText(instant);
}

/** https://www.rfc-editor.org/rfc/rfc3164#section-4, and common deviations from it */
function parse3164(text: string, recordTime: number, zone: Zone): Event | undefined {
  const priority = at(PRIORITY, text, 0);
  const start = priority?.[0].length ?? 0;
  const time = bsdTime(text, start, recordTime, zone) ?? isoTime(text, start, zone);
  if (time === undefined) return undefined;
  const marked = namedPriority(MARKED_PRIORITY, text, pastSpaces(text, time.end));
  const header = headerAt(text, marked?.end ?? time.end);
  if (header === undefined || (priority === undefined && !isFromDaemon(time, header))) return undefined;
  const { message, priorities, ...names } = header;
  const given = { timestamp: time.text, ...names };
  const parts = Object.entries(given).filter(([, value]) => value !== undefined && value !== '');
  return {
    ...(marked?.priorities ?? priorities),
    ...(priority === undefined ? {} : prioritiesOf(priority[1])),
    ...Object.fromEntries(parts),
    message: withoutMark(message),
  };
}

/** Whether a syslog daemon wrote a line without a priority: other logs start with ISO 8601 times too. */
function isFromDaemon(time: Stamp, { hostname, appname, procid }: Header): boolean {
  if (time.form === 'bsd') return true;
  if (appname === undefined || LEVEL.test(hostname ?? appname)) return false;
  return time.form === 'rfc3339' || procid !== undefined;
}

interface Stamp {
  /** Undefined if the year is missing and the record has no time. */
  readonly text: string | undefined;
  readonly end: number;
  /** `rfc3339` has a `T` and no colon after the time: daemons write it, most other programs do not. */
  readonly form: 'bsd' | 'rfc3339' | 'iso';
}

function bsdTime(text: string, start: number, recordTime: number, zone: Zone): Stamp | undefined {
  const match = at(BSD_TIME, text, start);
  if (match === undefined) return undefined;
  const [whole, name = '', day, year, hour, minute, second, fraction = ''] = match;
  // The year 2000 has a 29 February.
  const time = civilTime([year ?? 2000, monthOf(name), day], [hour, minute, second, fraction]);
  const end = start + whole.length;
  const instant = instantOf(time, zone);
  if (instant === undefined) return undefined;
  if (year !== undefined) return { text: isoText(instant), end, form: 'bsd' };
  const near = instantNear(recordTime, 'year', (one) => instantOf({ ...time, year: one }, zone));
  return { text: near === undefined ? undefined : isoText(near), end, form: 'bsd' };
}

function isoTime(text: string, start: number, zone: Zone): Stamp | undefined {
  const match = at(ISO_TIME, text, start);
  if (match === undefined) return undefined;
  const [whole, raw = ''] = match;
  const time = timeText(raw, readIso(raw, zone));
  const form = raw === whole && /t/i.test(raw) ? 'rfc3339' : 'iso';
  return time === undefined ? undefined : { text: time, end: start + whole.length, form };
}

interface Header {
  readonly hostname?: string | undefined;
  readonly appname?: string | undefined;
  readonly procid?: string | undefined;
  readonly priorities?: Event | undefined;
  readonly message: string;
}

/** Host, tag and message, each of which may be missing. @returns undefined if nothing follows the time */
function headerAt(text: string, from: number): Header | undefined {
  const start = pastSpaces(text, from);
  if (start === text.length) return undefined;
  const own = tagAt(text, start);
  if (own !== undefined) return own;
  const host = at(HOST, text, start);
  if (host === undefined) return { message: text.slice(from + 1) };
  const end = start + host[0].length;
  // Cisco's ASA puts a colon between its name and the tag.
  const next = pastSpaces(text, text.startsWith(': ', end) ? end + 2 : end);
  const hostname = host[1] === '-' ? undefined : host[1];
  const bare = namedPriority(BARE_PRIORITY, text, next);
  const rest = tagAt(text, bare?.end ?? next) ?? { message: text.slice(bare?.end ?? end) };
  return { hostname, priorities: bare?.priorities, ...rest };
}

function tagAt(text: string, start: number): Header | undefined {
  const tag = at(TAG, text, start);
  if (tag === undefined) return undefined;
  const [whole, appname, ...processes] = tag;
  return {
    appname,
    procid: processes.find((one) => one !== undefined),
    message: text.slice(start + whole.length),
  };
}

function at(pattern: RegExp, text: string, index: number): RegExpExecArray | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text) ?? undefined;
}

function pastSpaces(text: string, from: number): number {
  let index = from;
  while (text[index] === ' ') index++;
  return index;
}

/** Removes the byte order mark, which RFC 5424 requires before UTF-8, and Windows writes before any text. */
function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function prioritiesOf(priority: string | undefined): Event {
  const value = Number(priority);
  const facility = FACILITIES[value >> 3];
  return facility === undefined ? {} : { facility, severity: SEVERITIES[value & 7] };
}

/** `auth.info` or `4.6`. @returns undefined if there is no such facility or severity */
function namedPriority(
  pattern: RegExp,
  text: string,
  index: number,
): { priorities: Event; end: number } | undefined {
  const [whole, first = '', second = ''] = at(pattern, text, index) ?? [];
  if (whole === undefined) return undefined;
  const facility = FACILITIES.includes(first) ? first : FACILITIES[Number(first)];
  const name = OTHER_NAMES.get(second) ?? second;
  const severity = SEVERITIES.includes(name) ? name : SEVERITIES[Number(second)];
  if (facility === undefined || severity === undefined) return undefined;
  return { priorities: { facility, severity }, end: index + whole.length };
}
