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

/** Longer names than the RFC allows are taken too: those of a swarm's containers are. */
const RFC5424 =
  /^<(\d{1,3})>([1-9]\d{0,2}) (\S{1,64}) (\S{1,255}) (\S{1,255}) (\S{1,255}) (\S{1,255}) ([-[])/;
/** Of RFC 3339 to the letter, which Elasticsearch reads too: without midnight at the end of a day, and offsets beyond 18 hours. */
const STRICT_TIME =
  /^\d{4}-\d{2}-\d{2}T(?!24)\d{2}:\d{2}:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-7]):\d{2}|[+-]18:00)$/;

const PRIORITY = /<(\d{1,3})>/y;
/** With the year that Cisco writes, and its mark of a clock that is not set. */
const BSD_TIME =
  /[*.]?([A-Za-z]{3}) {1,2}(\d{1,2})(?: (\d{4}))? (\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,40}))?:?(?= |$)/y;
/** As rsyslog writes it in files since Debian 12 and Ubuntu 24.04, and when it forwards. */
const ISO_TIME =
  /(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,40})?(?:Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?):?(?= |$)/iy;
/** Behind the time, as FreeBSD's syslogd writes it with `-v`. */
const MARKED_PRIORITY = /<([a-z]{2,12}\d?|\d{1,2})\.([a-z]{3,7}|\d)>(?= )/y;
/** Behind the host, as BusyBox's syslogd writes it. */
const BARE_PRIORITY = /([a-z]{2,12}\d?)\.([a-z]{3,7}) /y;
/**
 * A tag says its process in brackets, or ends in a colon and a space: a URL is none, and neither is an address, with a port or without.
 * The names of modules have colons within.
 */
const TAG =
  /(?![\da-f:]{0,40}::[\da-f:]{0,40} )([^\s:[\]"=]{1,255}(?:::?[A-Za-z_][^\s:[\]"=]{0,80}){0,8})(?:\[([^\]]{0,128})\]: ?|\[(\d{1,10})\] | \[(\d{1,10})\]: ?|:(?: |$))/y;
const HOST = /([^\s[\]"=<>]{0,254}[^\s:[\]"=<>])(?: |$)/y;
const LEVEL = /^(?:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|alert|emerg)$/i;

/**
 * @param recordTime of the record, in ms: what a missing year is taken from
 * @param zone of times that do not say theirs
 * @returns undefined where it is neither RFC 5424 nor RFC 3164, or of a time that does not exist
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

/** A time that RFC 3339 and Elasticsearch know stays as it was written, with its offset. */
function timeText(written: string, instant: Instant | undefined): string | undefined {
  if (instant === undefined) return undefined;
  return STRICT_TIME.test(written) ? written : isoText(instant);
}

/** https://www.rfc-editor.org/rfc/rfc3164#section-4, and what is sent in its name */
function parse3164(text: string, recordTime: number, zone: Zone): Event | undefined {
  const priority = at(PRIORITY, text, 0);
  const start = priority?.[0].length ?? 0;
  const time = bsdTime(text, start, recordTime, zone) ?? isoTime(text, start, zone);
  if (time === undefined) return undefined;
  const marked = namedPriority(MARKED_PRIORITY, text, pastSpaces(text, time.end));
  const header = headerAt(text, marked?.end ?? time.end);
  if (header === undefined || (priority === undefined && !isWritten(time, header))) return undefined;
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

/** Whether a line without a priority is one that a syslog daemon has written: many a log that is none begins with a time in ISO 8601. */
function isWritten(time: Stamp, { hostname, appname, procid }: Header): boolean {
  if (time.form === 'bsd') return true;
  if (appname === undefined || LEVEL.test(hostname ?? appname)) return false;
  return time.form === 'rfc3339' || procid !== undefined;
}

interface Stamp {
  /** Undefined where the year is missing, and the record knows no time either. */
  readonly text: string | undefined;
  readonly end: number;
  /** The daemons write a `T` and no colon behind the time; most other programs do not. */
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
  const [whole, written = ''] = match;
  const time = timeText(written, readIso(written, zone));
  const form = written === whole && /t/i.test(written) ? 'rfc3339' : 'iso';
  return time === undefined ? undefined : { text: time, end: start + whole.length, form };
}

interface Header {
  readonly hostname?: string | undefined;
  readonly appname?: string | undefined;
  readonly procid?: string | undefined;
  readonly priorities?: Event | undefined;
  readonly message: string;
}

/** Host, tag and message, each of which may be missing. @returns undefined where nothing stands behind the time */
function headerAt(text: string, from: number): Header | undefined {
  const start = pastSpaces(text, from);
  if (start === text.length) return undefined;
  const own = tagAt(text, start);
  if (own !== undefined) return own;
  const host = at(HOST, text, start);
  if (host === undefined) return { message: text.slice(from + 1) };
  const end = start + host[0].length;
  // Cisco's ASA puts a colon between its name and the tag.
  const behind = pastSpaces(text, text.startsWith(': ', end) ? end + 2 : end);
  const hostname = host[1] === '-' ? undefined : host[1];
  const bare = namedPriority(BARE_PRIORITY, text, behind);
  const rest = tagAt(text, bare?.end ?? behind) ?? { message: text.slice(bare?.end ?? end) };
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

/** Without the byte order mark that RFC 5424 wants before a message in UTF-8, and Windows before anything. */
function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function prioritiesOf(priority: string | undefined): Event {
  const value = Number(priority);
  const facility = FACILITIES[value >> 3];
  return facility === undefined ? {} : { facility, severity: SEVERITIES[value & 7] };
}

/** `auth.info` or `4.6`. @returns undefined where there is no such facility or severity */
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
