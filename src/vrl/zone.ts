import { FixedOffsetZone, SystemZone, type Zone } from 'luxon';
import { ianaZone } from '../../transforms/lib/time/zone.ts';
import { BoundedMap } from '../memory/bounded-map.ts';
import type { Timestamp } from './timestamp.ts';
import { VrlError } from './values.ts';

/** By IANA name, of which there are about 600. */
const zones = new BoundedMap<string, Zone>(1000);

function zoneOf(name: string): Zone {
  if (name === 'local') return SystemZone.instance;
  if (name === 'UTC') return FixedOffsetZone.utcInstance;
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = ianaZone(name);
  if (zone === undefined) throw new VrlError(`unable to parse timezone: ${name}`);
  zones.set(name, zone);
  return zone;
}

/** Seconds east of Greenwich. @param name of the zone, from IANA, or `local` */
export function offsetAt(time: Timestamp, name: string): number {
  return zoneOf(name).offset(time.ms) * 60;
}

/** `UTC`, `CET`, or `+02:00`. This is slow. */
export function abbreviationAt(time: Timestamp, name: string): string {
  const zone = zoneOf(name);
  const found = zone.offsetName(time.ms, { format: 'short', locale: 'en-US' }) ?? '';
  return /^[A-Z]+$/.test(found) ? found : zone.formatOffset(time.ms, 'short');
}

/** The time in ms since 1970 of a clock in that zone. @param local as if the clock showed UTC */
export function utcOf(local: number, name: string): number {
  const zone = zoneOf(name);
  const guess = local - zone.offset(local) * 60_000;
  return local - zone.offset(guess) * 60_000;
}
