import type { Event } from 'logweir';

/** One value, or one per server that was tried: `a, b`, or `a : b` if nginx changed to another group. */
const EACH = String.raw`((?!: )[^\s,]+(?:(?:, | : )[^\s,]+)*)`;
const PARTS = new RegExp(
  String.raw` (\d+) (\d+(?:\.\d+)?) \[([^\]]*)\] \[([^\]]*)\] ${EACH} ${EACH} ${EACH} ${EACH} (\S+)\s*$`,
  'y',
);

/**
 * The values that ingress-nginx writes after the user agent by default, under the names of nginx's variables,
 * with numbers as numbers. The values of several servers become a list.
 *
 * @returns undefined for any other text
 */
export function ingressParts(text: string, from: number): Event | undefined {
  PARTS.lastIndex = from;
  const match = PARTS.exec(text);
  if (match === null) return undefined;
  const [, length, time, name, alternative, addresses, lengths, times, statuses, id] = match;
  return {
    request_length: Number(length),
    request_time: Number(time),
    proxy_upstream_name: name,
    proxy_alternative_upstream_name: alternative,
    upstream_addr: each(addresses, String),
    upstream_response_length: each(lengths, numberOf),
    upstream_response_time: each(times, numberOf),
    upstream_status: each(statuses, numberOf),
    req_id: id,
  };
}

function each<Value>(list = '', valueOf: (text: string) => Value): Value | Value[] | undefined {
  const values = list
    .split(/, | : /)
    .filter((one) => one !== '-')
    .map(valueOf);
  return values.length > 1 ? values : values[0];
}

function numberOf(text: string): number | string {
  return /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}
