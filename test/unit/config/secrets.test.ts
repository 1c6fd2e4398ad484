import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../../../src/config/schema.ts';
import { hideSecrets, hideUrlPasswords, secretTexts } from '../../../src/config/secrets.ts';

const secret = z.string().meta({ secret: true });
const open = z.string().meta({ secret: false });

/** A schema, a value, and the value without secrets. */
const bySchema: [string, z.ZodType, unknown, unknown][] = [
  ['marked', z.object({ a: secret, b: z.string() }), { a: 'x', b: 'y' }, { a: '(hidden)', b: 'y' }],
  ['optional', z.object({ a: secret.optional() }), { a: 'x' }, { a: '(hidden)' }],
  [
    'nullable with a default',
    z.object({ a: secret.nullable().default(null) }),
    { a: 'x' },
    { a: '(hidden)' },
  ],
  ['described afterwards', z.object({ a: secret.describe('of the site') }), { a: 'x' }, { a: '(hidden)' }],
  ['with a check afterwards', z.object({ a: secret.min(1).max(9) }), { a: 'x' }, { a: '(hidden)' }],
  ['transformed', z.object({ a: secret.transform((text) => text.length) }), { a: 'x' }, { a: '(hidden)' }],
  ['preprocessed', z.object({ a: z.preprocess(String, secret) }), { a: 'x' }, { a: '(hidden)' }],
  ['piped', z.object({ a: z.string().pipe(secret) }), { a: 'x' }, { a: '(hidden)' }],
  ['caught', z.object({ a: secret.catch('') }), { a: 'x' }, { a: '(hidden)' }],
  ['read-only', z.object({ a: secret.readonly() }), { a: 'x' }, { a: '(hidden)' }],
  [
    'prefaulted',
    z.object({ a: z.object({ b: secret }).prefault({ b: 'z' }) }),
    { a: { b: 'x' } },
    { a: { b: '(hidden)' } },
  ],
  ['lazy', z.object({ a: z.lazy(() => secret) }), { a: 'x' }, { a: '(hidden)' }],
  ['in a list', z.object({ a: z.array(secret) }), { a: ['x', 'y'] }, { a: ['(hidden)', '(hidden)'] }],
  [
    'a list as a whole',
    z.object({ a: z.array(z.string()).meta({ secret: true }) }),
    { a: ['x'] },
    { a: ['(hidden)'] },
  ],
  [
    'an object as a whole',
    z.object({ a: z.object({ b: z.int() }).meta({ secret: true }) }),
    { a: { b: 1 } },
    { a: { b: '(hidden)' } },
  ],
  ['in a record', z.object({ a: z.record(z.string(), secret) }), { a: { x: 'y' } }, { a: { x: '(hidden)' } }],
  ['in a tuple', z.object({ a: z.tuple([z.string(), secret]) }), { a: ['x', 'y'] }, { a: ['x', '(hidden)'] }],
  [
    'behind a tuple',
    z.object({ a: z.tuple([z.string()], secret) }),
    { a: ['x', 'y'] },
    { a: ['x', '(hidden)'] },
  ],
  ['one branch of a union', z.object({ a: z.union([z.int(), secret]) }), { a: 'x' }, { a: '(hidden)' }],
  [
    'in a branch of a discriminated union',
    z.object({
      a: z.discriminatedUnion('t', [
        z.object({ t: z.literal('x'), b: secret }),
        z.object({ t: z.literal('y') }),
      ]),
    }),
    { a: { t: 'x', b: 'z' } },
    { a: { t: 'x', b: '(hidden)' } },
  ],
  [
    'in an intersection',
    z.intersection(z.object({ a: secret }), z.object({ b: z.string() })),
    { a: 'x', b: 'y' },
    { a: '(hidden)', b: 'y' },
  ],
  ['in what is left over', z.object({}).catchall(secret), { a: 'x' }, { a: '(hidden)' }],
  ['a number', z.object({ a: z.int().meta({ secret: true }) }), { a: 1234 }, { a: '(hidden)' }],
  ['false is a value', z.object({ a: z.boolean().meta({ secret: true }) }), { a: false }, { a: '(hidden)' }],
  [
    'nothing is no secret',
    z.object({ a: secret.nullable(), b: secret }),
    { a: null, b: '' },
    { a: null, b: '' },
  ],
  ['public though its name says otherwise', z.object({ token: open }), { token: 'x' }, { token: 'x' }],
  [
    'public as a whole but for one',
    z.object({ a: z.object({ token: z.string(), b: secret }).meta({ secret: false }) }),
    { a: { token: 'x', b: 'y' } },
    { a: { token: 'x', b: '(hidden)' } },
  ],
  [
    'a recursive schema',
    z.object({ token: z.json(), a: z.json() }),
    { token: { x: ['y'] }, a: [1, { b: 'c' }] },
    { token: { x: ['(hidden)'] }, a: [1, { b: 'c' }] },
  ],
];

const hiddenNames = [
  'password',
  'db_password',
  'PASSWORD',
  'dbPassword',
  'passwd',
  'passphrase',
  'secret',
  'client_secret',
  'clientSecret',
  'token',
  'access_token',
  'api_key',
  'apikey',
  'apiKey',
  'api-key',
  'x-api-key',
  'hash_key',
  'hashKey',
  'hmac_key',
  'signing_key',
  'encryption_key',
  'private_key',
  'privateKey',
  'access_key',
  'shared_key',
  'account_key',
  'credentials',
  'Authorization',
  'cookie',
  'connection_string',
  'sasl.password',
  'ssl.key.password',
  'ssl.key.pem',
  'ssl_key',
  'ssl.keystore.password',
  'ssl.ca.pem',
  'sasl.oauthbearer.config',
  'sasl.oauthbearer.client.secret',
  'sasl.oauthbearer.client.credentials.client.secret',
  'sasl.oauthbearer.assertion.private.key.pem',
  'sasl.oauthbearer.assertion.private.key.passphrase',
  'sasl.jaas.config',
];
const shownNames = [
  'key',
  'keys',
  'field',
  'fields',
  'password_file',
  'api_key_file',
  'token_path',
  'ssl.key.location',
  'ssl.keystore.location',
  'sasl.oauthbearer.assertion.private.key.file',
  'sasl.oauthbearer.token.endpoint.url',
  'token_url',
  'sasl.username',
  'sasl.mechanisms',
  'client.rack',
  'keep',
  'monkey',
  'hash',
];

describe('a value that a schema marks as secret is hidden', () => {
  it.each(bySchema)('%s', (_name, schema, value, shown) => {
    expect(hideSecrets(value, schema)).toEqual(shown);
  });

  it("and so are Logweir's own secrets, at any depth", () => {
    const text = JSON.stringify(
      hideSecrets(
        {
          kafka: {
            sasl: { username: 'u1', password: 's3cret', password_file: '/f1' },
            librdkafka_options: { 'sasl.password': 's3cret', 'client.rack': 'r1' },
          },
          elasticsearch: {
            endpoints: ['https://u2:s3cret@h1:9200'],
            auth: { username: 'u3', password: 's3cret', api_key: 's3cret' },
          },
        },
        configSchema,
      ),
    );
    expect(text).not.toContain('s3cret');
    for (const part of ['u1', 'u2', 'u3', '/f1', 'r1', 'h1:9200']) expect(text).toContain(part);
  });
});

describe('without a mark in the schema the name decides', () => {
  it.each(hiddenNames)('%s is hidden, with everything below it', (name) => {
    expect(hideSecrets({ [name]: 'x' }, z.unknown())).toEqual({ [name]: '(hidden)' });
    expect(hideSecrets({ a: { [name]: ['x', { b: 1 }] } }, z.unknown())).toEqual({
      a: { [name]: ['(hidden)', { b: '(hidden)' }] },
    });
  });

  it.each(shownNames)('%s is shown', (name) => {
    expect(hideSecrets({ [name]: 'x' }, z.unknown())).toEqual({ [name]: 'x' });
  });
});

describe('a value from the environment', () => {
  const fromOutside = (path: readonly PropertyKey[]): boolean => path[0] === 'out';

  it('is hidden, unless its schema declares it public', () => {
    const schema = z.object({
      out: z.object({ a: z.string(), b: open, c: z.int().optional() }),
      in: z.string(),
    });
    expect(hideSecrets({ out: { a: 'x', b: 'y', c: 5 }, in: 'z' }, schema, fromOutside)).toEqual({
      out: { a: '(hidden)', b: 'y', c: '(hidden)' },
      in: 'z',
    });
  });
});

it.each([
  ['http://u:p@h', 'http://u:(hidden)@h'],
  ['https://u:p@h:9200/path?q=1', 'https://u:(hidden)@h:9200/path?q=1'],
  ['http://u:a@b@h', 'http://u:(hidden)@h'],
  ['http://u:a/b@h', 'http://u:(hidden)@h'],
  ['http://u:a:b@h', 'http://u:(hidden)@h'],
  ['http://u:%40%zz@h', 'http://u:(hidden)@h'],
  ['http://:p@h', 'http://:(hidden)@h'],
  ['HTTP://u:p@h', 'HTTP://u:(hidden)@h'],
  ['postgres://u:p@h/db', 'postgres://u:(hidden)@h/db'],
  ['socks5h://u:p@proxy:1080', 'socks5h://u:(hidden)@proxy:1080'],
  ['http://u:p@a,http://v:q@b', 'http://u:(hidden)@a,http://v:(hidden)@b'],
  ['http://u:p@a http://h', 'http://u:(hidden)@a http://h'],
  ['at http://u:p@h today', 'at http://u:(hidden)@h today'],
  ['http://u@h', 'http://u@h'],
  ['http://h:9200', 'http://h:9200'],
  ['http://h:9200/a', 'http://h:9200/a'],
  ['http://h/?api_key=x&b=c', 'http://h/?api_key=(hidden)&b=c'],
  ['http://h/?b=c&access_token=x#d', 'http://h/?b=c&access_token=(hidden)#d'],
  ['mail a:b@c', 'mail a:b@c'],
  ['', ''],
])('the URL %j is shown as %j', (url, shown) => {
  expect(hideUrlPasswords(url)).toBe(shown);
});

it('a long text without a URL takes time in proportion to its length', () => {
  const start = performance.now();
  for (const piece of ['a', 'a:', 'a://', '://b:', '?token=', 'http://u:'])
    hideUrlPasswords(piece.repeat(50_000));
  expect(performance.now() - start).toBeLessThan(4000);
});

it('the texts of secrets are the hidden ones, except very short ones', () => {
  expect(
    secretTexts(
      { a: 'long-one', pin: 'abc', token: ['second'], other: 'third', n: 12_345 },
      z.object({ a: secret, n: z.int().meta({ secret: true }) }).loose(),
    ).sort(),
  ).toEqual(['12345', 'long-one', 'second']);
});
