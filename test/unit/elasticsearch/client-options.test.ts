import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { clientOptions } from '../../../src/elasticsearch/client-options.ts';
import { configOf } from '../support/config.ts';

const authOf = (auth: object) =>
  clientOptions(configOf(`elasticsearch: { auth: ${JSON.stringify(auth)} }`).elasticsearch).auth;

it.each([
  // `id:api_key`, as Elasticsearch issues it beside `encoded`, and as other shippers expect it.
  ['b1XkQ3:nT0pSecretPart', 'YjFYa1EzOm5UMHBTZWNyZXRQYXJ0'],
  ['YjFYa1EzOm5UMHBTZWNyZXRQYXJ0', 'YjFYa1EzOm5UMHBTZWNyZXRQYXJ0'],
  ['essu_YjFYa1EzOm5UMHBTZWNyZXRQYXJ0', 'essu_YjFYa1EzOm5UMHBTZWNyZXRQYXJ0'],
  [' b1XkQ3:nT0pSecretPart\n', 'YjFYa1EzOm5UMHBTZWNyZXRQYXJ0'],
  ['aGVsbG8td29ybGQ=\n', 'aGVsbG8td29ybGQ='],
])('the API key %j is sent as %s, from the configuration and from a file', (given, sent) => {
  expect(authOf({ api_key: given })).toEqual({ apiKey: sent });
  const directory = mkdtempSync(join(tmpdir(), 'logweir-key-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'key'), given);
  expect(authOf({ api_key_file: join(directory, 'key') })).toEqual({ apiKey: sent });
});

it('a login in a URL applies to all endpoints, and auth takes precedence', () => {
  const options = (more: string) =>
    clientOptions(
      configOf(`elasticsearch: { endpoints: ["http://a:1", "http://u:p%2Cw@b:1"] ${more} }`).elasticsearch,
    );
  expect(options('').auth).toEqual({ username: 'u', password: 'p,w' });
  expect(options(', auth: { username: x, password: y }').auth).toEqual({ username: 'x', password: 'y' });
});
