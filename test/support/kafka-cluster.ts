import { join } from 'node:path';
import { type KafkaServer, newClusterId, startKafka } from './kafka-server.ts';
import { freePort } from './ports.ts';

export interface KafkaCluster {
  readonly brokers: readonly KafkaServer[];
  readonly bootstrapServers: string;
  stop(): Promise<void>;
}

/** Three nodes, each broker and controller: two of them are a majority, so that any one may be away. */
export async function startKafkaCluster(runDirectory: string): Promise<KafkaCluster> {
  const ports = await Promise.all(
    [1, 2, 3].map(async (id) => ({ id, client: await freePort(), own: await freePort() })),
  );
  const clusterId = newClusterId();
  const voters = ports.map(({ id, own }) => `${id}@127.0.0.1:${own}`).join(',');
  const starting = ports.map(({ id, client, own }) =>
    startKafka({
      runDirectory: join(runDirectory, `kafka-${id}`),
      port: client,
      clusterId,
      properties: {
        'node.id': id,
        'controller.quorum.voters': voters,
        listeners: `PLAINTEXT://127.0.0.1:${client},CONTROLLER://127.0.0.1:${own}`,
        'offsets.topic.replication.factor': 3,
        'transaction.state.log.replication.factor': 3,
        'min.insync.replicas': 2,
        'default.replication.factor': 3,
        // Leaders go back to where they were soon after a node has come back.
        'leader.imbalance.check.interval.seconds': 5,
      },
    }),
  );
  const started = await Promise.allSettled(starting);
  const brokers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(brokers.map((broker) => broker.stop()));
  };
  const failed = started.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return { brokers, bootstrapServers: brokers.map((broker) => broker.bootstrapServers).join(','), stop };
}
