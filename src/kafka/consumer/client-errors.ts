import type { Config } from '../../config/schema.ts';
import type { LogweirError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { FailingAddresses } from '../addresses.ts';
import { refreshLogin } from '../credentials.ts';
import { ErrorReports } from '../error-reports.ts';
import { ErrorCode, type KafkaError, type NativeConsumer } from '../native.ts';
import type { Reported } from './health.ts';

/** The errors that the Kafka clients of a consumer report: logs them, and remembers the last ones. */
export class ClientErrors {
  /** Advertised addresses at which connections of the client have failed. */
  readonly failing = new FailingAddresses();
  readonly #config: Config['kafka'];
  readonly #reports: ErrorReports;
  /** Not bounded: librdkafka has some two hundred codes. */
  readonly #reported = new Map<number, Reported>();
  #fatal: LogweirError | null = null;
  #count = 0;

  constructor(config: Config['kafka'], log: Log) {
    this.#config = config;
    this.#reports = new ErrorReports(config, log);
  }

  /** The consumer's last error of each code; times by `performance.now()`. */
  get reported(): ReadonlyMap<number, Reported> {
    return this.#reported;
  }

  /** Errors since the start. */
  get count(): number {
    return this.#count;
  }

  /** The error after which the consumer cannot continue; null before. */
  get fatal(): LogweirError | null {
    return this.#fatal;
  }

  /** Remembers an error of the consumer that is logged elsewhere. */
  note(error: KafkaError): void {
    this.#count++;
    this.#reported.set(error.code, { error, at: performance.now() });
  }

  /**
   * Remembers and logs an error of the consumer. After a rejected login, the consumer retries with a password
   * that is read again.
   *
   * @param consumer null before the first connection
   */
  report(error: KafkaError, consumer: Pick<NativeConsumer, 'setSaslCredentials'> | null): void {
    this.note(error);
    if (error.code === ErrorCode.AUTHENTICATION && consumer !== null) refreshLogin(consumer, this.#config);
    this.#fatal = this.#reports.report(error) ?? this.#fatal;
  }

  /** Logs an error of the client that only queries the brokers. It is never fatal to the consumer. */
  log(error: KafkaError): void {
    this.#reports.report(error);
  }
}
