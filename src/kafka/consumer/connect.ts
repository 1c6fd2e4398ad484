import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../config/schema.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { consumerOptions } from '../client-config.ts';
import {
  type KafkaError,
  type NativeConsumer,
  type PartitionOffset,
  connect,
  createConsumer,
  disconnect,
  onError,
  onFailure,
} from '../native.ts';
import { POLL_TIMEOUT_MS } from './record-reader.ts';
import { checked, isConfigError, settingsError } from '../options-check.ts';

const CONNECT_TIMEOUT_MS = 5000;
const RETRY_MS = 2000;

/** The client calls these on the event loop, during a poll. */
interface ConsumerCallbacks {
  rebalance(event: KafkaError, partitions: PartitionOffset[]): void;
  committed(error: KafkaError | undefined, offsets: PartitionOffset[]): void;
  failed(error: KafkaError): void;
  /** @param text what the client logs of a failed connection */
  connectionFailed(text: string): void;
}

/**
 * Creates a consumer and connects it. Retries until a broker answers.
 *
 * @returns null if `stopping` is aborted first
 * @throws LogweirError CONFIG if the client rejects its settings
 */
export async function connectConsumer(
  config: Config['kafka'],
  deadLetterTopic: string | null,
  log: Log,
  stopping: AbortSignal,
  callbacks: ConsumerCallbacks,
): Promise<NativeConsumer | null> {
  while (!stopping.aborted) {
    const options = {
      ...consumerOptions(config, deadLetterTopic),
      rebalance_cb: (event: KafkaError, partitions: PartitionOffset[]) =>
        callbacks.rebalance(event, partitions),
      offset_commit_cb: (error: KafkaError | undefined, offsets: (PartitionOffset | Error)[]) =>
        callbacks.committed(...commitAnswer(error, offsets)),
    };
    // The client resets offsets silently. start-offset.ts resets them, and logs it.
    const native = checked(config, () => createConsumer(options, { 'auto.offset.reset': 'error' }));
    onError(native, (error) => callbacks.failed(error));
    let failure: string | null = null;
    onFailure(native, (text) => {
      failure = text;
      callbacks.connectionFailed(text);
    });
    native.setDefaultConsumeTimeout(POLL_TIMEOUT_MS);
    native.setDefaultIsTimeoutOnlyForFirstMessage(true);
    try {
      await connect(native, CONNECT_TIMEOUT_MS);
      if (!stopping.aborted) return native;
      await disconnect(native, CONNECT_TIMEOUT_MS);
    } catch (error) {
      if (stopping.aborted) break;
      if (isConfigError(error)) throw settingsError(error, config);
      log.warn(
        {
          code: 'kafka_unreachable',
          reason: messageOf(error),
          failure,
          bootstrap_servers: config.bootstrap_servers.join(','),
          retry_ms: RETRY_MS,
        },
        'cannot reach Kafka, retrying',
      );
      await disconnect(native, CONNECT_TIMEOUT_MS);
      await delay(RETRY_MS, undefined, { signal: stopping }).catch(() => {});
    }
  }
  return null;
}

/** For a rejected partition, the client returns an error that does not name the partition. */
function commitAnswer(
  error: KafkaError | undefined,
  offsets: readonly (PartitionOffset | Error)[],
): [KafkaError | undefined, PartitionOffset[]] {
  const fault = offsets.find((one) => one instanceof Error);
  const answers = offsets.flatMap((one) => (one instanceof Error ? [] : [one]));
  return [error ?? (fault && { code: -1, message: fault.message }), answers];
}
