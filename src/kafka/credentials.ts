import { readSecret } from '../config/read-file.ts';
import type { Config } from '../config/schema.ts';

/** The password for SASL as it is now: given, or in its file. @throws LogweirError CONFIG where that cannot be read */
export function saslPassword({ password, password_file }: Config['kafka']['sasl']): string {
  if (password !== null) return password;
  return password_file === null ? '' : readSecret(password_file, 'kafka.sasl.password_file');
}

/**
 * The brokers have refused the login: the client tries again by itself, and from now on with what is in the password's file. It
 * may have been changed since.
 */
export function refreshLogin(
  client: { setSaslCredentials(username: string, password: string): void },
  { sasl }: Config['kafka'],
): void {
  if (sasl.mechanism === null || sasl.password_file === null) return;
  try {
    client.setSaslCredentials(sasl.username ?? '', saslPassword(sasl));
  } catch {
    // The file is being replaced at this moment; the next refusal looks again.
  }
}
