import { describe, expect, it } from 'vitest';
import { testTransform } from 'logweir/testing';
import redact from '../../transforms/redact.ts';
import { isCard, replaceCards } from '../../transforms/lib/secrets/cards.ts';
import { cpuMs } from '../support/cpu.ts';
import { seededRandom } from '../support/random.ts';

const random = seededRandom(15);
const below = (limit: number): number => Math.floor(random() * limit);
const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
const digits = (count: number): string => Array.from({ length: count }, () => below(10)).join('');

/** Prefixes, and the lengths of the numbers. */
const ISSUERS: readonly [name: string, prefixes: readonly string[], lengths: readonly number[]][] = [
  ['Visa', ['4'], [13, 16, 19]],
  ['Mastercard', ['51', '55', '2221', '2345', '2720'], [16]],
  ['American Express', ['34', '37'], [15]],
  ['Discover', ['6011', '644', '65'], [16, 19]],
  ['Diners Club', ['300', '305', '3095', '36', '38', '39'], [14, 16, 19]],
  ['JCB', ['3528', '3589'], [16, 19]],
  ['UnionPay', ['62', '8123'], [16, 17, 18, 19]],
  ['Maestro', ['5018', '5612', '58', '6304', '6759'], [13, 14, 15, 16, 17, 18, 19]],
];

function cardOf(prefix: string, length: number): string {
  const body = prefix + digits(length - prefix.length - 1);
  for (let check = 0; check < 10; check++) if (isCard(`${body}${check}`)) return `${body}${check}`;
  throw new Error(`no check digit fits ${body}`);
}

const SEPARATORS = [' ', '-', '.', '\u00a0', '+', '%20', '_'];
/** Without separators, or in the printed groups of a card. */
function written(card: string): string {
  const separator = pick(SEPARATORS);
  if (random() < 0.4) return card;
  if (card.length === 15) return [card.slice(0, 4), card.slice(4, 10), card.slice(10)].join(separator);
  if (card.length === 14) return [card.slice(0, 4), card.slice(4, 10), card.slice(10)].join(separator);
  return (card.match(/.{1,4}/g) ?? []).join(separator);
}

function neighbour(): string {
  const two = (limit: number): string => String(1 + below(limit)).padStart(2, '0');
  return pick([
    () => `${2000 + below(40)}-${two(12)}-${two(28)}`,
    () => `${two(23)}:${two(59)}:${two(59)}`,
    () => `${two(12)}/${two(30)}`,
    () => digits(3),
    () => digits(1 + below(12)),
    () => `${below(1000)}.${digits(2)}`,
    () => `${1 + below(9)},${digits(3)}.${digits(2)}`,
    () => cardOf('4', 16),
  ])();
}

it.each(ISSUERS)('a card of %s is never readable, with any text around it', (_name, prefixes, lengths) => {
  for (let round = 0; round < 500; round++) {
    const card = cardOf(pick(prefixes), pick(lengths));
    const text = written(card);
    const before = neighbour() + pick([' ', '-', '.', ',', ' - ', '%20', ': ', '+']);
    // `0.4111111111111111` is a fraction.
    if (/(?:^|\D)0\.$/.test(before) && text === card) continue;
    const line = before + text + pick([' ', '-', '.', ',', ' - ', '%20', '/', '+', '=']) + neighbour();
    const left = replaceCards(line, () => '#');
    const readable = (left.match(/\d+/g) ?? []).join('');
    expect({ line, left, isReadable: readable.includes(card) }).toEqual({ line, left, isReadable: false });
    for (let at = 0; at + 8 <= card.length; at++) {
      if (before.includes(card.slice(at, at + 8))) continue;
      expect({ line, left, part: left.includes(card.slice(at, at + 8)) }).toMatchObject({ part: false });
    }
  }
});

describe('other numbers', () => {
  const rate = (make: () => string): number => {
    const rounds = 5000;
    let hits = 0;
    for (let round = 0; round < rounds; round++) {
      const text = make();
      if (replaceCards(text, () => '#') !== text) hits++;
    }
    return hits / rounds;
  };
  const from = Date.UTC(2001, 8, 10);
  const until = Date.UTC(2040, 0, 1);
  const ms = (): number => from + Math.floor(random() * (until - from));

  it('times in milliseconds and nanoseconds from 2001 to 2040 never match', () => {
    expect(rate(() => String(ms()))).toBe(0);
    expect(rate(() => `${ms()}${digits(6)}`)).toBe(0);
    expect(rate(() => new Date(ms()).toISOString())).toBe(0);
    expect(rate(() => new Date(ms()).toISOString().replaceAll(/\D/g, ''))).toBe(0);
  });

  it('times in microseconds, or next to a number, rarely match: those of two months of 2039 start like Mir', () => {
    expect(rate(() => `[${ms()}] ${ms()} ${below(1000)}`)).toBeLessThan(0.001);
    expect(rate(() => `${ms()}${digits(3)}`)).toBeLessThan(0.001);
  });

  it('an IMEI, which has the same check digit, never matches', () => {
    expect(rate(() => `35${digits(13)}`)).toBe(0);
    expect(rate(() => `86${digits(13)}`)).toBe(0);
  });

  it('numbers of 13 to 19 random digits match in fewer than 3 of 100 cases', () => {
    expect(rate(() => digits(13 + below(7)))).toBeLessThan(0.03);
  });

  it('fractions match in fewer than 15 of 1,000 cases, and addresses, versions and UUIDs rarely', () => {
    expect(rate(() => String(random()))).toBe(0);
    expect(rate(() => String(random() * 100))).toBeLessThan(0.015);
    expect(rate(() => Array.from({ length: 4 }, () => below(256)).join('.'))).toBe(0);
    expect(rate(() => crypto.randomUUID())).toBeLessThan(0.001);
  });

  it('rows of ten numbers match in fewer than 5 of 100 cases', () => {
    expect(rate(() => Array.from({ length: 10 }, () => digits(1 + below(6))).join(' '))).toBeLessThan(0.05);
  });
});

describe('hostile text takes linear time', () => {
  const ALL = ['email', 'card', 'bearer', 'key', 'jwt', 'url_password', 'iban', 'us_social_security_number'];

  it.each<[string, string]>([
    ['digits', '4'],
    ['digits one by one', '4 '],
    ['groups of four', '4111 '],
    ['groups with wide gaps', '4111   '],
    ['escapes of digits', '%20%204'],
    ['schemes', 'bearer '],
    ['schemes without spaces', 'bearer'],
    ['headers', 'authorization: '],
    ['headers with parameters', 'authorization: digest a=b, c=d, '],
    ['one header with many parameters', 'a=b=c, '],
    ['beginnings of tokens', 'eyJ'],
    ['beginnings of tokens with dots', 'eyJaaaaaaaa.'],
    ['tokens with dots', 'eyJaaaaaaaaaaaaa.aaaa.'],
    ['beginnings of keys', 'sk-'],
    ['beginnings of keys with underscores', 'github_pat_ghp_xoxb-'],
    ['beginnings of private keys', '-----BEGIN PRIVATE KEY----- '],
    ['half beginnings', '-----BEGIN '],
    ['dashes', '-'],
    ['schemes of URLs', '://'],
    ['passwords without an end', '://u:p'],
    ['encoded passwords', '%3A%2F%2Fu%3A'],
    ['parameters', '?password='],
    ['names of secrets', 'aws_secret_access_key = '],
    ['beginnings of accounts', 'DE89 '],
    ['accounts', 'DE89370400440532013001 '],
    ['social security numbers', '123-45-'],
    ['signs', '@'],
    ['encoded signs', '%40'],
    ['addresses in other scripts', 'ё@ё.'],
    ['quotes', '"a"@'],
    ['backslashes', '\\'],
    ['spaces', ' '],
  ])(
    '%s',
    async (_name, part) => {
      const apply = await testTransform(redact, { find: ALL });
      const bestOf = async (length: number): Promise<number> => {
        const message = part.repeat(length / part.length);
        return cpuMs(() => apply({ message }), 2);
      };
      await bestOf(16_384);
      const [once, eightfold] = [await bestOf(16_384), await bestOf(131_072)];
      // Quadratic time would be 64 times; the constant covers the timer's noise.
      expect(eightfold).toBeLessThan(24 * once + 100);
    },
    30_000,
  );
});
