import { join } from 'node:path';
import { startElasticsearch, type ElasticsearchServer } from './elasticsearch-server.ts';
import { startKafka, type KafkaServer } from './kafka-server.ts';

export interface Servers {
  readonly kafka: KafkaServer;
  readonly elasticsearch: ElasticsearchServer;
  stop(): Promise<void>;
}

export interface ServersOptions {
  /** Elasticsearch 8.19 in place of the newest. */
  readonly oldElasticsearch?: boolean;
  /** @default each server's own directory below the run directory */
  readonly logDirectory?: string;
  /** @default a free one */
  readonly kafkaPort?: number;
  /** @default a free one */
  readonly elasticsearchPort?: number;
}

/** Starts one Kafka and one Elasticsearch side by side. Where one fails the other is stopped. */
export async function startServers(runDirectory: string, options: ServersOptions = {}): Promise<Servers> {
  const { oldElasticsearch, logDirectory, kafkaPort, elasticsearchPort } = options;
  const [kafka, elasticsearch] = await Promise.allSettled([
    startKafka({ runDirectory: join(runDirectory, 'kafka'), logDirectory, port: kafkaPort }),
    startElasticsearch({
      old: oldElasticsearch,
      runDirectory: join(runDirectory, 'elasticsearch'),
      logDirectory,
      port: elasticsearchPort,
    }),
  ]);
  if (kafka.status === 'fulfilled' && elasticsearch.status === 'fulfilled') {
    const stop = async () => {
      await Promise.all([kafka.value.stop(), elasticsearch.value.close()]);
    };
    return { kafka: kafka.value, elasticsearch: elasticsearch.value, stop };
  }
  if (kafka.status === 'fulfilled') await kafka.value.stop();
  if (elasticsearch.status === 'fulfilled') await elasticsearch.value.close();
  const reasons: unknown[] = [kafka, elasticsearch].flatMap((one) =>
    one.status === 'rejected' ? [one.reason] : [],
  );
  throw new AggregateError(reasons, reasons.map((reason) => (reason as Error).message).join('\n'));
}
