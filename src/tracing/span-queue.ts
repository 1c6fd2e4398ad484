import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import type { ExportReports } from './export-reports.ts';

/** A span with all its links takes some 30 kB: 256 of them some 8 MB. */
export const QUEUE_MAX = 256;
const EXPORT_MAX = 64;
const EXPORT_DELAY_MS = 1000;
/** Of one export, the exporter's retries included. */
export const EXPORT_TIMEOUT_MS = 5000;
/** `ExportResultCode.SUCCESS` of @opentelemetry/core. */
const SUCCESS = 0;

/** The SDK's queue, which drops spans above its limit in silence. Here they are counted. */
export class SpanQueue implements SpanProcessor {
  readonly #reports: ExportReports;
  readonly #batches: BatchSpanProcessor;
  #queued = 0;

  /** @param exporter Its failures are reported here. */
  constructor(exporter: SpanExporter, reports: ExportReports) {
    this.#reports = reports;
    this.#batches = new BatchSpanProcessor({
      exporter: {
        export: (spans, done) => {
          this.#queued -= spans.length;
          exporter.export(spans, (result) => {
            const code: number = result.code;
            if (code === SUCCESS) reports.succeeded();
            else reports.failed(reasonOf(result.error), spans.length);
            done(result);
          });
        },
        shutdown: async () => exporter.shutdown(),
      },
      maxQueueSize: QUEUE_MAX,
      maxExportBatchSize: EXPORT_MAX,
      scheduledDelayMillis: EXPORT_DELAY_MS,
      exportTimeoutMillis: 2 * EXPORT_TIMEOUT_MS,
    });
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#queued === QUEUE_MAX) {
      this.#reports.dropped(1);
      return;
    }
    this.#queued++;
    this.#batches.onEnd(span);
  }

  async forceFlush(): Promise<void> {
    await this.#batches.forceFlush();
  }

  async shutdown(): Promise<void> {
    await this.#batches.shutdown();
  }
}

/** The SDK's message of an HTTP status may be empty. The body of the answer is not logged. */
function reasonOf(error: Error | undefined): string {
  if (error === undefined) return 'unknown';
  const code = 'code' in error && typeof error.code === 'number' ? `HTTP ${error.code} ` : '';
  return `${code}${error.message}`.trim().slice(0, 300);
}
