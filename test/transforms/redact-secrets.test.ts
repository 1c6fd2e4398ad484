import { describe, expect, it } from 'vitest';
import { type Event } from 'logweir';
import { testTransform } from 'logweir/testing';
import redact from '../../transforms/redact.ts';

const R = '[redacted]';
const ALL = ['email', 'card', 'bearer', 'key', 'jwt', 'url_password', 'iban', 'us_social_security_number'];
/** Assembled here, so that scanners of this repository do not report leaked keys. */
const of = (start: string, length: number, alphabet = 'aB3dE5gH7jK9'): string =>
  start + alphabet.repeat(length).slice(0, length);
const pem = (kind: string, inside = 'MHcCAQEE\nIB8=\n'): string =>
  ['-----BEGIN ', kind, '-----\n', inside, '-----END ', kind, '-----'].join('');
const JWT = `${of('eyJ', 24)}.${of('eyJ', 40)}.${of('s', 43)}`;

async function run(event: Event, options: Record<string, unknown>): Promise<Event> {
  return (await (await testTransform(redact, options))(event))[0] as Event;
}

type Row = [find: string, text: string, redacted: string];
/** The same text with `[redacted]` instead of the braces. */
const row = (find: string, text: string): Row => [
  find,
  text.replaceAll(/[{}]/g, ''),
  text.replaceAll(/\{[^}]*\}/g, R),
];

describe('secrets are found, and the text around them is kept', () => {
  it.each<Row>([
    ...[
      'card {4111111111111111}',
      'card {4111 1111 1111 1111} 12/27 737',
      'card {4111111111111111} 123',
      '2026-11-22 08:26:41 {4111111111111111} declined',
      '08:26:41.900 {5555-5555-5555-4444} 2026-11-22',
      'order 1001 {4012888888881881}',
      'paid 20 EUR with {4111111111111111} 20 EUR',
      '1,234.50 {378282246310005} 1,234.50',
      '{4111 1111 1111 1111} {5500 0000 0000 0004}',
      '{4111111111111111},{5500000000000004};{340000000000009}',
      'ref-{4242424242424242}-7',
      'amex {3782 822463 10005} exp 0729',
      'diners {3056 930902 5904}',
      'old visa {4222222222222}',
      'visa of 19 {4000000000000000006}',
      'discover {6011000990139424}',
      'jcb {3530111333300000}',
      'unionpay {6205500000000000004}',
      'maestro {6759649826438453}',
      'mastercard of the new range {2223003122003222}',
      'dots {4111.1111.1111.1111}.',
      'no-break spaces {4111\u00a01111\u00a01111\u00a01111} x',
      'pan={4111%201111%201111%201111}&exp=1227',
      'pan={4111%C2%A01111%C2%A01111%C2%A01111}&exp=1227',
      'q=card%20{4111111111111111}%20ok',
      'form pan={4111+1111+1111+1111}&x=1',
      'json "pan":"{4111\\u00a01111\\u00a01111\\u00a01111}"',
      'literal {4111_1111_1111_1111}',
      'odd groups {411111 1111111111}',
      'odd groups {41111111-11111111}',
      'one by one {4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1}',
      '100%{4111111111111111}',
      'track ;{4111111111111111}=2512101',
      'track %B{4111111111111111}^DOE/J^2512',
      '22.11.2026.{4111111111111111}',
      'two spaces {4111  1111  1111  1111}',
      'wide spaces {4111\u20031111\u30001111\u200b1111}',
    ].map((text) => row('card', text)),
    ...[
      'to {nora%40example.net}',
      'next=%2Fmail%3Fto={nora%2540example.net}&x=1',
      'to {nora@exämple.net} now',
      'to {jörg.müller@example.de}',
      "to {o'brien@example.ie}",
      'to {nora@xn--exmple-cua.net}',
      'to {nora@example.xn--p1ai}',
      'to {нора@пример.рф}',
      'to {user@例子.公司}',
      '联系{jane@example.com}谢谢',
      'json {nora\\u0040example.net}',
      'html {nora&#64;example.net}',
      'to {"jane doe"@example.com}',
      'to {a@b.c.d.e.f.g.h.i.j.k.example.com}',
    ].map((text) => row('email', text)),
    ...[
      'authorization: {bearer q7VbN2mLr0Xc81TzKp}',
      'AUTHORIZATION: {BASIC dXNlcjpwYXNz}',
      '{BeArEr q7VbN2mLr0Xc81TzKp.aa.bb}',
      'Authorization: {Basic onlyletters}, next',
      'Authorization: {Token abcdef}',
      'authorization: {q7VbN2mLr0Xc} next',
      '"Authorization":"{q7VbN2mLr0Xc81Tz}"',
      'Authorization%3A%20{Bearer%20q7VbN2mLr0Xc81TzKp}',
      'token {Bearer  q7VbN2mLr0Xc81TzKp} ok',
      '"authorization":"{Bearer q7VbN2mLr0Xc81TzKp}","x":1',
      'Authorization: {AWS4-HMAC-SHA256 Credential=AKIA/2026, SignedHeaders=host, Signature=ab12}',
      'Authorization: {Digest username="ada", response="6629"}',
      '{Bearer 12|aBcDeFgHiJ}',
      `{${of('Bearer ', 9000)}} end`,
    ].map((text) => row('bearer', text)),
    ...[
      `id {${of('AKIA', 16, 'ABCD2345')}} x`,
      `key_{${of('ASIA', 16, 'ABCD2345')}}`,
      `aws_secret_access_key = {${of('', 40)}}`,
      `"SecretAccessKey": "{${of('', 40, 'aB3/+')}}"`,
      `AWS_SECRET_KEY={${of('', 40)}} x`,
      `{${of('ghp_', 36)}} x`,
      `{${of('github_pat_', 82)}} x`,
      `{${of('glpat-', 20)}} x`,
      `{${of('AIza', 35)}} x`,
      `{${of('rk_live_', 24)}} x`,
      `{${of('sk_test_', 24)}} x`,
      `{${of('sk-proj-', 40)}} x`,
      `{${of('npm_', 36)}} x`,
      `{${of('xoxb-', 40)}} x`,
      `{${of('hf_', 34)}} x`,
      `{${of('ghp_', 300)}} x`,
      `https://{hooks.slack.com/services/T0001/B0002/${of('', 24)}} x`,
      `{${JWT}} x`,
      `token_{${JWT}} x`,
      `AccountKey={${of('', 86)}==};x`,
      `{${pem('PRIVATE KEY')}} x`,
      `{${pem('RSA PRIVATE KEY', 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,AB\n\nMHcCAQEE\n')}} x`,
      `{${pem('OPENSSH PRIVATE KEY')}} x`,
      `{${pem('ENCRYPTED PRIVATE KEY')}} x`,
      `{${pem('PGP PRIVATE KEY BLOCK', 'Version: 1\n\nlQOY\n=aB3d\n')}} x`,
      `{${pem('PRIVATE KEY')}} and {${pem('EC PRIVATE KEY')}} x`,
      `cut off {-----BEGIN PRIVATE KEY-----\nMHcCAQEE, and so on}`,
      `in JSON {${pem('PRIVATE KEY').replaceAll('\n', '\\n')}}`,
    ].map((text) => row('key', text)),
    ...[`id {${JWT}}.`.replace('}.', '} '), `cookie=x.{${JWT}}; a`].map((text) => row('jwt', text)),
    ...[
      'postgres://app:{s3cret}@db-1/orders',
      'redis://:{s3cret}@cache:6379/0',
      'amqp://u:{p@ss}@mq.example.com:5672/%2f',
      'https://oauth2:{tok-en}@git.example.com/x.git?a=b',
      'mongodb+srv://u:{p#q?r}@c.example.net/db',
      'postgres%3A%2F%2Fapp%3A{s3cret}%40db-1%2Forders',
      'json "postgres:\\/\\/app:{s3cret}@db-1\\/orders"',
      'GET /cb?x=1&access_token={abc}&y=2 HTTP/1.1',
      'jdbc:mysql://db/x?user=u&password={abc}',
    ].map((text) => row('url_password', text)),
    ...[
      'to {DE89370400440532013000} x',
      'to {DE89 3704 0044 0532 0130 00} paid 12',
      'to {GB82 WEST 1234 5698 7654 32}.',
      'to {gb82west12345698765432}',
      'iban%3D{FR1420041010050500013M02606}',
      'AB12 {NL91 ABNA 0417 1643 00} 12.50',
    ].map((text) => row('iban', text)),
    ...['ssn {078-05-1120}', 'ssn={123-45-1203},', '{899-99-9999}'].map((text) =>
      row('us_social_security_number', text),
    ),
  ])('%s: %s', async (find, text, redacted) => {
    expect(await run({ message: text }, { find: [find] })).toEqual({ message: redacted });
    // All finders together leave nothing of the secret either.
    const all = (await run({ message: text }, { find: ALL }))['message'] as string;
    expect(all).toContain(R);
    expect(all.length).toBeLessThanOrEqual(redacted.length + R.length);
  });
});

describe('other texts are kept', () => {
  it.each([
    'at 1763800000103',
    'at 1763800000123456 and 1763800000123456789',
    'at 20261122082641 and 20261122082641999',
    '2026-11-22T08:26:41.900000000Z 2026-11-22 08:26:41',
    'imei 356938035643809 and 490154203237518',
    'not 4111111111111112',
    'too long 41111111111111111111',
    'ratio 0.4111111111111111',
    'ip 192.168.100.200 10.0.0.1 4.11.11.11',
    'cpu 4705 356 12 3699 23 23 0 0 0 0',
    'phone +49 30 901820',
    'trace 0af7651916cd43dd8448eb211c80319c',
    'id 7e57d004-2b97-0e7a-b45f-5387367791cd',
    'snowflake 1310000000000000000',
    'Basic authentication failed',
    'BASIC AUTHENTICATION FAILED',
    'bearer authentication is required',
    'Basic realm="intranet"',
    'Bearer error="invalid_token"',
    'the basic understanding of it',
    'authorization: granted',
    'authorization: successful for web',
    'a bearer of bad news',
    'jane@localhost',
    'pkg@1.2.3',
    'foo%40bar',
    '@decorator() a @ b',
    'sk-fading-circle-container-of-style',
    'risk-assessment-of-2026-and-later-years',
    'AKIA and ASIA are prefixes',
    'ghp_short',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----',
    'eyJ is how they begin',
    'file.eyJs.with.some.more.dots',
    'http://localhost:8080/a@b',
    'http://[::1]:8080/a@b',
    'https://example.com/a:b@c',
    'http://host:8080?x=1@2',
    'time 08:26:41://x',
    'DE89370400440532013001 has a wrong check digit',
    'XX89370400440532013000 is no country',
    'DE8937040044053201300 is too short',
    'DE893704004405320130000 is too long',
    'ssn 000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000',
    '1123-45-67890 and 123-456-7890',
    'secret_key is missing',
    'token= and password=',
    'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  ])('%s', async (message) => {
    expect(await run({ message }, { find: ALL })).toEqual({ message });
  });
});

describe('values that are not text', () => {
  const raw = (text: string): object => (JSON as unknown as { rawJSON(text: string): object }).rawJSON(text);

  it.each<[string, unknown]>([
    ['a number', 4111111111111111],
    ['a BigInt', 6205500000000000004n],
    ['a number that only its text can hold', raw('4111111111111111.000000000000000000001')],
  ])('a card that is %s is replaced', async (_name, pan) => {
    expect(await run({ pan, list: [pan] }, { find: ['card'] })).toEqual({ pan: R, list: [R] });
    expect(await run({ pan }, { find: ['email'] })).toEqual({ pan });
  });

  it.each([1763800000103, 1763800000123456, 0.4111111111111111, 4.111111111111111, -4111111111111111, 1e300])(
    'the number %d is kept',
    async (n) => {
      expect(await run({ n }, { find: ALL })).toEqual({ n });
    },
  );

  it('the name of a field is replaced, without losing other fields', async () => {
    const event = { to: { 'ada@example.com': 1, 'bob@example.com': 2, '4111111111111111': 3, kept: 4 } };
    expect(await run(event, { find: ['email', 'card'] })).toEqual({
      to: { kept: 4, [R]: 1, [`${R}_2`]: 2, [`${R}_3`]: 3 },
    });
  });

  it("the name of a field is never empty, and is not searched for the user's patterns", async () => {
    expect(await run({ 'a@b.cc': 1, ord: 'ord' }, { replacement: '', patterns: ['ord'] })).toEqual({
      ord: '',
      _: 1,
    });
  });

  it('a frozen object is replaced by a copy', async () => {
    const event = { list: Object.freeze(['a@b.cc', Object.freeze({ x: 'a@b.cc' })]) };
    expect(await run(event, {})).toEqual({ list: [R, { x: R }] });
  });

  it('a secret key of AWS is recognised by the name of its field', async () => {
    const secret = of('', 40);
    expect(await run({ SecretAccessKey: secret, sha1: secret }, { find: ['key'] })).toEqual({
      SecretAccessKey: R,
      sha1: secret,
    });
  });
});

it('the hash of a card or an account does not depend on its formatting', async () => {
  const options = { find: ['card', 'iban'], hash_key: 'pepper-of-the-site' };
  const event = { a: '4111 1111-1111.1111', b: '4111111111111111', c: 4111111111111111 };
  const { a, b, c } = await run(event, options);
  expect([a, b]).toEqual([c, c]);
  expect(c).toMatch(/^[0-9a-f]{16}$/);
  const { d, e } = await run({ d: 'DE89 3704 0044 0532 0130 00', e: 'de89370400440532013000' }, options);
  expect(d).toBe(e);
});

it('the hash key is marked as a secret in the schema', () => {
  const { shape } = redact.options as unknown as { shape: { hash_key: { meta(): unknown } } };
  expect(shape.hash_key.meta()).toMatchObject({ secret: true });
});
