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
  const file = fileURLToPath(new URL('../../.cache/servers.env', import.meta.url));
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
  const value = (name: string) => {
    const found = values.get(name);
    if (found === undefined || found === '')
      throw new Error(`${file} has no ${name}: run dev/setup.sh again`);
    return found;
  };
  return {
    kafkaDirectory: value('KAFKA_DIR'),
    elasticsearchDirectory: value('ES_DIR'),
    oldElasticsearchDirectory: value('ES_OLD_DIR'),
    java: value('JAVA'),
  };
}
