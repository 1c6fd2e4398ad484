/** E-mail addresses in text, as people, URLs, JSON and HTML write them. */

/** `@`, also escaped. */
const AT = /[@\uFF20]|%(?:25){0,4}40|\\u0040|&#64;|&#x40;|&commat;/gi;
/** A part of each of them, for a much faster first search. */
const SIGNS = ['@', '40', '\uFF20', '&#64', '&commat'];
const DOT = String.raw`(?:[.\u3002\uFF0E\uFF61]|%2e)`;
/** Latin letters first: in a script without spaces, the words after an address are not part of it. */
const DOMAIN = new RegExp(
  String.raw`(?:[\p{L}\p{M}\p{N}-]{1,63}${DOT}){1,32}(?:xn--[a-z0-9-]{1,59}|[a-z]{2,63}|[\p{L}\p{M}]{2,63})`,
  'iuy',
);
/** In characters, by RFC 5321. Includes adjacent text: in `…%26email%3Djane@a.com` the start is unknown. */
const LOCAL_MAX = 64;
/** Scripts with spaces between words: words of another script before an address are not part of it. */
const SPACED =
  /(?:[\w.%+\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Devanagari}\p{M}-]|(?<=[\p{L}\d])'(?=[\p{L}\d]))+$/u;
const ANY = /[\w.%+\p{L}\p{M}\p{N}-]+$/u;
/** `"jane doe"@example.com` */
const QUOTED = /\\?"[^"\r\n]+"$/;

/**
 * Replaces addresses. Linear in the text: from each `@` it reads at most 64 characters back, and forward to
 * the next `@`.
 *
 * @param replace receives the address as written
 */
export function replaceEmails(text: string, replace: (found: string) => string): string {
  if (!SIGNS.some((sign) => text.includes(sign))) return text;
  let replaced = '';
  let end = 0;
  for (const { 0: sign, index } of text.matchAll(AT)) {
    DOMAIN.lastIndex = index + sign.length;
    if (index < end || !DOMAIN.test(text)) continue;
    const to = DOMAIN.lastIndex;
    const before = text.slice(Math.max(end, index - LOCAL_MAX), index);
    const local = (SPACED.exec(before) ?? ANY.exec(before) ?? QUOTED.exec(before))?.[0];
    if (local === undefined) continue;
    const from = index - local.length;
    replaced += text.slice(end, from) + replace(text.slice(from, to));
    end = to;
  }
  return end === 0 ? text : replaced + text.slice(end);
}
