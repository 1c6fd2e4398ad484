import { connect } from 'node:net';
import kafka from '@confluentinc/kafka-javascript';
import type {
  IAdminClient,
  LibrdKafkaError,
  Metadata,
  ProducerGlobalConfig,
} from '@confluentinc/kafka-javascript';

type Callback<T> = (error: LibrdKafkaError | null | undefined, result: T) => void;

/** A call of the Kafka client with a callback, as a promise. Its errors are plain objects without a stack. */
export async function called<T = void>(call: (callback: Callback<T>) => void): Promise<T> {
  return await new Promise((resolve, reject) => {
    call((error, result) => {
      if (error === null || error === undefined) resolve(result);
      else reject(new Error(error.message, { cause: error }));
    });
  });
}

/** The protocol's or librdkafka's number of an error that `called` threw; 0 for any other. */
export function kafkaErrorCode(error: unknown): number {
  const cause = (error as { cause?: { code?: unknown } }).cause;
  return typeof cause?.code === 'number' ? cause.code : 0;
}

export async function withAdmin<T>(
  bootstrapServers: string,
  use: (admin: IAdminClient) => Promise<T>,
): Promise<T> {
  // A listener for the client's log, since without one it goes to the console while a broker is away on purpose.
  const admin = kafka.AdminClient.create(
    { 'bootstrap.servers': bootstrapServers },
    { 'event.log': () => {} },
  );
  try {
    return await use(admin);
  } finally {
    admin.disconnect();
  }
}

/** A consumer that may ask about a group's offsets and never joins the group. */
export async function connectObserver(bootstrapServers: string, group: string): Promise<kafka.KafkaConsumer> {
  const consumer = new kafka.KafkaConsumer({
    'bootstrap.servers': bootstrapServers,
    'group.id': group,
    'enable.auto.commit': false,
    // Brokers of tests come and go; ten seconds by default.
    'reconnect.backoff.max.ms': 500,
  });
  consumer.on('event.error', () => {});
  consumer.on('event.log', () => {});
  await called<Metadata>((callback) => consumer.connect({ timeout: 30_000 }, callback));
  return consumer;
}

export async function disconnectObserver(observer: kafka.KafkaConsumer): Promise<void> {
  await new Promise((resolve) => observer.disconnect(resolve));
}

export async function withObserver<T>(
  bootstrapServers: string,
  group: string,
  use: (observer: kafka.KafkaConsumer) => Promise<T>,
): Promise<T> {
  const observer = await connectObserver(bootstrapServers, group);
  try {
    return await use(observer);
  } finally {
    await disconnectObserver(observer);
  }
}

export async function connectProducer(config: ProducerGlobalConfig): Promise<kafka.Producer> {
  const producer = new kafka.Producer(config);
  // Without a listener an 'event.error' would be thrown; librdkafka retries by itself what can be retried.
  producer.on('event.error', () => {});
  producer.on('event.log', () => {});
  await called<Metadata>((callback) => producer.connect({ timeout: 30_000 }, callback));
  return producer;
}

/** How many brokers a client sees behind `port` on this machine; 0 while no broker listens. */
export async function brokerCount(port: number): Promise<number> {
  if (!(await listens(port))) return 0;
  const producer = new kafka.Producer({ 'bootstrap.servers': `127.0.0.1:${port}` });
  producer.on('event.error', () => {});
  producer.on('event.log', () => {});
  try {
    const { brokers } = await called<Metadata>((callback) => producer.connect({ timeout: 5000 }, callback));
    return brokers.length;
  } finally {
    await new Promise((resolve) => producer.disconnect(resolve));
  }
}

async function listens(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
