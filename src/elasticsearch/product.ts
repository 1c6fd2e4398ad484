import type { Config } from '../config/schema.ts';

/** Elasticsearch, or its fork. Their bulk APIs differ in little; see docs/opensearch.md. */
export type Product = 'elasticsearch' | 'opensearch';

/** What a server is. */
export interface Identity {
  readonly product: Product;
  /** Null if the login may not read it, or the answer does not contain it. */
  readonly version: string | null;
}

/** The header of all answers of Elasticsearch since 7.14. */
const HEADER = 'x-elastic-product';
const NO_HEADER =
  'without the header X-Elastic-Product: is a proxy removing it, or is this not Elasticsearch?';

/** Of all answers of OpenSearch 3: `OpenSearch/3.6.0 (opensearch)`. OpenSearch 2 has no such header. */
const OPENSEARCH_HEADER = 'x-opensearch-version';

type Headers = Readonly<Record<string, unknown>>;

/** Whether the header says that Elasticsearch has answered. */
function isElasticsearch(headers: Headers): boolean {
  return headers[HEADER] === 'Elasticsearch';
}

/**
 * Identifies the server by an answer to `GET /`, or to another request. The header of Elasticsearch or of
 * OpenSearch 3 is enough, with any status. OpenSearch 2 names itself in the body. Its security plugin answers
 * a rejected login with 401 and a realm of its own, and a login without `cluster:monitor/main` with 403 in
 * words that Elasticsearch does not use.
 *
 * @returns null if the answer identifies neither, such as the page of a proxy
 */
export function identify(status: number, headers: Headers, body: string): Identity | null {
  const answer = parsedObject(body);
  const version = asObject(answer?.['version']);
  const number = typeof version?.['number'] === 'string' ? version['number'].slice(0, 50) : null;
  if (isElasticsearch(headers)) return { product: 'elasticsearch', version: number };
  const header = /^OpenSearch\/(\S{1,50})/.exec(String(headers[OPENSEARCH_HEADER]));
  if (header !== null) return { product: 'opensearch', version: header[1] ?? null };
  if (status === 200) {
    // With compatibility.override_main_response_version there is no distribution, and the number is 7.10.2.
    const isFork = version?.['distribution'] === 'opensearch' || isOpenSearchTagline(answer?.['tagline']);
    return isFork ? { product: 'opensearch', version: number } : null;
  }
  return isSecurityPlugin(status, headers, asObject(answer?.['error']))
    ? { product: 'opensearch', version: null }
    : null;
}

/** Whether the security plugin of OpenSearch has rejected the login, or what it may do. */
function isSecurityPlugin(
  status: number,
  headers: Headers,
  error: Record<string, unknown> | undefined,
): boolean {
  if (status === 401) return headers['www-authenticate'] === 'Basic realm="OpenSearch Security"';
  if (status !== 403 || error?.['type'] !== 'security_exception') return false;
  const { reason } = error;
  return typeof reason === 'string' && reason.startsWith('no permissions for [cluster:monitor/main]');
}

/** Whether the body is the error of a server of the family, and not of a proxy. */
export function isOwnError(status: number, body: string): boolean {
  const answer = parsedObject(body);
  return answer?.['error'] !== undefined && answer['status'] === status;
}

/** What is known about the product of the servers. One instance for each process. */
export class ServerProduct {
  readonly #setting: Config['elasticsearch']['product'];
  readonly #onIdentified: (identity: Identity) => void;
  #identity: Identity | null = null;
  /** Whether an answer has contradicted the identity since. */
  #isDoubtful = false;
  #waiting: (() => void)[] = [];

  /** @param onIdentified called when the product or its version becomes known, or changes */
  constructor(
    setting: Config['elasticsearch']['product'],
    onIdentified: (identity: Identity) => void = () => {},
  ) {
    this.#setting = setting;
    this.#onIdentified = onIdentified;
  }

  /** What a server has shown itself to be; null until one has. */
  get identity(): Identity | null {
    return this.#identity;
  }

  /** The configured product, else the identified one; null while neither is known. */
  get product(): Product | null {
    return this.#setting === 'auto' ? (this.#identity?.product ?? null) : this.#setting;
  }

  /** Whether a server must be asked what it is before it gets a bulk request. */
  get mustIdentify(): boolean {
    return this.#setting === 'auto' && (this.#identity === null || this.#isDoubtful);
  }

  /** Resolves when {@link product} is not null. */
  async known(): Promise<Product> {
    for (;;) {
      const { product } = this;
      if (product !== null) return product;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** A server has shown what it is. @returns why it is not what the configuration says; null if it is */
  learn(identity: Identity): string | null {
    const { product } = identity;
    if (this.#setting !== 'auto' && product !== this.#setting)
      return `this is ${nameOf(product)}, but elasticsearch.product is ${this.#setting}`;
    const before = this.#identity;
    this.#isDoubtful = false;
    const version = identity.version ?? (before?.product === product ? before.version : null);
    if (before?.product === product && before.version === version) return null;
    this.#identity = { product, version };
    this.#onIdentified(this.#identity);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
    return null;
  }

  /**
   * Judges by its headers whether a successful answer to a bulk request is the product's own. The body of an
   * OpenSearch shows it, or not, when its items are read.
   *
   * @returns why not; null if it is
   */
  rejection(headers: Headers): string | null {
    if (isElasticsearch(headers)) {
      // Usual, and not worth an object for each request.
      if (this.#identity?.product === 'elasticsearch' && !this.#isDoubtful) return null;
      return this.learn({ product: 'elasticsearch', version: null });
    }
    if (this.product === 'opensearch') return null;
    // Another server may be behind the address now.
    this.#isDoubtful = true;
    return `an answer ${NO_HEADER}${this.#setting === 'auto' ? FOR_OPENSEARCH : ''}`;
  }

  /** Why an answer to `GET /` is treated as another product's. */
  stranger(status: number): string {
    const what = this.#setting === 'opensearch' ? 'that is not of OpenSearch: is this a proxy?' : NO_HEADER;
    return `HTTP ${status} ${what}`;
  }
}

const FOR_OPENSEARCH =
  ' (For an OpenSearch whose GET / a proxy rejects, set elasticsearch.product: opensearch.)';

function nameOf(product: Product): string {
  return product === 'opensearch' ? 'OpenSearch' : 'Elasticsearch';
}

function isOpenSearchTagline(tagline: unknown): boolean {
  return typeof tagline === 'string' && tagline.startsWith('The OpenSearch Project');
}

function parsedObject(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
