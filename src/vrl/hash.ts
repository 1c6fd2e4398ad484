import { createHash, getHashes } from 'node:crypto';
import { asString } from './types.ts';
import { VrlError } from './values.ts';

const KNOWN = new Set(getHashes().map((name) => name.toLowerCase()));

export function md5(value: unknown): string {
  return digestOf('md5', asString(value));
}

export function sha1(value: unknown): string {
  return digestOf('sha1', asString(value));
}

export function sha2(
  value: unknown,
  { variant = 'SHA-512/256' }: { readonly variant?: unknown } = {},
): string {
  return digestOf(variant, asString(value));
}

export function sha3(value: unknown, { variant = 'SHA3-512' }: { readonly variant?: unknown } = {}): string {
  return digestOf(variant, asString(value));
}

/**
 * The digest of a text.
 *
 * @param variant `SHA-512/256`, `SHA3-512` and so on
 */
export function digestOf(variant: unknown, text: string, encoding: 'hex' | 'base64' = 'hex'): string {
  // In the names of OpenSSL.
  const name = asString(variant).toLowerCase().replace('sha-512/', 'sha512-').replace('sha-', 'sha');
  if (!KNOWN.has(name)) throw new VrlError(`unknown variant ${asString(variant)}`);
  return createHash(name).update(text).digest(encoding);
}
