import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brokerCount } from './kafka-client.ts';
import { distributions } from './paths.ts';
import { freePort } from './ports.ts';
import { spawnLogged } from './process.ts';
import { Server, type ServerOptions } from './server.ts';

const LOGGING = `
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d] %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
`;

/** For servers that live for minutes: the second compiler and a collector with threads of its own cost more than they bring. */
const SHORT_LIVED = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

export interface KafkaOptions {
  /** Holds the configuration and the data. A second start on the same directory finds the data again. */
  readonly runDirectory: string;
  /** @default the run directory */
  readonly logDirectory?: string | undefined;
  /** @default a free one */
  readonly port?: number | undefined;
  /** Added to server.properties, over what is there. */
  readonly properties?: Readonly<Record<string, string | number | boolean>> | undefined;
  /** The same for all nodes of a cluster. @default a new one */
  readonly clusterId?: string | undefined;
  /** Handed to Kafka's StorageTool: `--add-scram`, for one. */
  readonly formatArguments?: readonly string[] | undefined;
  /** Serves for long, or is measured. @default false */
  readonly longLived?: boolean | undefined;
}

/** A single Kafka node, broker and controller in one process, on 127.0.0.1 without encryption. */
export class KafkaServer extends Server {
  readonly port: number;
  readonly bootstrapServers: string;

  constructor(port: number, options: ServerOptions) {
    super(options);
    this.port = port;
    this.bootstrapServers = `127.0.0.1:${port}`;
  }
}

export async function startKafka({
  runDirectory,
  logDirectory,
  port,
  properties,
  clusterId = newClusterId(),
  formatArguments = [],
  longLived = false,
}: KafkaOptions): Promise<KafkaServer> {
  const { kafkaDirectory, java } = distributions();
  const clientPort = port ?? (await freePort());
  const dataDirectory = join(runDirectory, 'data');
  const configFile = join(runDirectory, 'server.properties');
  const loggingFile = join(runDirectory, 'log4j2.properties');
  const logFile = join(logDirectory ?? runDirectory, 'kafka.log');
  mkdirSync(runDirectory, { recursive: true });
  writeFileSync(loggingFile, LOGGING);
  const settings = { ...serverProperties(clientPort, await freePort(), dataDirectory), ...properties };
  writeFileSync(
    configFile,
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  const jvm = ['-cp', join(kafkaDirectory, 'libs', '*'), `-Dlog4j2.configurationFile=${loggingFile}`];
  if (!existsSync(join(dataDirectory, 'meta.properties'))) {
    await format(java, jvm, ['--cluster-id', clusterId, '--config', configFile, ...formatArguments]);
  }
  const compilers = longLived ? [] : SHORT_LIVED;
  const server = new KafkaServer(clientPort, {
    name: 'Kafka',
    logFile,
    launch: () =>
      spawnLogged({
        command: java,
        args: ['-Xms128m', '-Xmx512m', ...compilers, ...jvm, 'kafka.Kafka', configFile],
        logFile,
        cwd: runDirectory,
      }),
    isReady: async () => (await brokerCount(server.port)) > 0,
    startTimeoutMs: 60_000,
    stopGraceMs: 20_000,
  });
  await server.start();
  return server;
}

function serverProperties(
  port: number,
  controllerPort: number,
  dataDirectory: string,
): Record<string, string | number> {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': dataDirectory,
    'num.partitions': 1,
    // Half a minute after its start the broker deletes what is older than a week, which many records of tests are.
    'log.retention.ms': -1,
    'auto.create.topics.enable': 'true',
    // After a SIGKILL the broker is let in again only when its old session has ended: 9 s by default.
    'broker.session.timeout.ms': 4000,
    'broker.heartbeat.interval.ms': 1000,
    // One node holds the only replica of the internal topics, and few partitions make it start and stop fast.
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.num.partitions': 3,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // Members of a test's group need not wait for others that may join.
    'group.initial.rebalance.delay.ms': 0,
    // The group protocol of KIP-848 has its limits here, not in the client: 45 s and 5 s by default.
    'group.consumer.min.session.timeout.ms': 6000,
    'group.consumer.session.timeout.ms': 10_000,
    'group.consumer.min.heartbeat.interval.ms': 1000,
    'group.consumer.heartbeat.interval.ms': 1000,
  };
}

/** As Kafka writes it: 16 bytes in base64, and no dash in front. */
export function newClusterId(): string {
  return randomBytes(16).toString('base64url').replace(/^-/, 'A');
}

/** KRaft does not start on a directory without a cluster id. */
async function format(java: string, jvm: readonly string[], options: readonly string[]): Promise<void> {
  const tool = ['kafka.tools.StorageTool', 'format', ...options];
  try {
    await promisify(execFile)(java, ['-Xmx128m', ...SHORT_LIVED, ...jvm, ...tool]);
  } catch (cause) {
    throw new Error(`Kafka's StorageTool failed: ${(cause as Error).message}`, { cause });
  }
}
