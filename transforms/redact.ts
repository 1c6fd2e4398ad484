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
/** `field` is the name of the field that holds the text. */
type Find = (text: string, replace: Replace, field: string) => string;

/** In the order in which they are asked: `user:password@host` is no e-mail address, and a token may hold anything. */
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
/** Names of fields that are remembered, and how long each may be. */
const NAMES_MAX = 1000;
const NAME_MAX = 100;
const NAMES = Object.keys(FINDERS) as [Found, ...Found[]];

export default defineTransform({
  lazy: true,
  description:
    'Replaces e-mail addresses, card numbers, tokens, keys and what your own patterns find, in the given fields or everywhere in the event, however deep: in texts, and in the names of fields (which your own patterns leave alone). A card number that is a JSON number becomes the replacement too. Either by a fixed text, or by a keyed hash, which is the same for the same value.',
  options: z.strictObject({
    fields: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Dotted paths; the whole event if left out. The names of these fields stay.'),
    find: z
      .array(z.enum(NAMES))
      .default(['email'])
      .describe(
        'email: in URLs and with international domains too; card: by issuer, length and check digit (Luhn), in groups or not, whatever numbers stand beside it; bearer: tokens behind Bearer or Basic in any case, and the value of Authorization; key: private keys, and the access keys of clouds, forges, registries, payment and chat, their webhooks and JSON Web Tokens; jwt: these alone; url_password: in `scheme://user:password@host` and parameters like `token=`; iban: by country, length and check digits; us_social_security_number: as the filter of Vector, with any serial number.',
      ),
    patterns: z.array(z.string().min(1)).default([]).describe('Patterns of your own, in the syntax of RE2.'),
    replacement: z.string().default('[redacted]'),
    hash_key: z
      .string()
      .min(8)
      .meta({ secret: true })
      .optional()
      .meta({ secret: true })
      .describe(
        'With it a hash takes the place: 16 hexadecimal digits of HMAC-SHA-256; of a card or an account its digits and letters alone count, however it is written. Give it as ${NAME}.',
      ),
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
    {
      title: 'A card beside a date, and one that is a number',
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
    // A function, so that a $ in the replacement stands for itself.
    const replace = (found: string): string =>
      hash_key === undefined
        ? replacement
        : createHmac('sha256', hash_key).update(found).digest('hex').slice(0, 16);
    const finders: Find[] = NAMES.filter((name) => find.includes(name)).map((name) => FINDERS[name]);
    /** Most events have the same names, in which nothing is found. */
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
  /** @returns undefined where it is nothing but a number */
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
    // Elasticsearch refuses a name without a character.
    defineBeside(holder, name === '' ? '_' : name, redacted, (names ??= new FreeNames()));
  }
  return holder;
}

/** Most fields hold nothing that is to be redacted, and leave as they came. */
function redactField(holder: Record<string, unknown>, key: string, redactor: Redactor, field = key): void {
  const before = holder[key];
  const after = redactInside(before, field, redactor);
  if (after !== before) define(holder, key, after);
}

/** What nobody may change is copied. */
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
