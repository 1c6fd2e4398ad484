/** The trace context of a record, as its producer wrote it into the header `traceparent`. */
export interface TraceContext {
  /** 32 hexadecimal digits in lower case, not all zero. */
  readonly traceId: string;
  /** 16 hexadecimal digits in lower case, not all zero. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

/** `00-<trace id>-<span id>-<flags>`. */
const LENGTH = 55;
/** A later version may append fields. A longer value is no traceparent, whatever its version. */
const LENGTH_MAX = 512;
const FIELDS = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-|$)/;
const ZEROS = /^0+$/;
const SAMPLED = 0x01;

/**
 * Parses a `traceparent` by the rules of W3C Trace Context: lower case only, no white space, version 00 with
 * exactly four fields, ff never, later versions with four fields and further ones after another hyphen.
 *
 * @returns null if it is not valid
 */
export function parseTraceparent(value: Buffer): TraceContext | null {
  if (value.length < LENGTH || value.length > LENGTH_MAX) return null;
  // One character for each byte: a byte that is no ASCII matches nothing.
  const fields = FIELDS.exec(value.toString('latin1'));
  if (fields === null) return null;
  const [, version = '', traceId = '', spanId = '', flags = ''] = fields;
  if (version === 'ff' || (version === '00' && value.length !== LENGTH)) return null;
  if (ZEROS.test(traceId) || ZEROS.test(spanId)) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}
