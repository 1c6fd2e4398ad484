import { z } from 'zod';
import { bulkParameters } from './schema-bulk-query.ts';
import { bytes, milliseconds, optionalPath, optionalSecret, optionalText, text } from './schema-values.ts';

const PERCENT_ADVICE =
  'write % as %25, : as %3A, / as %2F, @ as %40, ' +
  "or give elasticsearch.auth's username and password_file instead";

/** What is wrong with the URL of an endpoint, without its password. */
function endpointProblem(endpoint: string): string | undefined {
  const example = 'each must be a URL like http://host:9200';
  if (!/^https?:\/\/[^/?#]/.test(endpoint)) return example;
  const url = URL.parse(endpoint);
  // A password with a character that ends the host makes its own beginning a port.
  if (url === null) return endpoint.includes('@') ? `${example}; in a password ${PERCENT_ADVICE}` : example;
  if (url.hostname.includes(',')) return example;
  const isCut = url.username === '' && endpoint.includes('@');
  const isEncoded = [url.username, url.password].every((part) => {
    try {
      return decodeURIComponent(part) !== undefined;
    } catch {
      return false;
    }
  });
  if (isCut || !isEncoded)
    return `the user and password in the URL must be percent-encoded: ${PERCENT_ADVICE}`;
  return undefined;
}

/** As `textList`, but a comma without a URL after it belongs to a password. */
const endpoints = z
  .union([text, z.array(text).min(1)])
  .default(['http://localhost:9200'])
  .transform((value) =>
    (typeof value === 'string' ? value.split(/,(?=\s*(?:https?:\/\/|$))/i) : value).map((item) =>
      item.trim(),
    ),
  )
  .check(({ value, issues }) => {
    const problem = value.map(endpointProblem).find((one) => one !== undefined);
    if (problem !== undefined) issues.push({ code: 'custom', message: problem, input: value });
  });

const dataStream = z.strictObject({
  type: text.default('logs').describe('First part of the name.'),
  dataset: text.default('app').describe('Second part of the name.'),
  namespace: text.default('default').describe('Third part of the name.'),
});

const batch = z.strictObject({
  max_bytes: bytes(1024, 100_000_000)
    .default(5_000_000)
    .describe(
      'Largest body of a bulk request before compression, in bytes. ' +
        'Keep it below http.max_content_length and the limits of proxies.',
    ),
  max_events: z
    .int()
    .min(1)
    .max(100_000)
    .default(10_000)
    .describe('Largest number of documents in a bulk request.'),
  max_age_ms: milliseconds(0, 60_000)
    .default(200)
    .describe(
      'Time that a batch waits for more documents while other requests are in flight, in milliseconds. ' +
        'While no request is in flight a batch leaves immediately.',
    ),
});

const backoff = z.strictObject({
  initial_ms: milliseconds(1, 60_000)
    .default(200)
    .describe(
      'Base of the exponential delay, in milliseconds. ' +
        'The delay before retry n is random, from 0 to this value × 2^n.',
    ),
  max_ms: milliseconds(1, 600_000).default(5000).describe('Upper limit of the delay, in milliseconds.'),
});

const request = z.strictObject({
  timeout_ms: milliseconds(100, 600_000)
    .default(20_000)
    .describe('Time that a bulk request may take, in milliseconds. After it the request is sent again.'),
  concurrency: z
    .union([z.literal('adaptive'), z.int().min(1).max(200)])
    .default('adaptive')
    .describe(
      'Number of bulk requests in flight. `adaptive` starts with 2, allows up to 8, ' +
        'and lowers the number when Elasticsearch rejects requests or becomes slow.',
    ),
  backoff: backoff.prefault({}).describe('Delay between attempts.'),
});

const auth = z.strictObject({
  username: optionalText.describe('User name. Not together with an API key.'),
  password: optionalSecret.describe('Password of `username`. Prefer `password_file` or a variable.'),
  password_file: optionalText.describe('File with the password, for mounted secrets.'),
  api_key: optionalSecret.describe(
    'API key: the field `encoded` of its creation, or `id:api_key`. Prefer `api_key_file` or a variable.',
  ),
  api_key_file: optionalText.describe('File with the API key, for mounted secrets.'),
});

const tls = z.strictObject({
  ca_file: optionalText.describe(
    "PEM file with the authorities that sign Elasticsearch's certificate. Without it Node's list is used.",
  ),
  cert_file: optionalText.describe('PEM file with the client certificate, if Elasticsearch requires one.'),
  key_file: optionalText.describe('PEM file with the private key of `cert_file`.'),
  verify: z
    .boolean()
    .default(true)
    .describe('Whether the certificate is verified. Set it to false for tests only.'),
});

export const elasticsearchSchema = z.strictObject({
  endpoints: endpoints.describe(
    'URLs of the Elasticsearch nodes or of a proxy, as http://host:9200. In a text, commas separate them. ' +
      'A user name and password in a URL must be percent-encoded; they apply to all endpoints.',
  ),
  product: z
    .enum(['auto', 'elasticsearch', 'opensearch'])
    .default('auto')
    .describe(
      'Product of the servers. `auto` asks with `GET /`, or finds the header of Elasticsearch. ' +
        'Set it if a proxy in front of OpenSearch rejects `GET /`, or to accept one product only.',
    ),
  mode: z
    .enum(['index', 'data_stream'])
    .default('index')
    .describe('Target of documents: the index (or alias) named by `index`, or a data stream.'),
  index: text
    .default('app-logs')
    .describe(
      'Index name for `mode: index`. May hold `{{field}}` and `{{@timestamp|yyyy.MM.dd}}`; dates are in UTC.',
    ),
  data_stream: dataStream
    .prefault({})
    .describe('Name of the data stream for `mode: data_stream`: type-dataset-namespace.'),
  require_alias: z
    .boolean()
    .default(false)
    .describe(
      'For `mode: index` if all targets are aliases (rollover). ' +
        'Documents for a name that is not an alias are blocked, and no index of that name is created.',
    ),
  id_key: optionalPath.describe(
    'Field that is the id (`_id`) of the document, as a dotted path: a text, number or boolean. The document ' +
      'lacks the field then. Records with the same id become one document; see guarantees.md. An event ' +
      'without the field, or with an empty text, has the id of its record, as without `id_key`. A longer id ' +
      'than 512 bytes is a dead letter.',
  ),
  same_id: z
    .enum(['newest', 'first'])
    .default('newest')
    .describe(
      'With `id_key`, the record whose document stays. `newest`: that with the latest timestamp of its Kafka ' +
        'record, and of these with the highest offset. `first`: that which is written first. A data stream ' +
        'always keeps the first.',
    ),
  query: bulkParameters
    .default({})
    .describe(
      'Further parameters of bulk requests, by name: `refresh`, `routing`, `wait_for_active_shards`. ' +
        'Elasticsearch rejects a request with a parameter that it does not know. Parameters that change the ' +
        'form of answers are not permitted.',
    ),
  pipeline: optionalText.describe('Ingest pipeline of all documents. Without it an index uses its default.'),
  batch: batch.prefault({}).describe('Size of bulk requests.'),
  request: request.prefault({}).describe('Timeout, concurrency and retries of bulk requests.'),
  compression: z
    .enum(['none', 'gzip'])
    .default('none')
    .describe('Compression of request bodies. `gzip` saves bandwidth and costs CPU time.'),
  auth: auth.prefault({}).describe('Login at Elasticsearch: user name and password, or an API key.'),
  tls: tls.prefault({}).describe('Certificates for https endpoints.'),
});
