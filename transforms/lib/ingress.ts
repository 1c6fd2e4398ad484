import type { Event } from 'logweir';

/** One value, or one of each server that was asked in turn: `a, b`, and `a : b` where nginx went on to another group. */
const EACH = String.raw`((?!: )[^\s,]+(?:(?:, | : )[^\s,]+)*)`;
const BEHIND = new RegExp(
  String.raw` (\d+) (\d+(?:\.\d+)?) \[([^\]]*)\] \[([^\]]*)\] ${EACH} ${EACH} ${EACH} ${EACH} (\S+)\s*$`,
  'y',
);

/**
 * What ingress-nginx writes behind the user agent by default, under the names of nginx's variables, as numbers where they are ones. Where
 * several servers were asked there is a list.
 *
 * @returns undefined where something else stands there
 */
export function ingressParts(text: string, from: number): Event | undefined {
  BEHIND.lastIndex = from;
  const match = BEHIND.exec(text);
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
