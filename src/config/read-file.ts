import { readFileSync } from 'node:fs';
import { LogweirError, messageOf } from '../errors.ts';

/**
 * Reads a file that the configuration names: a secret or a certificate.
 *
 * @param key the setting with the path, for the message
 * @throws LogweirError CONFIG if the file cannot be read
 */
export function readConfigured(path: string, key: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new LogweirError('CONFIG', `${key}: cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Reads a secret, without the line feed that editors append. @throws LogweirError CONFIG */
export function readSecret(path: string, key: string): string {
  return readConfigured(path, key).trim();
}
