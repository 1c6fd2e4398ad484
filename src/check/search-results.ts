import type { Config } from '../config/schema.ts';
import type { TargetName } from '../elasticsearch/target.ts';
import { clusterResults } from './cluster-results.ts';
import { indexResults } from './index-results.ts';
import { privilegeResults } from './privilege-results.ts';
import { type CheckResult, failed, ok, unchecked, warning } from './result.ts';
import type { EndpointFact, SearchFacts } from './search-facts.ts';

/** Clocks further apart are reported. Log events have milliseconds, and dates decide their index. */
const SKEW_MS = 5000;
/** `GET /` takes milliseconds, and a new connection with TLS some more. */
const SLOW_MS = 2000;
/** The lowest versions that Logweir is tested with. */
const LOWEST = { elasticsearch: 8, opensearch: 2 } as const;

/** The results of everything that concerns Elasticsearch or OpenSearch. */
export function searchResults(facts: SearchFacts, config: Config, target: TargetName): CheckResult[] {
  const { endpoints, cluster } = facts;
  const results = endpoints.map(endpointResult);
  if (cluster === null)
    return [
      ...results,
      unchecked(
        'elasticsearch.target',
        'no endpoint accepts requests',
        'Repair the endpoints or the login, and check again.',
      ),
    ];
  return [
    ...results,
    productResult(endpoints),
    clockResult(endpoints, cluster.aheadMs),
    ...privilegeResults(cluster, config, target),
    ...indexResults(cluster, config, target),
    ...clusterResults(cluster),
  ];
}

function endpointResult({ endpoint, failure, status, product, ms }: EndpointFact): CheckResult {
  const check = 'elasticsearch.endpoint';
  if (failure !== null) {
    const isTls = /certificate|self.signed|\bssl\b|tls|altname|EPROTO|wrong version/i.test(failure);
    const remedy = isTls
      ? "Check the scheme of elasticsearch.endpoints, and elasticsearch.tls: ca_file (the authority of the server's " +
        'certificate), cert_file and key_file if a client certificate is required.'
      : 'Check elasticsearch.endpoints, that the node runs, and that a firewall lets connections through.';
    return failed(check, `${endpoint} cannot be reached: ${failure}`, remedy);
  }
  if (status === 401)
    return failed(
      check,
      `${endpoint} rejects the login (HTTP 401)`,
      'Check elasticsearch.auth: username and password or API key, or the content of their files.',
    );
  if (status >= 500)
    return failed(
      check,
      `${endpoint} answers with HTTP ${status}`,
      'Look at the log of the node or proxy behind this endpoint.',
    );
  if (ms >= SLOW_MS)
    return warning(
      check,
      `${endpoint} is slow: it answers GET / after ${(ms / 1000).toFixed(1)} s`,
      'Look at the load and the disks of the node, and at what is between.',
    );
  // Any answer of the product, as 403 for a user without the right to ask.
  if (product !== null) return ok(check, `${endpoint} answers, and accepts the login`);
  if (status >= 300)
    return warning(
      check,
      `${endpoint} answers GET / with HTTP ${status}`,
      'Check that the URL leads to Elasticsearch. A proxy that passes only _bulk answers so, too.',
    );
  return ok(check, `${endpoint} answers`);
}

function productResult(endpoints: readonly EndpointFact[]): CheckResult {
  const check = 'elasticsearch.product';
  const known = endpoints.filter(({ product }) => product !== null);
  const [first] = known;
  if (first?.product === undefined || first.product === null)
    return failed(
      check,
      'the answers are neither of Elasticsearch nor of OpenSearch',
      'Check elasticsearch.endpoints. A proxy must pass the header X-Elastic-Product.',
    );
  const versions = new Set(known.map(({ product, version }) => `${nameOf(product)} ${version ?? ''}`.trim()));
  if (versions.size > 1)
    return warning(
      check,
      `the endpoints have different versions: ${[...versions].join(', ')}`,
      'During an upgrade this is normal. Otherwise check that all endpoints belong to one cluster.',
    );
  const { product, version } = first;
  if (version === null)
    return unchecked(
      check,
      `the version of ${nameOf(product)} is not known`,
      'Grant the cluster privilege monitor (OpenSearch: cluster:monitor/main), or check again.',
    );
  if (Number.parseInt(version) < LOWEST[product])
    return warning(
      check,
      `${nameOf(product)} ${version} is older than ${LOWEST[product]}, the lowest version that Logweir is tested with`,
      'Upgrade it.',
    );
  return ok(check, `${nameOf(product)} ${version}`);
}

function nameOf(product: EndpointFact['product']): string {
  return product === 'opensearch' ? 'OpenSearch' : 'Elasticsearch';
}

function clockResult(endpoints: readonly EndpointFact[], ofNodes: number | null): CheckResult {
  const check = 'elasticsearch.clock';
  const found = [ofNodes, ...endpoints.map(({ aheadMs }) => aheadMs)].filter((one) => one !== null);
  const remedy = 'Synchronise the clocks of this machine and of the cluster (NTP).';
  const [most] = found.sort((a, b) => Math.abs(b) - Math.abs(a));
  if (most === undefined)
    return unchecked(
      check,
      'no answer has the time of the server',
      'Grant the cluster privilege monitor, or compare the clocks yourself.',
    );
  const seconds = Math.round(Math.abs(most) / 1000);
  if (Math.abs(most) <= SKEW_MS) return ok(check, 'the clocks of this machine and of the cluster agree');
  return warning(
    check,
    `the clock of the cluster is ${seconds} s ${most > 0 ? 'ahead of' : 'behind'} this machine's`,
    remedy,
  );
}
