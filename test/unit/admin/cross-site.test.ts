import { expect, it } from 'vitest';
import { isCrossSite } from '../../../src/admin/cross-site.ts';

const host = 'localhost:8686';
const navigation = {
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
};

it.each([
  ['a program', {}, false],
  ['the page itself', { 'sec-fetch-site': 'same-origin' }, false],
  ['an address that was typed', { 'sec-fetch-site': 'none' }, false],
  ['its own origin', { origin: 'http://localhost:8686' }, false],
  ['another page', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }, true],
  ['a page of another port', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }, true],
  ['another origin', { origin: 'http://localhost:9999' }, true],
  ['a page in a sandbox', { origin: 'null' }, true],
  ['a link to the data', navigation, true],
])('%s', (_name, headers, expected) => {
  expect(isCrossSite({ host, ...headers }, false)).toBe(expected);
});

it('a link to the page is followed; a frame or a script of another page is not', () => {
  expect(isCrossSite({ host, ...navigation }, true)).toBe(false);
  expect(isCrossSite({ host, ...navigation, 'sec-fetch-dest': 'iframe' }, true)).toBe(true);
  expect(isCrossSite({ host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, true)).toBe(true);
});
