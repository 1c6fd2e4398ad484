import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { runRoot } from './paths.ts';
import { startServers } from './servers.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Bootstrap servers. */
    kafka: string;
    /** URL of one node. */
    elasticsearch: string;
  }
}

/**
 * One Kafka and one Elasticsearch for all test files, which keep out of each other's way by names of their own
 * (`uniqueName`). Servers that the environment names are used instead.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const { KAFKA_BOOTSTRAP_SERVERS: kafka, ELASTICSEARCH_ENDPOINTS: endpoints } = process.env;
  const endpoint = endpoints?.split(',')[0]?.trim().replace(/\/+$/, '');
  if (kafka !== undefined && kafka !== '' && endpoint !== undefined && endpoint !== '') {
    project.provide('kafka', kafka);
    project.provide('elasticsearch', endpoint);
    return undefined;
  }
  const directory = join(runRoot, `test-${process.pid}-${project.name}`);
  const servers = await startServers(directory, { oldElasticsearch: project.name === 'elasticsearch-8' });
  project.provide('kafka', servers.kafka.bootstrapServers);
  project.provide('elasticsearch', servers.elasticsearch.url);
  return async () => {
    await servers.stop();
    await rm(directory, { recursive: true, force: true });
  };
}
