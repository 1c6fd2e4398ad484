/** Account and social security numbers in text. */

type Replace = (found: string) => string;

/** The length of the numbers of each country, by ISO 13616. */
const IBAN_LENGTHS = new Map(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 ' +
    'GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 ' +
    'MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 ' +
    'TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((one) => [one.slice(0, 2), Number(one.slice(2))]),
);
const IBAN_START = /(?:(?<![A-Za-z0-9])|(?<=%[0-9A-F]{2}))[A-Z]{2}\d{2}(?=[^A-Za-z0-9]?[A-Za-z0-9]|%20)/gi;
/** A separator between two characters of a number. */
const GAP = /[ .+\u00A0\u202F-]|%20|%C2%A0/iy;
const ALPHANUMERIC = /[A-Za-z0-9]/;

/**
 * Replaces international bank account numbers, with or without groups, by their length and check digits.
 * Linear: at most one number is read from each start.
 */
export function replaceIbans(text: string, replace: Replace): string {
  let replaced = '';
  let end = 0;
  IBAN_START.lastIndex = 0;
  for (let match = IBAN_START.exec(text); match !== null; match = IBAN_START.exec(text)) {
    const found = ibanAt(text, match.index);
    if (found === undefined) continue;
    replaced += text.slice(end, match.index) + replace(found.compact);
    end = found.end;
    IBAN_START.lastIndex = end;
  }
  return end === 0 ? text : replaced + text.slice(end);
}

function ibanAt(text: string, start: number): { compact: string; end: number } | undefined {
  const length = IBAN_LENGTHS.get(text.slice(start, start + 2).toUpperCase());
  if (length === undefined) return undefined;
  let compact = '';
  let at = start;
  while (compact.length < length) {
    GAP.lastIndex = at;
    const gap = compact === '' ? null : GAP.exec(text);
    const next = at + (gap?.[0].length ?? 0);
    const character = text[next] ?? '';
    if (!ALPHANUMERIC.test(character)) return undefined;
    compact += character.toUpperCase();
    at = next + 1;
  }
  return !ALPHANUMERIC.test(text[at] ?? '') && hasIbanCheck(compact) ? { compact, end: at } : undefined;
}

/** ISO 7064, MOD 97-10, of the number with its first four characters at the end and letters as 10 to 35. */
function hasIbanCheck(compact: string): boolean {
  let remainder = 0;
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}

/** Area, group and serial number, none of them zero; areas 666 and from 900 on are never issued. */
const US_SOCIAL_SECURITY_NUMBER =
  /(?<!\d)(?!000|666|9)\d{3}(?<dash>[-\u2010-\u2015])(?!00)\d{2}\k<dash>(?!0000)\d{4}(?!\d)/g;

export function replaceUsSocialSecurityNumbers(text: string, replace: Replace): string {
  return text.replaceAll(US_SOCIAL_SECURITY_NUMBER, (found) => replace(found));
}
