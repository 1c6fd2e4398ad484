import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config/schema.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { consumerOptions } from './client-config.ts';
import {
  type KafkaError,
  type NativeConsumer,
  type PartitionOffset,
  connect,
  createConsumer,
  disconnect,
  onError,
  onFailure,
} from './native.ts';
import { checked, isRefusal, refused } from './options-check.ts';

const CONNECT_TIMEOUT_MS = 5000;
const RETRY_MS = 2000;
/** A `consume` call occupies one of the four threads of the pool for this long when nothing comes. */
const POLL_TIMEOUT_MS = 50;

/** What the client calls. All of it happens on the event loop, in the course of a poll. */
export interface ConsumerCallbacks {
  rebalance(event: KafkaError, partitions: PartitionOffset[]): void;
  committed(error: KafkaError | undefined, offsets: PartitionOffset[]): void;
  failed(error: KafkaError): void;
  /** A connection has failed: the client's own words for it. */
  unreached(text: string): void;
}

/**
 * Makes a consumer and connects it, again and again until a broker answers.
 *
 * @returns null where `stopping` was aborted before that
 * @throws LogweirError CONFIG where the client refuses its settings
 */
export async function connectConsumer(
  config: Config['kafka'],
  deadLetterTopic: string | null,
  log: Log,
  stopping: AbortSignal,
  callbacks: ConsumerCallbacks,
): Promise<NativeConsumer | null> {
  const servers = config.bootstrap_servers.join(',');
  while (!stopping.aborted) {
    const options = {
      ...consumerOptions(config, deadLetterTopic),
      rebalance_cb: (event: KafkaError, partitions: PartitionOffset[]) =>
        callbacks.rebalance(event, partitions),
      offset_commit_cb: (error: KafkaError | undefined, offsets: (PartitionOffset | Error)[]) =>
        callbacks.committed(...commitAnswer(error, offsets)),
    };
    // A reset inside the client is silent; start-offset.ts does it aloud.
    const native = checked(config, () => createConsumer(options, { 'auto.offset.reset': 'error' }));
    onError(native, (error) => callbacks.failed(error));
    let failure: string | null = null;
    onFailure(native, (text) => {
      failure = text;
      callbacks.unreached(text);
    });
    native.setDefaultConsumeTimeout(POLL_TIMEOUT_MS);
    native.setDefaultIsTimeoutOnlyForFirstMessage(true);
    try {
      await connect(native, CONNECT_TIMEOUT_MS);
      if (!stopping.aborted) return native;
      await disconnect(native, CONNECT_TIMEOUT_MS);
    } catch (error) {
      if (stopping.aborted) break;
      if (isRefusal(error)) throw refused(error, config);
      log.warn(
        { reason: messageOf(error), failure, bootstrap_servers: servers, retry_ms: RETRY_MS },
        `cannot reach Kafka at ${servers}; trying again`,
      );
      await disconnect(native, CONNECT_TIMEOUT_MS);
      await delay(RETRY_MS, undefined, { signal: stopping }).catch(() => {});
    }
  }
  return null;
}

/** The client puts an error in the place of a partition that was refused, without saying which. */
export function commitAnswer(
  error: KafkaError | undefined,
  offsets: readonly (PartitionOffset | Error)[],
): [KafkaError | undefined, PartitionOffset[]] {
  const fault = offsets.find((one) => one instanceof Error);
  const taken = offsets.flatMap((one) => (one instanceof Error ? [] : [one]));
  return [error ?? (fault && { code: -1, message: fault.message }), taken];
}
