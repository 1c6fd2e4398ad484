import { readFileSync } from 'node:fs';
import type { Certificates } from './certificates.ts';
import { type ElasticsearchServer, startElasticsearch } from './elasticsearch-server.ts';
import { freePort } from './ports.ts';
import { adminRequest, type AdminRequest } from './secure-request.ts';

/** A login. What it may do is what its roles say. */
export interface SecureUser {
  readonly name: string;
  /** At least 8 characters, and none that the name makes easy to guess: the plugin refuses weak ones. */
  readonly password: string;
  /** Names of roles. */
  readonly roles: readonly string[];
}

/** A role of the security plugin, with its names for permissions and action groups (`crud`, `indices_all`). */
export interface SecureRole {
  /** @default none */
  readonly cluster?: readonly string[];
  /** @default none */
  readonly indices?: readonly { readonly patterns: readonly string[]; readonly actions: readonly string[] }[];
}

/** OpenSearch 2.19 with its security plugin: logins, roles, and TLS with the test's own authority. */
export interface SecureOpenSearch {
  readonly server: ElasticsearchServer;
  /** https; the authority is `certificates.ca`. A client certificate is not wanted. */
  readonly url: string;
  /** Adds users, or changes their passwords and roles. In force when it resolves. */
  setUsers(users: readonly SecureUser[]): Promise<void>;
  /** Adds roles, or replaces their permissions. In force when it resolves. */
  setRoles(roles: Readonly<Record<string, SecureRole>>): Promise<void>;
  /** As the administrator that the client's certificate is, who may do everything. */
  readonly request: AdminRequest;
}

/**
 * @param runDirectory holds the configuration and the data
 * @param users in place when it resolves; more with `setUsers`
 * @param roles by name
 */
export async function startSecureOpenSearch(
  runDirectory: string,
  certificates: Certificates,
  users: readonly SecureUser[],
  roles: Readonly<Record<string, SecureRole>>,
): Promise<SecureOpenSearch> {
  const port = await freePort();
  const request = adminRequest(port, certificates);
  const server = await startElasticsearch({
    product: 'opensearch-2-secure',
    runDirectory,
    port,
    settings: securitySettings(),
    configurationFiles: configurationFiles(certificates),
    isReady: async () => {
      await request('GET', '/_plugins/_security/api/roles');
      const { status } = (await request('GET', '/_cluster/health')) as { status?: string };
      return status === 'green' || status === 'yellow';
    },
  });
  const put = async (path: string, body: object): Promise<void> =>
    void (await request('PUT', `/_plugins/_security/api/${path}`, body));
  const setUsers: SecureOpenSearch['setUsers'] = async (changed) => {
    for (const { name, password, roles: names } of changed)
      await put(`internalusers/${name}`, { password, opendistro_security_roles: names });
  };
  const setRoles: SecureOpenSearch['setRoles'] = async (changed) => {
    for (const [name, { cluster = [], indices = [] }] of Object.entries(changed))
      await put(`roles/${name}`, {
        cluster_permissions: cluster,
        index_permissions: indices.map(({ patterns, actions }) => ({
          index_patterns: patterns,
          allowed_actions: actions,
        })),
      });
  };
  try {
    await setRoles(roles);
    await setUsers(users);
  } catch (error) {
    await server.close();
    throw error;
  }
  return { server, url: `https://127.0.0.1:${port}`, setUsers, setRoles, request };
}

function securitySettings(): Record<string, string | boolean> {
  const tls = (layer: 'http' | 'transport'): Record<string, string> => ({
    [`plugins.security.ssl.${layer}.pemcert_filepath`]: 'server.pem',
    [`plugins.security.ssl.${layer}.pemkey_filepath`]: 'server.key',
    [`plugins.security.ssl.${layer}.pemtrustedcas_filepath`]: 'ca.pem',
  });
  return {
    ...tls('http'),
    ...tls('transport'),
    'plugins.security.ssl.http.enabled': true,
    'plugins.security.ssl.http.clientauth_mode': 'OPTIONAL',
    'plugins.security.ssl.transport.enforce_hostname_verification': false,
    'plugins.security.nodes_dn': 'CN=server',
    'plugins.security.authcz.admin_dn': 'CN=client',
    'plugins.security.allow_default_init_securityindex': true,
  };
}

/** The certificates, and the first contents of the plugin's own index: its action groups, and a login by password. */
function configurationFiles(certificates: Certificates): Record<string, string> {
  const own = (type: string, content: object): [string, string] => [
    `opensearch-security/${type}.yml`,
    // JSON is YAML.
    JSON.stringify({ _meta: { type: type.replaceAll('_', ''), config_version: 2 }, ...content }),
  ];
  const login = {
    http_enabled: true,
    order: 1,
    http_authenticator: { type: 'basic', challenge: true },
    authentication_backend: { type: 'intern' },
  };
  const empty = ['internal_users', 'roles', 'roles_mapping', 'action_groups', 'tenants', 'nodes_dn'];
  return {
    'server.key': readFileSync(certificates.server.key, 'utf8'),
    'server.pem': readFileSync(certificates.server.cert, 'utf8'),
    'ca.pem': readFileSync(certificates.ca, 'utf8'),
    ...Object.fromEntries(empty.map((type) => own(type, {}))),
    ...Object.fromEntries([own('config', { config: { dynamic: { authc: { login } } } })]),
  };
}
