/**
 * Finds card numbers in text (ISO/IEC 7812) by their issuer, their length for that issuer, and their check
 * digit. The check digit alone matches every tenth time, counter or id; with all three criteria, most of
 * these are kept.
 */

/** Consecutive digits and their position. */
interface Group {
  readonly start: number;
  readonly end: number;
  /** Its start among the digits of its run. */
  readonly at: number;
  readonly width: number;
  /** Whether the separator before it may also join groups of unusual widths. */
  readonly isPlain: boolean;
  /** Whether it follows `0.` and is a fraction. */
  readonly isFraction: boolean;
}

/** Groups with only separators between them. */
interface Run {
  readonly groups: Group[];
  digits: string;
}

interface Card {
  start: number;
  end: number;
  digits: string;
}

const DIGITS_MIN = 13;
const DIGITS_MAX = 19;
/** `%C2%A0%C2%A0%C2%A0` */
const GAP_MAX = 18;

/**
 * Digits, and escapes that contain digits themselves (`%20`, `\u00a0`). No encoder escapes a letter or a
 * digit, so `100%4111` is a per cent sign and a number, and `%B4111` the start of a magnetic stripe.
 */
const TOKEN =
  /%(?:[0-2][\da-f]|3[a-f]|40|5[b-f]|60|7[b-f]|[c-f][\da-f]|(?<=%[\da-f]{2}%)[89ab][\da-f])|\\u[\da-f]{4}|\\x[\da-f]{2}|(?<digits>\d+)/gi;
/** The separators that people and programs write between the groups of one number. */
const SEPARATOR =
  /^(?:[ .+_\u00A0\u2000-\u200B\u202F\u205F\u3000\u2010-\u2015\u2212-]|%20|%2[bde]|%c2%a0|\\u00a0|\\xa0){1,3}$/i;
/** The separators for groups of unusual widths: with dots these are versions, addresses and fractions. */
const PLAIN_SEPARATOR = /^(?:[ +\u00A0\u2000-\u200B\u202F\u205F\u3000\u2010-\u2015-]|%20|%c2%a0|\\u00a0)$/i;

const PRINTED = new Set(['465', '464', '4333']);

const ZERO = 0x30;
const NINE = 0x39;
const ASCII_END = 0x80;
/** For each ASCII code, whether a gap may contain it: separators, and the characters of their escapes. */
const GAP_CODES = Uint8Array.from({ length: ASCII_END }, (_, code) =>
  Number(' .+_-%\\uxabcdefABCDEF'.includes(String.fromCharCode(code))),
);

/** The first and last prefix of a range, of equal length, and the lengths of its numbers. */
type Issuer = readonly [from: string, to: string, lengths: readonly number[]];

const ANY = [13, 14, 15, 16, 17, 18, 19];
const LONG = [16, 17, 18, 19];
const ISSUERS: readonly Issuer[] = [
  ['4', '4', [13, 16, 19]], // Visa
  ['51', '55', [16]], // Mastercard
  ['2221', '2720', [16]],
  ['34', '34', [15]], // American Express
  ['37', '37', [15]],
  ['300', '305', [14, ...LONG]], // Diners Club
  ['3095', '3095', [14, ...LONG]],
  ['36', '36', [14, ...LONG]],
  ['38', '39', [14, ...LONG]],
  ['3528', '3589', LONG], // JCB
  ['6011', '6011', LONG], // Discover
  ['644', '659', LONG],
  ['62', '62', LONG], // UnionPay
  ['8110', '8171', LONG],
  ['50', '50', ANY], // Maestro, and Elo, Verve and RuPay, which share its range
  ['56', '58', ANY],
  ['6304', '6304', ANY],
  ['67', '67', ANY],
  ['60', '60', [16]], // RuPay, Hipercard
  ['63', '63', [16]], // Elo, Hiper
  ['82', '82', [16]],
  ['2200', '2204', [16]], // Mir
  ['9792', '9792', [16]], // Troy
  ['8600', '8600', [16]], // Uzcard
  ['9860', '9860', [16]], // Humo
];

/** Issuers by the first digit, for a fast check of every number in a text. */
const BY_DIGIT: readonly (readonly Issuer[])[] = Array.from({ length: 10 }, (_, digit) =>
  ISSUERS.filter(([from, to]) => Number(from[0]) <= digit && digit <= Number(to[0])),
);

/** Whether a text consists of exactly the digits of a card number. */
export function isCard(digits: string): boolean {
  if (digits.length < DIGITS_MIN || digits.length > DIGITS_MAX) return false;
  for (const [from, to, lengths] of BY_DIGIT[digits.charCodeAt(0) - 0x30] ?? []) {
    const prefix = digits.slice(0, from.length);
    if (from <= prefix && prefix <= to && lengths.includes(digits.length)) return hasCheckDigit(digits);
  }
  return false;
}

/** ISO/IEC 7812-1, annex B: every second digit from the right doubled, the sum of all digits ends in 0. */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 0x30;
    if (digit < 0 || digit > 9) return false;
    const doubled = at % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/**
 * Replaces card numbers, with or without groups, also next to other numbers. Linear in the text.
 *
 * @param replace receives the digits only, so the replacement of a number does not depend on its formatting
 */
export function replaceCards(text: string, replace: (digits: string) => string): string {
  if (!mayHoldCard(text)) return text;
  let replaced = '';
  let end = 0;
  for (const run of runsIn(text)) {
    for (const card of cardsIn(run)) {
      replaced += text.slice(end, card.start) + replace(card.digits);
      end = card.end;
    }
  }
  return end === 0 ? text : replaced + text.slice(end);
}

/** Whether enough digits have only gap characters between them: much faster than matching the gaps. */
function mayHoldCard(text: string): boolean {
  if (text.length < DIGITS_MIN) return false;
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) {
      if (++digits === DIGITS_MIN) return true;
    } else if (code < ASCII_END && GAP_CODES[code] === 0) digits = 0;
  }
  return false;
}

/** The runs that have enough digits for a card. */
function* runsIn(text: string): Generator<Run> {
  let run: Run = { groups: [], digits: '' };
  for (const match of text.matchAll(TOKEN)) {
    const digits = match.groups?.['digits'];
    if (digits === undefined) continue;
    const start = match.index;
    const before = run.groups.at(-1)?.end ?? start;
    const gap = start - before <= GAP_MAX ? text.slice(before, start) : '';
    const isJoined = gap === ' ' || SEPARATOR.test(gap);
    if (!isJoined) {
      if (run.digits.length >= DIGITS_MIN) yield run;
      run = { groups: [], digits: '' };
    }
    run.groups.push({
      start,
      end: start + digits.length,
      at: run.digits.length,
      width: digits.length,
      isPlain: gap === ' ' || PLAIN_SEPARATOR.test(gap),
      isFraction: isJoined && gap === '.' && text[before - 1] === '0' && run.groups.at(-1)?.width === 1,
    });
    run.digits += digits;
  }
  if (run.digits.length >= DIGITS_MIN) yield run;
}

/**
 * The cards of a run. Every group may start a card, so a preceding number does not hide it; overlapping cards
 * are merged. Cards in printed groups are matched first, so a number next to such a card is kept.
 */
function cardsIn(run: Run): Card[] {
  const ends = run.groups.map((_group, from) => endInUsualGroups(run, from));
  const taken = areTaken(ends);
  for (let from = 0; from < ends.length; from++) {
    if (taken[from] === false) ends[from] = endInEvenGroups(run, from, taken);
  }
  const cards: Card[] = [];
  let last = -1;
  for (const [index, { start, end, at, width }] of run.groups.entries()) {
    const isNew = index > last;
    last = Math.max(last, ends[index] ?? -1);
    if (index > last) continue;
    const digits = run.digits.slice(at, at + width);
    const card = cards.at(-1);
    if (isNew || card === undefined) cards.push({ start, end, digits });
    else {
      card.end = end;
      card.digits += digits;
    }
  }
  return cards;
}

/** For each group, whether it already belongs to a card. */
function areTaken(ends: readonly number[]): boolean[] {
  let last = -1;
  return ends.map((end, at) => {
    last = Math.max(last, end);
    return at <= last;
  });
}

/**
 * The last group of the shortest card that starts with the group `from`, or -1. Its groups are a single one,
 * fours, or the printed groups of American Express, Diners Club and the old Visa.
 */
function endInUsualGroups({ groups, digits }: Run, from: number): number {
  const first = groups[from] as Group;
  if (first.width >= DIGITS_MIN)
    return !first.isFraction && isCard(digits.slice(first.at, first.at + first.width)) ? from : -1;
  if (first.width !== 4) return -1;
  let areFours = true;
  let widths = '4';
  for (let to = from + 1; to < groups.length && to < from + 5; to++) {
    const { at, width } = groups[to] as Group;
    widths += width;
    const isUsual = areFours ? width <= 4 : PRINTED.has(widths);
    areFours &&= width === 4;
    if ((isUsual || PRINTED.has(widths)) && isCard(digits.slice(first.at, at + width))) return to;
  }
  return -1;
}

/**
 * The same for groups of at least three digits each, and for single digits or pairs, but not for mixed
 * numbers like `12 4705 356 0`.
 */
function endInEvenGroups({ groups, digits }: Run, from: number, taken: readonly boolean[]): number {
  const first = groups[from] as Group;
  for (let to = from; to < groups.length; to++) {
    const { at, width, isPlain } = groups[to] as Group;
    const length = at + width - first.at;
    const fits = first.width <= 2 ? width <= first.width : width >= 3;
    if (!fits || length > DIGITS_MAX || taken[to] === true || (to > from && !isPlain)) return -1;
    if (to > from && length >= DIGITS_MIN && isCard(digits.slice(first.at, at + width))) return to;
    if (first.width <= 2 && width < first.width) return -1;
  }
  return -1;
}
