import type { Config } from '../config/schema.ts';
import { LogweirError } from '../errors.ts';
import { type Log, RepeatGate } from '../log.ts';
import { BoundedMap } from '../bounded-map.ts';
import { explain } from './explain.ts';
import { ErrorCode, type KafkaError } from './native.ts';

/** librdkafka has some two hundred messages. */
const MESSAGES_MAX = 256;

/** Logs what the Kafka client reports, each message once in a while only. */
export class ErrorReports {
  readonly #config: Config['kafka'];
  readonly #log: Log;
  readonly #gates = new BoundedMap<string, RepeatGate>(MESSAGES_MAX);

  constructor(config: Config['kafka'], log: Log) {
    this.#config = config;
    this.#log = log;
  }

  /** @returns what ends the process, where the client cannot go on */
  report(error: KafkaError): LogweirError | null {
    const { message, code } = error;
    const gate = this.#gates.get(message) ?? new RepeatGate();
    this.#gates.set(message, gate);
    const held = gate.pass();
    const isFatal = error.isFatal === true || code === ErrorCode.FATAL;
    if (held === undefined && !isFatal) return null;
    const sentence = explain(error, this.#config);
    if (held !== undefined) this.#log.warn({ reason: message, code, repeated: held }, sentence);
    return isFatal ? new LogweirError('FATAL', `${sentence}: ${message}`) : null;
  }
}
