import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/transform/api/api.ts';
import { testTransform } from 'logweir/testing';
import parseQueryString from '../../transforms/parse-query-string.ts';
import { parseQuery } from '../../transforms/lib/query.ts';
import parseUrl from '../../transforms/parse-url.ts';
import { superlinear } from '../unit/support/growth.ts';

describe('a query string', () => {
  const parse = async (query: string): Promise<unknown> => {
    const run = await testTransform(parseQueryString, { target: 'x' });
    return (await run({ query }))[0]?.['x'];
  };

  it.each<[string, Event]>([
    ['a=1&b=2', { a: '1', b: '2' }],
    ['?a=1', { a: '1' }],
    ['a=%2B1&b=2&b=3&c', { a: '+1', b: ['2', '3'], c: '' }],
    ['?a%5b%5d=1&a%5b%5d=2', { 'a[]': ['1', '2'] }],
    ['q=caf%C3%A9+au%20lait', { q: 'café au lait' }],
    ['q=100%&r=%zz&s=%', { q: '100%', r: '%zz', s: '%' }],
    ['q=%ff%fe', { q: '\uFFFD\uFFFD' }],
    ['q=%00', { q: '\0' }],
    ['a=b=c', { a: 'b=c' }],
    ['&&a=1&&', { a: '1' }],
    ['=x&a=1', { a: '1' }],
    ['a=1&a=&a', { a: ['1', '', ''] }],
    ['constructor=1&toString=2', { constructor: '1', toString: '2' }],
  ])('%s', async (text, expected) => {
    expect(await parse(text)).toEqual(expected);
  });

  it('with the key __proto__ changes no prototype', async () => {
    const parsed = (await parse('__proto__=1&__proto__=2')) as Event;
    expect(Object.entries(parsed)).toEqual([['__proto__', ['1', '2']]]);
  });

  it.each(['a&', 'a=&', '&', '=', 'a=1&', '%', '?a&', 'é&'])(
    'that repeats %j takes linear time',
    (unit) => {
      const prepare = (bytes: number) => {
        const text = unit.repeat(bytes / unit.length);
        return () => void parseQuery(text);
      };
      expect(superlinear(200_000, prepare)).toBeUndefined();
    },
    60_000,
  );

  it('has the same parameters as in URLSearchParams', () => {
    const text = fc.array(fc.constantFrom('a', '__proto__', '&', '=', '?', '+', '%', '%41', 'é', '\ud800'));
    fc.assert(
      fc.property(text, (parts) => {
        const query = parts.join('');
        const expected = [...new URLSearchParams(query)].filter(([name]) => name !== '');
        const found = Object.entries(parseQuery(query) ?? {});
        expect(found.flatMap(([, values]) => values).length).toBe(expected.length);
        for (const [name, values] of found)
          expect([values].flat()).toEqual(expected.filter(([one]) => one === name).map(([, value]) => value));
      }),
    );
  });

  it.each(['', '?', '&', '=&='])('without a parameter, like %j, is left unchanged', async (query) => {
    const run = await testTransform(parseQueryString, { remove: true });
    expect(await run({ query })).toEqual([{ query }]);
  });
});

describe('a URL', () => {
  const parse = async (url: string, options: object = {}): Promise<unknown> => {
    const run = await testTransform(parseUrl, { target: 'x', ...options });
    return (await run({ url }))[0]?.['x'];
  };

  it.each<[string, Event]>([
    [
      'ftp://foo:bar@files.example:4343/a?b=c#123',
      {
        scheme: 'ftp',
        username: 'foo',
        password: 'bar',
        host: 'files.example',
        port: 4343,
        path: '/a',
        query: { b: 'c' },
        fragment: '123',
      },
    ],
    ['https://a.example', { scheme: 'https', host: 'a.example', path: '/' }],
    ['https://a.example:443/', { scheme: 'https', host: 'a.example', path: '/' }],
    ['HTTPS://WWW.CAFÉ.example/É', { scheme: 'https', host: 'www.xn--caf-dma.example', path: '/%C3%89' }],
    ['http://[2001:db8::7]:8080/', { scheme: 'http', host: '[2001:db8::7]', port: 8080, path: '/' }],
    [
      'http://a/?q=%zz&q=2&%ff',
      { scheme: 'http', host: 'a', path: '/', query: { q: ['%zz', '2'], '\uFFFD': '' } },
    ],
    [
      'postgres://u@db:5432/shop',
      { scheme: 'postgres', username: 'u', host: 'db', port: 5432, path: '/shop' },
    ],
    ['file:///etc/hosts', { scheme: 'file', path: '/etc/hosts' }],
    ['  http://a/b\n', { scheme: 'http', host: 'a', path: '/b' }],
    ['/a/../b%20c?d=e#f', { path: '/a/../b%20c', query: { d: 'e' }, fragment: 'f' }],
    ['/', { path: '/' }],
    ['//evil.example/x', { path: '//evil.example/x' }],
    ['/a?', { path: '/a' }],
  ])('%s', async (text, expected) => {
    expect(await parse(text)).toEqual(expected);
  });

  it.each([
    ['http://a/', 80],
    ['https://a/', 443],
    ['ws://a/', 80],
    ['wss://a/', 443],
    ['ftp://a/', 21],
    ['https://a:444/', 444],
    ['redis://a/', undefined],
  ])('%s has the port %s', async (text, port) => {
    expect(await parse(text, { default_port: true })).toHaveProperty('host', 'a');
    expect(((await parse(text, { default_port: true })) as Event)['port']).toBe(port);
  });

  it.each([
    '',
    'rubbish',
    'a.example/x',
    'host:8080',
    'error: no',
    'http://',
    'http://[::1',
    'http://a:99999/',
    'http://a b/',
    '?a=b',
    '*',
  ])('%j is not a URL, and is left unchanged', async (url) => {
    const run = await testTransform(parseUrl, { remove: true });
    expect(await run({ url })).toEqual([{ url }]);
  });
});

it.each<[string, (n: number) => string]>([
  ['parameters', (n) => `/?${'a=1&'.repeat(n / 4)}`],
  ['percent signs', (n) => `/?a=${'%'.repeat(n)}`],
  ['dots', (n) => `http://a/${'../'.repeat(n / 3)}`],
  ['a host', (n) => `http://${'a.'.repeat(n / 2)}/`],
  ['at signs', (n) => `http://${'@'.repeat(n)}/`],
  ['letters', (n) => 'a'.repeat(n)],
  ['spaces', (n) => ' '.repeat(n)],
  ['hashes', (n) => `/${'#'.repeat(n)}`],
])('one megabyte of %s is parsed in linear time', async (_what, hostile) => {
  const run = await testTransform(parseUrl, { target: 'x' });
  const started = process.cpuUsage().user;
  await run({ url: hostile(1_000_000) });
  expect(process.cpuUsage().user - started).toBeLessThan(2_000_000);
});
