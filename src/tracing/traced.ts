import type { BulkTransport } from '../elasticsearch/client.ts';
import type { Document } from '../elasticsearch/document.ts';
import type { Product } from '../elasticsearch/product.ts';
import type { Answer } from '../elasticsearch/verdict.ts';

/** The span of one bulk request. */
export interface BulkSpan {
  /** @param isAborted whether the request was aborted since its partitions were revoked */
  end(answer: Answer, isAborted: boolean): void;
}

interface BulkTracer {
  /**
   * Never throws.
   *
   * @param bytes of the body
   * @param attempt 1, and more for a request that repeats a failed one
   * @param product null as long as it is not known
   * @returns null if the request is not sampled
   */
  start(
    documents: readonly Document[],
    bytes: number,
    attempt: number,
    product: Product | null,
  ): BulkSpan | null;
}

/** Spans of bulk requests, on their way to a collector. */
export interface Tracing extends BulkTracer {
  /** Exports what is queued, within a bounded time. Never rejects. */
  close(): Promise<void>;
}

/** The transport, with a span for each request that has documents; unchanged if the tracer is null. */
export function traced(
  transport: BulkTransport,
  tracer: BulkTracer | null,
  server: { readonly product: Product | null },
): BulkTransport {
  if (tracer === null) return transport;
  return {
    async send(body, signal, documents, attempt = 1) {
      const span =
        documents === undefined ? null : tracer.start(documents, body.length, attempt, server.product);
      const answer = await transport.send(body, signal, documents, attempt);
      span?.end(answer, signal.aborted);
      return answer;
    },
    refresh: () => transport.refresh(),
    close: async () => transport.close(),
  };
}
