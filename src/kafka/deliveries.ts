import type { Headers } from './headers.ts';
import type { KafkaError, NativeProducer } from './native.ts';

type Answered = (error: KafkaError | null | undefined) => void;

/** Has the answers of the brokers reach those who wait in {@link deliver}. To be called once for a producer. */
export function answerDeliveries(producer: NativeProducer): void {
  producer.on('delivery-report', (error: KafkaError | null | undefined, { opaque }: { opaque?: unknown }) => {
    if (typeof opaque === 'function') (opaque as Answered)(error);
  });
}

/**
 * Writes a record, whose timestamp is now. Resolves when all replicas in sync have it.
 *
 * @throws KafkaError the client's own
 */
export function deliver(
  producer: NativeProducer,
  topic: string,
  value: Buffer | null,
  key: Buffer | null = null,
  headers: Headers = [],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const answered: Answered = (error) => (error ? reject(error) : resolve());
    try {
      producer.produce(topic, null, value, key, null, answered, headers);
    } catch (error) {
      reject(error);
    }
  });
}
