import { formatTime } from './strftime.ts';
import { parseTime } from './strptime.ts';
import { floorDivide, Timestamp } from './timestamp.ts';
import { asInteger, asString, asTimestamp, isNull } from './types.ts';
import { checked, VrlError } from './values.ts';
import { requireZone } from './zone.ts';

interface ZoneOption {
  /** An IANA name, or `local`. */
  readonly timezone?: unknown;
}

export function now(): Timestamp {
  return Timestamp.ofMs(Date.now());
}

function zoneName({ timezone }: ZoneOption): string {
  return timezone === undefined || isNull(timezone) ? 'UTC' : asString(timezone);
}

/** @param format of strftime */
export function parseTimestamp(value: unknown, format: unknown, options: ZoneOption = {}): Timestamp {
  if (value instanceof Timestamp) return value;
  const zone = zoneName(options);
  requireZone(zone);
  return parseTime(asString(value), asString(format), zone);
}

/** @param format of strftime */
export function formatTimestamp(value: unknown, format: unknown, options: ZoneOption = {}): string {
  return formatTime(asTimestamp(value), asString(format), zoneName(options));
}

const NS: Readonly<Record<string, bigint>> = {
  seconds: 1_000_000_000n,
  milliseconds: 1_000_000n,
  microseconds: 1000n,
  nanoseconds: 1n,
};

function nsOf(unit: unknown): bigint {
  const found = NS[asString(unit)];
  if (found === undefined) throw new VrlError(`invalid unit ${asString(unit)}`);
  return found;
}

/** @param unit `seconds`, `milliseconds`, `microseconds` or `nanoseconds` */
export function toUnixTimestamp(value: unknown, unit: unknown = 'seconds'): number | bigint {
  return checked(floorDivide(asTimestamp(value).ns, nsOf(unit)));
}

/** @param unit `seconds`, `milliseconds`, `microseconds` or `nanoseconds` */
export function fromUnixTimestamp(value: unknown, unit: unknown = 'seconds'): Timestamp {
  const time = new Timestamp(BigInt(asInteger(value)) * nsOf(unit));
  if (Math.abs(time.ms) > 8.64e15) throw new VrlError(`unable to coerce ${String(value)} into timestamp`);
  return time;
}
