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
  // VRL knows names only; JavaScript takes `+02:00` too.
  const zone = /^[A-Za-z]/.test(name) ? ianaZone(name) : undefined;
  if (zone === undefined) throw new VrlError(`unable to parse timezone: ${name}`);
  zones.set(name, zone);
  return zone;
}

/** @throws VrlError if there is no such zone */
export function requireZone(name: string): void {
  zoneOf(name);
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

const NEAR_MS = 14 * 3_600_000;

/**
 * The time in ms since 1970 of a clock in that zone; undefined if the clock never showed it, or did twice,
 * at a change to or from summer time.
 *
 * @param local as if the clock showed UTC
 */
export function utcOf(local: number, name: string): number | undefined {
  const zone = zoneOf(name);
  const [before, after] = [zone.offset(local - NEAR_MS), zone.offset(local + NEAR_MS)];
  if (before === after) return local - before * 60_000;
  const found = [before, after].filter((offset) => zone.offset(local - offset * 60_000) === offset);
  return found.length === 1 ? local - (found[0] ?? 0) * 60_000 : undefined;
}
