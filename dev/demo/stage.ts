import { join } from 'node:path';
import { startElasticsearch, type ElasticsearchServer } from '../../test/support/elasticsearch-server.ts';
import { called, withAdmin } from '../../test/support/kafka-client.ts';
import { startKafka } from '../../test/support/kafka-server.ts';
import { startServers } from '../../test/support/servers.ts';
import { createTopic, deleteTopic, uniqueName } from '../../test/support/topics.ts';

/** The servers of a demo, and the names of its topics, group and indices. */
export interface Stage {
  readonly directory: string;
  readonly kafka: string;
  /** The address for reading the index. */
  readonly elasticsearch: string;
  readonly elasticsearchEndpoints: readonly string[];
  /** Undefined if Elasticsearch was given, so that the demo may not stop it. */
  readonly elasticsearchServer: ElasticsearchServer | undefined;
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly partitions: number;
  readonly group: string;
  /** The template of the index name. */
  readonly index: string;
  /** Matches all indices of the template. */
  readonly indexPattern: string;
  /** Stops the servers; on given servers it removes the topics, group and indices. */
  close(): Promise<void>;
}

type StageServers = Pick<Stage, 'kafka' | 'elasticsearchEndpoints' | 'elasticsearchServer'> & {
  stop(): Promise<void>;
};

const GROUP_TIMEOUT_MS = 10_000;

/** KAFKA_BOOTSTRAP_SERVERS and ELASTICSEARCH_ENDPOINTS, if set and not empty. */
export function givenServers(): { kafka: string | undefined; elasticsearch: string | undefined } {
  const { KAFKA_BOOTSTRAP_SERVERS: kafka, ELASTICSEARCH_ENDPOINTS: elasticsearch } = process.env;
  return { kafka: kafka || undefined, elasticsearch: elasticsearch || undefined };
}

/** Starts the servers that are not given, and creates the topics. */
export async function openStage(directory: string, partitions: number): Promise<Stage> {
  const given = givenServers();
  const servers = await serversFor(directory, given);
  const shared = given.kafka !== undefined || given.elasticsearch !== undefined;
  // On shared servers the name must be unique: the audit counts the whole topic and index.
  const name = shared ? uniqueName('logweir-demo') : 'app-logs';
  const { kafka, elasticsearchEndpoints, elasticsearchServer } = servers;
  const stage: Stage = {
    directory,
    kafka,
    elasticsearch: elasticsearchEndpoints[0] ?? '',
    elasticsearchEndpoints,
    elasticsearchServer,
    topic: name,
    deadLetterTopic: `${name}-dlq`,
    partitions,
    group: shared ? name : 'vector-aggregator',
    index: `${name}-{{@timestamp|yyyy.MM.dd}}`,
    indexPattern: `${name}-*`,
    async close() {
      try {
        if (given.kafka !== undefined) await removeFromKafka(stage);
        if (given.elasticsearch !== undefined) await removeFromElasticsearch(stage);
      } finally {
        await servers.stop();
      }
    },
  };
  try {
    await createTopic(kafka, stage.topic, partitions);
    await createTopic(kafka, stage.deadLetterTopic, 1);
  } catch (error) {
    await servers.stop();
    throw error;
  }
  return stage;
}

async function serversFor(
  directory: string,
  { kafka, elasticsearch }: ReturnType<typeof givenServers>,
): Promise<StageServers> {
  if (kafka === undefined && elasticsearch === undefined) {
    const servers = await startServers(directory);
    return {
      kafka: servers.kafka.bootstrapServers,
      elasticsearchEndpoints: [servers.elasticsearch.url],
      elasticsearchServer: servers.elasticsearch,
      stop: () => servers.stop(),
    };
  }
  if (elasticsearch === undefined) {
    const server = await startElasticsearch({ runDirectory: join(directory, 'elasticsearch') });
    return {
      kafka: kafka ?? '',
      elasticsearchEndpoints: [server.url],
      elasticsearchServer: server,
      stop: () => server.close(),
    };
  }
  const endpoints = elasticsearch.split(',').map((endpoint) => endpoint.trim().replace(/\/$/, ''));
  const server =
    kafka === undefined ? await startKafka({ runDirectory: join(directory, 'kafka') }) : undefined;
  return {
    kafka: kafka ?? server?.bootstrapServers ?? '',
    elasticsearchEndpoints: endpoints,
    elasticsearchServer: undefined,
    stop: async () => await server?.stop(),
  };
}

async function removeFromKafka({ kafka, topic, deadLetterTopic, group }: Stage): Promise<void> {
  await deleteTopic(kafka, topic);
  await deleteTopic(kafka, deadLetterTopic);
  const deleted = withAdmin(kafka, (admin) =>
    called((callback) =>
      admin.deleteGroups([group], { timeout: GROUP_TIMEOUT_MS }, (error) => callback(error, undefined)),
    ),
  );
  // A killed aggregator remains a member for some seconds. Kafka removes an empty group by itself.
  await deleted.catch(() => {});
}

async function removeFromElasticsearch({ elasticsearch, indexPattern }: Stage): Promise<void> {
  // Elasticsearch does not delete by pattern.
  const response = await fetch(`${elasticsearch}/${indexPattern}/_alias`);
  const names = Object.keys((await response.json()) as object);
  if (names.length > 0) await fetch(`${elasticsearch}/${names.join(',')}`, { method: 'DELETE' });
}
