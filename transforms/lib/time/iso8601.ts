import { DateTime, type Zone } from 'luxon';
import { type Instant, civilTime, instantOf, instantOfLuxon, offsetOf } from './instant.ts';
import { zoneOf } from './zone.ts';

const CLOCK = String.raw`(\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,40}))?)?)?`;
const BASIC_CLOCK = String.raw`(\d{2})(?:(\d{2})(?:(\d{2})(?:[.,](\d{1,40}))?)?)?`;
/** An offset, followed by the name of its zone as in Go and Ruby, or in brackets as in Java. */
const ZONE = String.raw` ?(?:(z|utc|gmt)|([+-])(\d{2})(?::?(\d{2}))?(?: [a-z]{2,5})?)?(?:\[([\w/+-]{1,64})\])?`;
const EXTENDED = new RegExp(String.raw`^(\d{4})-(\d{2})-(\d{2})(?:(?:t| {1,2})${CLOCK}${ZONE})?$`, 'i');
const BASIC = new RegExp(String.raw`^(\d{4})(\d{2})(\d{2})(?:t${BASIC_CLOCK}${ZONE})?$`, 'i');
/** A week, a day of the year, or a month: with a year, so that the current date is not used. */
const OTHER_DATE = /^\d{4}-(?:W\d{2}(?:-\d)?|\d{3}|\d{2})(?:T|$)|^\d{4}W\d{2}/;

const LENGTH_MAX = 100;

/**
 * Reads RFC 3339 and similar notations: a space for the `T`, a space before the offset, `+01`, `+0100`,
 * `UTC`, a comma for the point, no seconds, no clock, no dashes and colons; weeks and days of the year as in
 * ISO 8601. A text without a full year, month and day is rejected: `12` and `08:26` are ambiguous.
 *
 * @param zone the zone of a time without an offset
 */
export function readIso(text: string, zone: Zone): Instant | undefined {
  if (text.length > LENGTH_MAX) return undefined;
  const match = EXTENDED.exec(text) ?? BASIC.exec(text);
  if (match === null) return OTHER_DATE.test(text) ? readOther(text, zone) : undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = match;
  const [utc, sign, hours = '', minutes, name] = match.slice(8);
  const inZone = name === undefined ? zone : zoneOf(name);
  const offset = sign === undefined ? 0 : offsetOf(sign, hours, minutes);
  if (inZone === undefined || offset === undefined) return undefined;
  // Midnight at the end of a day, which exists only in ISO 8601.
  const isEndOfDay = hour === '24' && /^0+$/.test(`${minute}${second}${fraction}`);
  const clock = isEndOfDay ? ([23, 59, 60, fraction] as const) : ([hour, minute, second, fraction] as const);
  const isLocal = utc === undefined && sign === undefined;
  return instantOf(civilTime([year, month, day], clock, isLocal ? undefined : offset), inZone);
}

function readOther(text: string, zone: Zone): Instant | undefined {
  return instantOfLuxon(DateTime.fromISO(text, { zone, setZone: true }));
}
