import { define } from '../codec/field-path.ts';
import type { Event } from './api.ts';

const FACILITIES =
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ntp security console solaris-cron local0 local1 local2 local3 local4 local5 local6 local7'.split(
    ' ',
  );
const SEVERITIES = 'emerg alert crit err warning notice info debug'.split(' ');
/** As logs write them in English. */
export const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

const RFC5424 = /^<(\d{1,3})>(\d{1,2}) (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) ([-[])/;
const RFC3164 =
  /^(?:<(\d{1,3})>)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (\S{1,255}) (?:([^\s:[\]]{1,48})(?:\[([^\]]{1,128})\])?: ?)?/;

/**
 * @param recordTime of the record, in ms: RFC 3164 has no year, and gets the one that brings it nearest
 * @returns undefined where it is neither RFC 5424 nor RFC 3164
 */
export function parseSyslog(text: string, recordTime: number): Event | undefined {
  return parse5424(text) ?? parse3164(text, recordTime);
}

/** https://www.rfc-editor.org/rfc/rfc5424#section-6 */
function parse5424(text: string): Event | undefined {
  const match = RFC5424.exec(text);
  if (match === null) return undefined;
  const [head, priority, version, timestamp, hostname, appname, procid, msgid] = match;
  const data = structuredData(text, head.length - 1);
  if (data === undefined) return undefined;
  const given = { timestamp, hostname, appname, procid, msgid };
  const parts = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== '-'));
  return {
    ...prioritiesOf(priority),
    version: Number(version),
    ...parts,
    ...(Object.keys(data.elements).length === 0 ? {} : { structured_data: data.elements }),
    message: text.slice(data.end).replace(/^ \uFEFF?/, ''),
  };
}

/** https://www.rfc-editor.org/rfc/rfc3164#section-4 */
function parse3164(text: string, recordTime: number): Event | undefined {
  const match = RFC3164.exec(text);
  if (match === null) return undefined;
  const [head, priority, monthName = '', day, hour, minute, second, hostname, appname, procid] = match;
  const month = MONTHS.indexOf(monthName);
  if (month === -1) return undefined;
  const timestamp = nearestYear(recordTime, (year) =>
    Date.UTC(year, month, Number(day), Number(hour), Number(minute), Number(second)),
  );
  return {
    ...(priority === undefined ? {} : prioritiesOf(priority)),
    timestamp: new Date(timestamp).toISOString(),
    hostname,
    ...(appname === undefined ? {} : { appname }),
    ...(procid === undefined ? {} : { procid }),
    message: text.slice(head.length),
  };
}

function nearestYear(recordTime: number, timeIn: (year: number) => number): number {
  const time = Math.max(0, recordTime);
  const year = new Date(time).getUTCFullYear();
  const candidates = [year - 1, year, year + 1].map(timeIn);
  return candidates.reduce((best, one) => (Math.abs(one - time) < Math.abs(best - time) ? one : best));
}

function prioritiesOf(priority: string | undefined): Event {
  const value = Number(priority);
  const facility = FACILITIES[value >> 3];
  return facility === undefined ? {} : { facility, severity: SEVERITIES[value & 7] };
}

/** `[id name="value" …][…]`, each character once. @returns undefined where it does not end */
function structuredData(text: string, start: number): { elements: Event; end: number } | undefined {
  const elements: Event = {};
  let at = start;
  if (text[at] === '-') return { elements, end: at + 1 };
  while (text[at] === '[') {
    const id = /[^\s=\]"]{1,32}/y;
    id.lastIndex = at + 1;
    const name = id.exec(text)?.[0];
    if (name === undefined) return undefined;
    at += 1 + name.length;
    const parameters: Event = {};
    while (text[at] === ' ') {
      const parameter = / {1,8}([^\s=\]"]{1,32})="((?:[^"\\\]]|\\.)*)"/sy;
      parameter.lastIndex = at;
      const match = parameter.exec(text);
      if (match === null) return undefined;
      define(parameters, match[1] ?? '', (match[2] ?? '').replaceAll(/\\(["\\\]])/g, '$1'));
      at += match[0].length;
    }
    if (text[at] !== ']') return undefined;
    define(elements, name, parameters);
    at++;
  }
  return { elements, end: at };
}
