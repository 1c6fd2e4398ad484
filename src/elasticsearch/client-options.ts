import { SniffingTransport, type ClientOptions } from '@elastic/elasticsearch';
import { readConfigured, readSecret } from '../config/read-file.ts';
import type { Config } from '../config/schema.ts';

type ElasticsearchConfig = Config['elasticsearch'];

/** Without the client's own check, which accepts Elasticsearch only; product.ts checks instead. */
class AnyProductTransport extends SniffingTransport {
  constructor({ productCheck: _unused, ...options }: ConstructorParameters<typeof SniffingTransport>[0]) {
    super(options);
  }
}

/**
 * The client's options, with the current contents of the files for credentials and certificates.
 *
 * @throws LogweirError CONFIG if a file cannot be read
 */
export function clientOptions(config: ElasticsearchConfig): ClientOptions {
  const options: ClientOptions = {
    nodes: config.endpoints,
    Transport: AnyProductTransport,
    maxRetries: 0,
    requestTimeout: config.request.timeout_ms,
    compression: config.compression === 'gzip',
    enableMetaHeader: false,
    // To redact secrets, the client would copy the request of every error, its body byte by byte into an
    // object: half a gigabyte for one batch. Logweir reads and logs only the message of an error.
    redaction: { type: 'off' },
  };
  const auth = credentials(config.auth) ?? credentialsIn(config.endpoints);
  if (auth !== undefined) options.auth = auth;
  const { ca_file, cert_file, key_file, verify } = config.tls;
  if (ca_file !== null || cert_file !== null || !verify) {
    options.tls = {
      rejectUnauthorized: verify,
      ...(ca_file === null ? {} : { ca: readConfigured(ca_file, 'elasticsearch.tls.ca_file') }),
      ...(cert_file === null ? {} : { cert: readConfigured(cert_file, 'elasticsearch.tls.cert_file') }),
      ...(key_file === null ? {} : { key: readConfigured(key_file, 'elasticsearch.tls.key_file') }),
    };
  }
  return options;
}

function credentials(auth: ElasticsearchConfig['auth']): NonNullable<ClientOptions['auth']> | undefined {
  const apiKey = auth.api_key ?? secretIn(auth.api_key_file, 'auth.api_key_file');
  if (apiKey !== null) return { apiKey: encodedApiKey(apiKey.trim()) };
  if (auth.username === null) return undefined;
  const password = auth.password ?? secretIn(auth.password_file, 'auth.password_file') ?? '';
  return { username: auth.username, password };
}

/** The credentials of the first URL that has any serve all endpoints, as in the client. */
function credentialsIn(endpoints: readonly string[]): ClientOptions['auth'] {
  const url = endpoints.map((one) => new URL(one)).find(({ username, password }) => username && password);
  if (url === undefined) return undefined;
  return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}

/** Elasticsearch issues a key as `encoded`, ready for the header, and as `id` and `api_key`, encoded here. */
function encodedApiKey(key: string): string {
  return key.includes(':') ? Buffer.from(key).toString('base64') : key;
}

function secretIn(path: string | null, key: string): string | null {
  return path === null ? null : readSecret(path, `elasticsearch.${key}`);
}
