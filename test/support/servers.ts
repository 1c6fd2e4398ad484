import { join } from 'node:path';
import { startElasticsearch, type ElasticsearchServer } from './elasticsearch-server.ts';
import { startKafka, type KafkaServer } from './kafka-server.ts';

export interface Servers {
  readonly kafka: KafkaServer;
  readonly elasticsearch: ElasticsearchServer;
  stop(): Promise<void>;
}

export interface ServersOptions {
  /** @default each server's own directory below the run directory */
  readonly logDirectory?: string;
  /** They serve for long, or are measured. @default false */
  readonly longLived?: boolean;
  /** @default a free one */
  readonly kafkaPort?: number;
  /** @default a free one */
  readonly elasticsearchPort?: number;
}

/** Starts one Kafka and one Elasticsearch side by side. Where one fails the other is stopped. */
export async function startServers(runDirectory: string, options: ServersOptions = {}): Promise<Servers> {
  const { logDirectory, longLived, kafkaPort, elasticsearchPort } = options;
  const [kafka, elasticsearch] = await Promise.allSettled([
    startKafka({ runDirectory: join(runDirectory, 'kafka'), logDirectory, longLived, port: kafkaPort }),
    startElasticsearch({
      runDirectory: join(runDirectory, 'elasticsearch'),
      logDirectory,
      longLived,
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
