import type { Mutant } from './mutant.ts';

export const openSearch: readonly Mutant[] = [
  {
    name: 'any answer to GET / is taken for that of OpenSearch',
    file: 'src/elasticsearch/product.ts',
    search: 'return isFork ? {',
    replace: 'return body !== null || isFork ? {',
    tests: ['elasticsearch/ask-endpoints', 'elasticsearch/client'],
  },
  {
    name: 'any 403 is taken for that of the security plugin of OpenSearch',
    file: 'src/elasticsearch/product.ts',
    search: "reason.startsWith('no permissions for [cluster:monitor/main]')",
    replace: "reason !== ''",
    tests: ['elasticsearch/ask-endpoints'],
  },
  {
    name: 'a successful answer of an unknown product is accepted',
    file: 'src/elasticsearch/client.ts',
    search: 'checksProduct && status < 300 ? this.#product.rejection(headers) : null',
    replace: 'null',
    tests: ['elasticsearch/client'],
  },
  {
    name: 'another server behind the address is not identified again',
    file: 'src/elasticsearch/product.ts',
    search: '    this.#isDoubtful = true;',
    replace: '',
    tests: ['elasticsearch/client'],
  },
  {
    name: 'OpenSearch is asked for data streams in words that it rejects',
    file: 'src/elasticsearch/bulk-query.ts',
    search: "return product === 'elasticsearch';",
    replace: 'return true;',
    tests: ['elasticsearch/bulk-query'],
  },
  {
    name: 'a document without a data stream makes an ordinary index of OpenSearch',
    file: 'src/elasticsearch/data-streams.ts',
    search: 'return isListed(found.body, name) ? this.#exists(name) : notDataStream(name);',
    replace: 'return this.#exists(name);',
    tests: ['elasticsearch/data-streams'],
  },
  {
    name: 'the shard limit of OpenSearch 3 is taken for a fault of the document',
    file: 'src/elasticsearch/item-errors.ts',
    search: '(total )?(LOCAL_ONLY |REMOTE_CAPABLE )?shards/i',
    replace: '(total )?shards/i',
    tests: ['elasticsearch/opensearch-answers'],
  },
];
