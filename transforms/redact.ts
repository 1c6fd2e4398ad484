import { createHmac } from 'node:crypto';
import {
  type Event,
  FreeNames,
  define,
  defineBeside,
  defineTransform,
  holderOf,
  isRawJson,
  lastKey,
} from 'logweir';
import { z } from 'zod';
import { compileLinear } from './lib/linear-regex.ts';
import { isCard, replaceCards } from './lib/secrets/cards.ts';
import { replaceEmails } from './lib/secrets/emails.ts';
import { replaceIbans, replaceUsSocialSecurityNumbers } from './lib/secrets/numbers.ts';
import { replaceBearers, replaceJwts, replaceKeys, replaceUrlPasswords } from './lib/secrets/tokens.ts';

type Replace = (found: string) => string;
/** `field` is the name of the field with the text. */
type Find = (text: string, replace: Replace, field: string) => string;

/** In order of use: `user:password@host` is not an e-mail address, and a token may contain anything. */
const FINDERS = {
  url_password: replaceUrlPasswords,
  bearer: replaceBearers,
  key: replaceKeys,
  jwt: replaceJwts,
  email: replaceEmails,
  iban: replaceIbans,
  card: replaceCards,
  us_social_security_number: replaceUsSocialSecurityNumbers,
} satisfies Record<string, Find>;
type Found = keyof typeof FINDERS;
/** The most field names that are cached, and the longest of them. */
const NAMES_MAX = 1000;
const NAME_MAX = 100;
const NAMES = Object.keys(FINDERS) as [Found, ...Found[]];

export default defineTransform({
  lazy: true,
  description:
    'Replaces e-mail addresses, card numbers, tokens, keys, and matches of your own patterns, in the given fields or in the whole event, at all depths: in texts, and in the names of fields (except for your own patterns). A card number that is a JSON number is replaced too. The replacement is a fixed text, or a keyed hash that is equal for equal values.',
  options: z.strictObject({
    fields: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Dotted paths; by default the whole event. The names of these fields are kept.'),
    find: z
      .array(z.enum(NAMES))
      .default(['email'])
      .describe(
        'email: also in URLs and with international domains; card: by issuer, length and check digit (Luhn), with or without groups, also next to other numbers; bearer: tokens after Bearer or Basic in upper or lower case, and the value of Authorization; key: private keys, access keys of clouds, forges, registries, payment and chat services, their webhooks, and JSON Web Tokens; jwt: only JSON Web Tokens; url_password: in `scheme://user:password@host` and parameters like `token=`; iban: by country, length and check digits; us_social_security_number: as the filter of Vector, with any serial number.',
      ),
    patterns: z.array(z.string().min(1)).default([]).describe('Your own patterns, in the syntax of RE2.'),
    replacement: z.string().default('[redacted]'),
    hash_key: z
      .string()
      .min(8)
      .meta({ secret: true })
      .optional()
      .meta({ secret: true })
      .describe(
        'The key for replacements by a hash: 16 hexadecimal digits of HMAC-SHA-256. For a card or an account number only its digits and letters are hashed, so its formatting does not matter. Give it as ${NAME}.',
      ),
  }),
  examples: [
    {
      title: 'Addresses in all fields',
      input: [{ message: 'mail to ada@example.com', deep: [{ user: 'bob@example.org' }] }],
      output: [{ message: 'mail to [redacted]', deep: [{ user: '[redacted]' }] }],
    },
    {
      title: 'Cards and your own pattern, in one field',
      with: { fields: ['message'], find: ['card'], patterns: ['ord-\\d+'], replacement: '***' },
      input: [{ message: 'card=4111111111111111 for ord-1001, not 4111111111111112' }],
      output: [{ message: 'card=*** for ***, not 4111111111111112' }],
    },
    {
      title: 'A card number next to a date, and one that is a JSON number',
      with: { find: ['card'] },
      input: [{ message: '2026-11-22 08:26:41 4111 1111 1111 1111 12/27', pan: 4111111111111111 }],
      output: [{ message: '2026-11-22 08:26:41 [redacted] 12/27', pan: '[redacted]' }],
    },
    {
      title: 'Passwords and keys',
      with: { find: ['url_password', 'bearer', 'key'] },
      input: [
        { message: 'postgres://app:s3cret@db-1/orders', header: 'authorization: bearer q7VbN2mLr0Xc81Tz' },
      ],
      output: [{ message: 'postgres://app:[redacted]@db-1/orders', header: 'authorization: [redacted]' }],
    },
  ],
  setup({ fields, find, patterns, replacement, hash_key }) {
    const compiled = patterns.map((pattern) => compileLinear(pattern));
    // A function, so that a $ in the replacement has no special meaning.
    const replace = (found: string): string =>
      hash_key === undefined
        ? replacement
        : createHmac('sha256', hash_key).update(found).digest('hex').slice(0, 16);
    const finders: Find[] = NAMES.filter((name) => find.includes(name)).map((name) => FINDERS[name]);
    /** Names without secrets: most events have the same names. */
    const harmless = new Set<string>();
    const redactor: Redactor = {
      name: (name) => {
        if (harmless.has(name)) return name;
        const redacted = finders.reduce((text, finder) => finder(text, replace, ''), name);
        const isKept = redacted === name && name.length <= NAME_MAX && harmless.size < NAMES_MAX;
        if (isKept) harmless.add(name);
        return redacted;
      },
      text: (text, field) => {
        let redacted = text;
        for (const finder of finders) redacted = finder(redacted, replace, field);
        for (const pattern of compiled) redacted = replaceMatches(pattern, redacted, replace);
        return redacted;
      },
      number: (digits) => (find.includes('card') && isCard(digits) ? replace(digits) : undefined),
    };
    return (event) => {
      if (fields === undefined) return redactInside(event, '', redactor) as Event;
      for (const path of fields) {
        const holder = holderOf(event, path);
        const key = lastKey(event, path);
        if (holder !== undefined) redactField(holder, key, redactor);
      }
      return event;
    };
  },
});

interface Redactor {
  name(name: string): string;
  text(text: string, field: string): string;
  /** @returns undefined if the number is kept */
  number(digits: string): string | undefined;
}

function redactInside(value: unknown, field: string, redactor: Redactor): unknown {
  if (typeof value === 'string') return redactor.text(value, field);
  if (typeof value === 'number' || typeof value === 'bigint') return redactor.number(String(value)) ?? value;
  if (typeof value !== 'object' || value === null) return value;
  if (isRawJson(value)) return redactor.number(/^\d*/.exec(value.rawJSON)?.[0] ?? '') ?? value;
  const isList = Array.isArray(value);
  const holder = (Object.isFrozen(value) ? copyOf(value) : value) as Record<string, unknown>;
  let names: FreeNames | undefined;
  for (const key of Object.keys(holder)) {
    redactField(holder, key, redactor, isList ? field : key);
    const name = isList ? key : redactor.name(key);
    if (name === key) continue;
    const redacted = holder[key];
    delete holder[key];
    // Elasticsearch rejects an empty name.
    defineBeside(holder, name === '' ? '_' : name, redacted, (names ??= new FreeNames()));
  }
  return holder;
}

/** Sets the field only if it changes, because most fields do not. */
function redactField(holder: Record<string, unknown>, key: string, redactor: Redactor, field = key): void {
  const before = holder[key];
  const after = redactInside(before, field, redactor);
  if (after !== before) define(holder, key, after);
}

/** A copy of a frozen object. */
function copyOf(value: object): object {
  return Array.isArray(value) ? [...(value as unknown[])] : { ...value };
}

function replaceMatches(pattern: ReturnType<typeof compileLinear>, text: string, replace: Replace): string {
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
