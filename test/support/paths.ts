import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where running servers keep their data and logs; ignored by git. */
export const runRoot = fileURLToPath(new URL('../../.run', import.meta.url));

export interface Distributions {
  readonly kafkaDirectory: string;
  readonly elasticsearchDirectory: string;
  /** The major before, 8.19. */
  readonly oldElasticsearchDirectory: string;
  readonly java: string;
}

/** Where set-up has put Kafka, Elasticsearch and Java. */
export function distributions(): Distributions {
  const value = settingsIn('servers.env');
  return {
    kafkaDirectory: value('KAFKA_DIR'),
    elasticsearchDirectory: value('ES_DIR'),
    oldElasticsearchDirectory: value('ES_OLD_DIR'),
    java: value('JAVA'),
  };
}

/** Where set-up has put one OpenSearch, and a Java that runs it. */
export function openSearchDistribution(name: '2' | '2_SECURE' | '3'): { directory: string; java: string } {
  const value = settingsIn('opensearch.env');
  return {
    directory: value(`OPENSEARCH_${name}_DIR`),
    java: value(`OPENSEARCH_${name === '3' ? '3' : '2'}_JAVA`),
  };
}

/** The lines `NAME=value` of a file that set-up writes. */
function settingsIn(name: string): (name: string) => string {
  const file = fileURLToPath(new URL(`../../.cache/${name}`, import.meta.url));
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`${file} is missing: run dev/setup.sh, which fetches the servers`, { cause });
  }
  const values = new Map(
    text
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return (key) => {
    const found = values.get(key);
    if (found === undefined || found === '') throw new Error(`${file} has no ${key}: run dev/setup.sh again`);
    return found;
  };
}
