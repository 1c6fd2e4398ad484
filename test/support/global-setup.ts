import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Product, startElasticsearch } from './elasticsearch-server.ts';
import { startKafka } from './kafka-server.ts';
import { runRoot } from './paths.ts';
import { share } from './shared.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Bootstrap servers. */
    kafka: string;
    /** URL of one node. */
    elasticsearch: string;
    /** Of that node. */
    product: 'elasticsearch' | 'opensearch';
  }
}

/** A project of this name runs on it. */
const OTHER_PRODUCTS = ['elasticsearch-8', 'opensearch-2', 'opensearch-3'] as const;

/**
 * One Kafka for all test files, and one Elasticsearch of each major; the files keep out of each other's way by names of their
 * own (`uniqueName`). Servers that the environment names are used instead, except by a project of another product.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const { KAFKA_BOOTSTRAP_SERVERS: kafka = '', ELASTICSEARCH_ENDPOINTS: endpoints = '' } = process.env;
  const endpoint = endpoints.split(',')[0]?.trim().replace(/\/+$/, '') ?? '';
  const other = OTHER_PRODUCTS.find((one) => one === project.name);
  if (other === undefined && kafka !== '' && endpoint !== '') {
    project.provide('kafka', kafka);
    project.provide('elasticsearch', endpoint);
    project.provide('product', 'elasticsearch');
    return undefined;
  }
  const product = other ?? 'elasticsearch-9';
  const started = await Promise.allSettled([sharedKafka(), sharedElasticsearch(product)]);
  const leave = async (): Promise<void> => {
    const there = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    await Promise.all(there.map((one) => one.leave()));
  };
  const [broker, node] = started;
  if (broker.status === 'rejected' || node.status === 'rejected') {
    await leave();
    const reasons = started.flatMap((one): unknown[] => (one.status === 'rejected' ? [one.reason] : []));
    throw new AggregateError(reasons, reasons.map((reason) => (reason as Error).message).join('\n'));
  }
  project.provide('kafka', broker.value.server.bootstrapServers);
  project.provide('elasticsearch', node.value.server.url);
  project.provide('product', product.startsWith('opensearch') ? 'opensearch' : 'elasticsearch');
  return leave;
}

const directoryOf = (name: string): string => join(runRoot, `test-${process.pid}-${name}`);

async function sharedKafka() {
  const directory = directoryOf('kafka');
  return await share(
    'kafka',
    () => startKafka({ runDirectory: directory }),
    async (server) => {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  );
}

async function sharedElasticsearch(product: Product) {
  const directory = directoryOf(product);
  return await share(
    product,
    () => startElasticsearch({ product, runDirectory: directory }),
    async (server) => {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  );
}
