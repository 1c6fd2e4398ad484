import type { Headers } from './headers.ts';
import type { KafkaError, NativeProducer } from './native.ts';

type OnReport = (error: KafkaError | null | undefined) => void;

/** Passes delivery reports to the callers of {@link deliver}. Called once for each producer. */
export function answerDeliveries(producer: NativeProducer): void {
  producer.on('delivery-report', (error: KafkaError | null | undefined, { opaque }: { opaque?: unknown }) => {
    if (typeof opaque === 'function') (opaque as OnReport)(error);
  });
}

/**
 * Produces a record with the present time as its timestamp. Resolves when all in-sync replicas have it.
 *
 * @throws KafkaError of the client
 */
export function deliver(
  producer: NativeProducer,
  topic: string,
  value: Buffer | null,
  key: Buffer | null = null,
  headers: Headers = [],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const answered: OnReport = (error) => (error ? reject(error) : resolve());
    try {
      producer.produce(topic, null, value, key, null, answered, headers);
    } catch (error) {
      reject(error);
    }
  });
}
