import type { Config } from '../config/schema.ts';
import { LogweirError } from '../errors.ts';
import { type Log, RepeatGate } from '../log.ts';
import { BoundedMap } from '../memory/bounded-map.ts';
import { errorMessage } from './error-messages.ts';
import { ErrorCode, type KafkaError } from './native.ts';

/** librdkafka has some two hundred messages. */
const MESSAGES_MAX = 256;

/** Logs the errors of the Kafka client, each message at most once per interval of {@link RepeatGate}. */
export class ErrorReports {
  readonly #config: Config['kafka'];
  readonly #log: Log;
  readonly #gates = new BoundedMap<string, RepeatGate>(MESSAGES_MAX);

  constructor(config: Config['kafka'], log: Log) {
    this.#config = config;
    this.#log = log;
  }

  /** @returns the error that ends the process, if the client cannot continue; else null */
  report(error: KafkaError): LogweirError | null {
    const { message, code } = error;
    const gate = this.#gates.get(message) ?? new RepeatGate();
    this.#gates.set(message, gate);
    const repeated = gate.pass();
    const isFatal = error.isFatal === true || code === ErrorCode.FATAL;
    if (repeated === undefined && !isFatal) return null;
    const sentence = errorMessage(error, this.#config);
    if (repeated !== undefined)
      this.#log.warn({ code: 'kafka_client_error', reason: message, error_code: code, repeated }, sentence);
    return isFatal ? new LogweirError('FATAL', `${sentence}: ${message}`) : null;
  }
}
