import { readSecret } from '../config/read-file.ts';
import type { Config } from '../config/schema.ts';

/**
 * The SASL password: the configured one, or the present one of its file.
 *
 * @throws LogweirError CONFIG if unreadable
 */
export function saslPassword({ password, password_file }: Config['kafka']['sasl']): string {
  if (password !== null) return password;
  return password_file === null ? '' : readSecret(password_file, 'kafka.sasl.password_file');
}

/**
 * Called after the brokers have rejected the login. The client retries by itself; its next attempt uses the
 * present content of the password file, which may have changed.
 */
export function refreshLogin(
  client: { setSaslCredentials(username: string, password: string): void },
  { sasl }: Config['kafka'],
): void {
  if (sasl.mechanism === null || sasl.password_file === null) return;
  try {
    client.setSaslCredentials(sasl.username ?? '', saslPassword(sasl));
  } catch {
    // The file is being replaced. The next rejected login reads it again.
  }
}
