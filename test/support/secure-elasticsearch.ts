import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificates } from './certificates.ts';
import { type ElasticsearchServer, startElasticsearch } from './elasticsearch-server.ts';
import { freePort } from './ports.ts';
import { adminRequest, type AdminRequest } from './secure-request.ts';

const ADMIN = { name: 'test-admin', password: 'test-admin-password' };

/** A user with these privileges on some indices. */
export interface User {
  readonly name: string;
  readonly password: string;
  /** A pattern. */
  readonly indices: string;
  /** @default the least that a deployment needs */
  readonly privileges?: readonly string[];
}

/**
 * A node with logins and TLS that accepts only clients that show a certificate of the same authority. Users are in files: the
 * development server lacks an analyser that its index for users and API keys needs.
 */
export interface SecureElasticsearch {
  readonly server: ElasticsearchServer;
  readonly url: string;
  /** Puts these users in place of those before; the node sees it within a second. */
  setUsers(users: readonly User[]): void;
  readonly request: AdminRequest;
}

export async function startSecureElasticsearch(
  runDirectory: string,
  certificates: Certificates,
): Promise<SecureElasticsearch> {
  const port = await freePort();
  const ask = adminRequest(port, certificates, `${ADMIN.name}:${ADMIN.password}`);
  const server = await startElasticsearch({
    runDirectory,
    port,
    settings: {
      'xpack.security.enabled': true,
      'xpack.security.autoconfiguration.enabled': false,
      'xpack.security.http.ssl.enabled': true,
      'xpack.security.http.ssl.key': 'server.key',
      'xpack.security.http.ssl.certificate': 'server.pem',
      'xpack.security.http.ssl.certificate_authorities': 'ca.pem',
      'xpack.security.http.ssl.client_authentication': 'required',
      'resource.reload.interval.high': '1s',
    },
    configurationFiles: {
      'server.key': readFileSync(certificates.server.key, 'utf8'),
      'server.pem': readFileSync(certificates.server.cert, 'utf8'),
      'ca.pem': readFileSync(certificates.ca, 'utf8'),
      ...userFiles([]),
    },
    isReady: async () => {
      const { status } = (await ask('GET', '/_cluster/health')) as { status?: string };
      return status === 'green' || status === 'yellow';
    },
  });
  const setUsers: SecureElasticsearch['setUsers'] = (users) => {
    for (const [name, content] of Object.entries(userFiles(users)))
      writeFileSync(join(server.configurationDirectory, name), content);
  };
  return { server, url: `https://127.0.0.1:${port}`, request: ask, setUsers };
}

/** The files of Elasticsearch's file realm. */
function userFiles(users: readonly User[]): Record<string, string> {
  const roles = users.map(({ name, indices, privileges = ['create_doc', 'index', 'auto_configure'] }) => {
    const role = { cluster: ['monitor'], indices: [{ names: [indices], privileges }] };
    return `${name}: ${JSON.stringify(role)}`;
  });
  const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');
  return {
    users: lines([ADMIN, ...users].map(({ name, password }) => `${name}:${hashed(password)}`)),
    users_roles: lines([`superuser:${ADMIN.name}`, ...users.map(({ name }) => `${name}:${name}`)]),
    // JSON is YAML. Elasticsearch looks for roles at the starts of lines.
    'roles.yml': lines(roles),
  };
}

/** As Elasticsearch's file realm keeps passwords, by the algorithm that Node has too. */
function hashed(password: string): string {
  const cost = 10_000;
  const salt = randomBytes(32);
  const hash = pbkdf2Sync(password, salt, cost, 32, 'sha512');
  return `{PBKDF2}${cost}$${salt.toString('base64')}$${hash.toString('base64')}`;
}
