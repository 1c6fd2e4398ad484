import { FixedOffsetZone, IANAZone, type Zone } from 'luxon';
import { z } from 'zod';
import { BoundedMap } from 'logweir';

const OFFSET = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?$/i;

/**
 * A zone by its IANA name, `utc`, or a fixed offset like `+01:00`. @returns undefined if there is no zone of
 * that name
 */
export function zoneOf(name: string): Zone | undefined {
  if (/^(?:utc|gmt|z)$/i.test(name)) return FixedOffsetZone.utcInstance;
  const [, sign, hours, minutes = '0'] = OFFSET.exec(name) ?? [];
  if (sign !== undefined) {
    const offset = Number(hours) * 60 + Number(minutes);
    return offset > 18 * 60 ? undefined : FixedOffsetZone.instance(sign === '-' ? -offset : offset);
  }
  return ianaZone(name);
}

/** The zone of an IANA name. Make it once: the check of the name is slow, and the zone caches its offsets. */
export function ianaZone(name: string): Zone | undefined {
  return IANAZone.isValidZone(name) ? new CachingZone(name) : undefined;
}

const HOUR_MS = 3_600_000;

/** Caches offsets: a lookup takes tens of microseconds, and lines read together have the same hours. */
class CachingZone extends IANAZone {
  /** By hour of UTC; only for hours without a change of the offset. */
  readonly #offsets = new BoundedMap<number, number>(1024);

  override offset(ms: number): number {
    const hour = Math.floor(ms / HOUR_MS);
    const known = this.#offsets.get(hour);
    if (known !== undefined) return known;
    const [start, end] = [super.offset(hour * HOUR_MS), super.offset((hour + 1) * HOUR_MS)];
    if (start !== end) return super.offset(ms);
    this.#offsets.set(hour, start);
    return start;
  }
}

/** The option of every transform that reads local times. */
export const zoneOption = z
  .string()
  .default('utc')
  .transform((name, context): Zone => {
    const zone = zoneOf(name);
    if (zone !== undefined) return zone;
    context.addIssue({
      code: 'custom',
      message: `'${name}' is not a time zone: write one like Europe/Berlin, +01:00 or utc`,
    });
    return z.NEVER;
  })
  .describe('The zone of times without one: like `Europe/Berlin`, `+01:00` or `utc`.');
