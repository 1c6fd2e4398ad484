const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1_000_000_000n;

/** A point in time. Its JSON is RFC 3339 with 0, 3, 6 or 9 digits of the second, as VRL writes it. */
export class Timestamp {
  /** Nanoseconds since 1970. */
  readonly ns: bigint;

  constructor(ns: bigint) {
    this.ns = ns;
    Object.freeze(this);
  }

  static ofMs(ms: number): Timestamp {
    return new Timestamp(BigInt(Math.trunc(ms)) * NS_PER_MS);
  }

  /** Milliseconds since 1970, rounded down. */
  get ms(): number {
    return Number(floorDivide(this.ns, NS_PER_MS));
  }

  /** Seconds since 1970, rounded down. */
  get seconds(): bigint {
    return floorDivide(this.ns, NS_PER_S);
  }

  /** The nanoseconds after {@link seconds}. */
  get nanosecond(): number {
    return Number(this.ns - this.seconds * NS_PER_S);
  }

  toString(): string {
    // JavaScript writes years beyond four digits with six.
    const whole = new Date(Number(this.seconds) * 1000).toISOString().slice(0, -'.000Z'.length);
    return `${whole.replace(/^([+-])0*(?=\d{4})/, '$1')}${fraction(this.nanosecond)}Z`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** The fewest of 0, 3, 6 and 9 digits that say all, with their point. */
export function fraction(nanosecond: number): string {
  if (nanosecond === 0) return '';
  const digits = String(nanosecond).padStart(9, '0');
  if (digits.endsWith('000000')) return `.${digits.slice(0, 3)}`;
  return `.${digits.endsWith('000') ? digits.slice(0, 6) : digits}`;
}

export function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
}

/** The value of a timestamp where parsing failed: VRL's default. */
export const EPOCH = new Timestamp(0n);

/** A literal: `timestamp('2026-01-02T03:04:05Z')` is `t'2026-01-02T03:04:05Z'`. */
export function timestampLiteral(text: string): Timestamp {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)$/i.exec(text);
  const ms = found === null ? Number.NaN : Date.parse(`${found[1] ?? ''}${found[3] ?? ''}`);
  if (Number.isNaN(ms)) throw new TypeError(`'${text}' is no timestamp of RFC 3339`);
  return new Timestamp(BigInt(ms) * NS_PER_MS + BigInt((found?.[2] ?? '').padEnd(9, '0')));
}
