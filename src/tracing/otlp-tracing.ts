import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Attributes,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Config } from '../config/schema.ts';
import { type Document, countOf } from '../elasticsearch/document.ts';
import type { Product } from '../elasticsearch/product.ts';
import type { Answer } from '../elasticsearch/verdict.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { version } from '../version.ts';
import { ExportReports } from './export-reports.ts';
import { readHeaders } from './headers-file.ts';
import { LINKS_MAX, linksOf } from './links.ts';
import { requestEnd } from './request-span.ts';
import { EXPORT_TIMEOUT_MS, SpanQueue } from './span-queue.ts';
import type { BulkSpan, Tracing } from './traced.ts';

/** A shutdown waits no longer for the collector. */
const CLOSE_MS = 2000;
const PATH = '/v1/traces';

/**
 * Traces with OpenTelemetry's SDK. Nothing is registered globally, so that other instrumented packages of the
 * process create no spans. Only this file and span-queue.ts import the SDK.
 */
export class OtlpTracing implements Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;
  readonly #reports: ExportReports;
  readonly #server: Attributes;

  /** @throws LogweirError CONFIG if the file of headers cannot be read */
  constructor(config: Config['tracing'], endpoints: readonly string[], log: Log) {
    const { endpoint, headers_file, sample_ratio, service_name } = config;
    if (headers_file !== null) readHeaders(headers_file);
    this.#reports = new ExportReports(log);
    this.#server = serverOf(endpoints);
    const exporter = new OTLPTraceExporter({
      url: tracesUrl(endpoint),
      timeoutMillis: EXPORT_TIMEOUT_MS,
      ...(headers_file === null ? {} : { headers: async () => readHeaders(headers_file) }),
    });
    this.#provider = new TracerProvider({
      resource: detectResources({ detectors: [envDetector] }).merge(
        resourceFromAttributes({
          'service.name': service_name,
          'service.version': version,
          // A worker is an instance of its own.
          'service.instance.id': `${hostname()}-${process.pid}`,
        }),
      ),
      sampler: new TraceIdRatioBasedSampler(sample_ratio),
      spanLimits: { linkCountLimit: LINKS_MAX },
      spanProcessors: [new SpanQueue(exporter, this.#reports)],
    });
    this.#tracer = this.#provider.getTracer('logweir', version);
  }

  start(
    documents: readonly Document[],
    bytes: number,
    attempt: number,
    product: Product | null,
  ): BulkSpan | null {
    try {
      const span = this.#tracer.startSpan('bulk', { kind: SpanKind.CLIENT });
      if (!span.isRecording()) return null;
      const count = countOf(documents);
      span.setAttributes({
        ...this.#server,
        ...attributesOf(documents, count),
        'db.system.name': product ?? 'elasticsearch',
        'logweir.bytes': bytes,
        'logweir.attempt': attempt,
      });
      addLinks(span, documents);
      return { end: (answer, isAborted) => this.#end(span, answer, count, isAborted) };
    } catch (error) {
      this.#reports.failed(`internal error: ${messageOf(error)}`, 1);
      return null;
    }
  }

  async close(): Promise<void> {
    const timer = new AbortController();
    const closed = this.#provider.shutdown().catch(() => {
      // The failed export is in the log.
    });
    await Promise.race([closed, delay(CLOSE_MS, undefined, { signal: timer.signal }).catch(() => {})]);
    timer.abort();
  }

  #end(span: Span, answer: Answer, documents: number, isAborted: boolean): void {
    try {
      const { outcome, httpStatus, failedDocuments, errorType, message } = requestEnd(
        answer,
        documents,
        isAborted,
      );
      span.setAttributes({ 'logweir.outcome': outcome, 'logweir.documents_failed': failedDocuments });
      if (httpStatus !== undefined) span.setAttribute('db.response.status_code', String(httpStatus));
      if (errorType !== undefined) {
        span.setAttribute('error.type', errorType);
        span.setStatus({ code: SpanStatusCode.ERROR, message: message ?? '' });
      }
      span.end();
    } catch (error) {
      this.#reports.failed(`internal error: ${messageOf(error)}`, 1);
    }
  }
}

/** Named by the semantic conventions for clients of Elasticsearch, and where they have no name, by us. */
function attributesOf(documents: readonly Document[], count: number): Attributes {
  const [first] = documents;
  const isOneIndex = first !== undefined && documents.every(({ index }) => index === first.index);
  return {
    'db.operation.name': 'bulk',
    'http.request.method': 'POST',
    ...(isOneIndex ? { 'db.collection.name': first.index } : {}),
    // The conventions reserve it for two and more.
    ...(count > 1 ? { 'db.operation.batch.size': count } : {}),
    'logweir.documents': count,
  };
}

function addLinks(span: Span, documents: readonly Document[]): void {
  const { contexts, areMore } = linksOf(documents);
  for (const { traceId, spanId, isSampled } of contexts) {
    const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
    span.addLink({ context: { traceId, spanId, traceFlags, isRemote: true } });
  }
  if (areMore) span.setAttribute('logweir.links_omitted', true);
}

function tracesUrl(endpoint: string): string {
  const url = new URL(endpoint);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith(PATH) ? path : path + PATH;
  return url.href;
}

/** Which of several endpoints takes a request is not known when its span starts. */
function serverOf(endpoints: readonly string[]): Attributes {
  const [only, ...others] = endpoints;
  if (only === undefined || others.length > 0) return {};
  const { protocol, hostname: host, port, origin } = new URL(only);
  return {
    'server.address': host,
    'server.port': port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    'url.full': `${origin}/_bulk`,
  };
}
