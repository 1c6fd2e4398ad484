import { createHmac } from 'node:crypto';
import { type Event, define, defineTransform, holderOf, lastKey } from 'logweir';
import { z } from 'zod';
import { compileLinear } from '../src/transform/linear-regex.ts';

/**
 * Linear in the length of the text: each repetition is bounded, and a match that fails is not tried again a character later
 * but for the 64 that a local part may have (RFC 5321). What stands before or behind an address does not save it from
 * being found: in `…%26email%3Djane@example.com_2024` it is redacted with what is glued to it.
 */
const EMAIL = /[\w.%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}/g;
/** 13 to 19 digits, in groups or not, that no digit stands beside; which of them are cards the check digit says. */
const CARD = /(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)/g;
const BEARER = /\b(?:Bearer|Basic) +[A-Za-z0-9._~+/-]{8,4096}=*/g;
/** Keys of cloud providers, forges and the like, by their well-known beginnings; and private keys. */
const KEY =
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,255}\b|\bxox[abpr]-[A-Za-z0-9-]{10,255}|\bsk_(?:live|test)_[A-Za-z0-9]{16,255}|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[A-Za-z0-9+/=\s\\]{0,20000}/g;

type Redact = (text: string, replace: (found: string) => string) => string;

const known: Record<'email' | 'card' | 'bearer' | 'key', Redact> = {
  email: (text, replace) => (text.includes('@') ? text.replaceAll(EMAIL, replace) : text),
  card: (text, replace) => text.replaceAll(CARD, (found) => (isCard(found) ? replace(found) : found)),
  bearer: (text, replace) => (/bearer|basic/i.test(text) ? text.replaceAll(BEARER, replace) : text),
  key: (text, replace) => text.replaceAll(KEY, replace),
};

export default defineTransform({
  description:
    'Replaces e-mail addresses, card numbers, tokens, keys and what your own patterns find, in the given fields or in every text of the event, however deep. Either by a fixed text, or by a keyed hash, which is the same for the same value.',
  options: z.strictObject({
    fields: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Dotted paths; every text of the event if left out.'),
    find: z
      .array(z.enum(['email', 'card', 'bearer', 'key']))
      .default(['email'])
      .describe(
        'Card numbers by their check digit (Luhn); bearer: tokens behind Bearer or Basic; key: access and private keys.',
      ),
    patterns: z.array(z.string().min(1)).default([]).describe('Patterns of your own, in the syntax of RE2.'),
    replacement: z.string().default('[redacted]'),
    hash_key: z
      .string()
      .min(8)
      .meta({ secret: true })
      .optional()
      .describe('With it a hash takes the place: 16 hexadecimal digits of HMAC-SHA-256. Give it as ${NAME}.'),
  }),
  examples: [
    {
      title: 'Addresses, anywhere',
      input: [{ message: 'mail to ada@example.com', deep: [{ user: 'bob@example.org' }] }],
      output: [{ message: 'mail to [redacted]', deep: [{ user: '[redacted]' }] }],
    },
    {
      title: 'Cards and a pattern of your own, in one field',
      with: { fields: ['message'], find: ['card'], patterns: ['ord-\\d+'], replacement: '***' },
      input: [{ message: 'card=4111111111111111 for ord-1001, not 4111111111111112' }],
      output: [{ message: 'card=*** for ***, not 4111111111111112' }],
    },
  ],
  setup({ fields, find, patterns, replacement, hash_key }) {
    const compiled = patterns.map((pattern) => compileLinear(pattern));
    // A function, so that a $ in the replacement stands for itself.
    const replace = (found: string): string =>
      hash_key === undefined
        ? replacement
        : createHmac('sha256', hash_key).update(found).digest('hex').slice(0, 16);
    const redactText = (text: string): string => {
      let redacted = text;
      for (const name of find) redacted = known[name](redacted, replace);
      for (const pattern of compiled) redacted = replaceMatches(pattern, redacted, replace);
      return redacted;
    };
    return (event) => {
      if (fields === undefined) return redactInside(event, redactText) as Event;
      for (const path of fields) {
        const holder = holderOf(event, path);
        const key = lastKey(event, path);
        if (holder !== undefined) redactField(holder, key, redactText);
      }
      return event;
    };
  },
});

function redactInside(value: unknown, redactText: (text: string) => string): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) redactField(holder, key, redactText);
  return value;
}

/** Most fields hold nothing that is to be redacted, and leave as they came. */
function redactField(
  holder: Record<string, unknown>,
  key: string,
  redactText: (text: string) => string,
): void {
  const before = holder[key];
  const after = redactInside(before, redactText);
  if (after !== before) define(holder, key, after);
}

function replaceMatches(
  pattern: ReturnType<typeof compileLinear>,
  text: string,
  replace: (found: string) => string,
): string {
  const matcher = pattern.matcher(text);
  let redacted = '';
  let end = 0;
  while (matcher.find()) {
    if (matcher.end() === matcher.start()) continue;
    redacted += text.slice(end, matcher.start()) + replace(text.slice(matcher.start(), matcher.end()));
    end = matcher.end();
  }
  return redacted + text.slice(end);
}

/** ISO/IEC 7812-1, annex B: every second digit from the right doubled, the sum of all digits ends in 0. */
function isCard(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, '');
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = at % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
