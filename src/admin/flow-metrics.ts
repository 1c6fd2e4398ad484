import { Histogram, type Registry } from 'prom-client';
import type { TransformTotals } from '../transform/runtime/transform-counts.ts';
import { registerTotals } from './gauges.ts';
import type { RequestError } from './http-metrics.ts';

/** Seconds. A backlog of days is usual after an outage. */
const LAG_BUCKETS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400, 604_800];

/** What is counted elsewhere, and read at each scrape. */
interface FlowSources {
  transforms(): readonly TransformTotals[];
  /** Errors that the Kafka client has reported. */
  kafkaErrors(): number;
  requestFailures(): Readonly<Record<RequestError, number>>;
  /** Memory in use, and all memory that was taken since the start, in bytes. */
  bufferBytes(): number;
  bufferReceivedBytes(): number;
}

/** Counts bytes, errors and the age of records at each stage, under Vector's names. */
export class FlowMetrics {
  readonly #lag: Histogram;
  #receivedBytes = 0;
  #undecodable = 0;
  #rendered = 0;
  #renderedBytes = 0;
  #sentBytes = 0;
  #rejected = 0;

  constructor(registry: Registry, prefix: string, sources: FlowSources) {
    const total = (name: string, help: string, read: () => number): void =>
      registerTotals(registry, `${prefix}${name}`, help, [], () => [[{}, read()]]);
    const received = 'Bytes of the values, keys and headers of consumed records.';
    total('component_received_bytes_total', received, () => this.#receivedBytes);
    const sent = 'Bytes of the documents that Elasticsearch has acknowledged, with their action lines.';
    total('component_sent_event_bytes_total', sent, () => this.#sentBytes);
    const rendered = 'Documents that were handed to the batches, dead letters for an index included.';
    total('documents_rendered_total', rendered, () => this.#rendered);
    total('documents_rendered_bytes_total', 'Bytes of these documents.', () => this.#renderedBytes);
    const taken = 'Memory that records in flight have taken, since the start.';
    total('buffer_received_bytes_total', taken, () => sources.bufferReceivedBytes());
    const released = 'Memory that settled records have released, since the start.';
    total('buffer_sent_bytes_total', released, () =>
      Math.max(0, sources.bufferReceivedBytes() - sources.bufferBytes()),
    );
    const errors = 'Errors by type and stage. Those of requests are counted for each attempt.';
    registerTotals(registry, `${prefix}component_errors_total`, errors, ['error_type', 'stage'], () => {
      const { request_failed: requestFailed, ...unanswered } = sources.requestFailures();
      const failed = sources.transforms().reduce((sum, transform) => sum + transform.failed, 0);
      const error = (stage: string, type: string, count: number): [Record<string, string>, number] => [
        { error_type: type, stage },
        count,
      ];
      return [
        error('receiving', 'reader_failed', sources.kafkaErrors()),
        error('processing', 'parser_failed', this.#undecodable),
        error('processing', 'conversion_failed', failed),
        error('sending', 'request_failed', requestFailed + this.#rejected),
        error('sending', 'connection_failed', unanswered.connection_failed),
        error('sending', 'timed_out', unanswered.timed_out),
      ];
    });
    this.#lag = new Histogram({
      name: `${prefix}source_lag_time_seconds`,
      help: 'Age of records when they are consumed, from their Kafka timestamp; the last record of each poll.',
      buckets: LAG_BUCKETS,
      registers: [registry],
    });
  }

  received(bytes: number): void {
    this.#receivedBytes += bytes;
  }

  /** A poll has ended with a record of this time, in ms since the epoch; -1 if unknown. */
  polled(timestamp: number): void {
    if (timestamp >= 0) this.#lag.observe(Math.max(0, Date.now() - timestamp) / 1000);
  }

  undecodable(): void {
    this.#undecodable++;
  }

  rendered(documents: number, bytes: number): void {
    this.#rendered += documents;
    this.#renderedBytes += bytes;
  }

  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  rejected(): void {
    this.#rejected++;
  }
}
