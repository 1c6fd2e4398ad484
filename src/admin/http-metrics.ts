import { Counter, type Registry } from 'prom-client';
import type { BulkTransport } from '../elasticsearch/client.ts';
import { interruptionOf } from '../elasticsearch/interrupted-requests.ts';
import type { Answer } from '../elasticsearch/verdict.ts';

/** Kinds of failed requests, named as Vector names its `error_type`. */
export type RequestError = 'request_failed' | 'connection_failed' | 'timed_out';

/** Counts the HTTP requests to Elasticsearch's `_bulk`, under Vector's names. */
export class HttpMetrics {
  readonly #responses: Counter<'status'>;
  readonly #errors: Counter<'error_kind'>;
  readonly #requests: Counter;
  readonly #sentBytes: Counter;
  /** Requests by the way they failed. */
  readonly failures: Record<RequestError, number> = { request_failed: 0, connection_failed: 0, timed_out: 0 };

  constructor(registry: Registry, prefix: string) {
    const registers = [registry];
    this.#requests = new Counter({
      name: `${prefix}http_client_requests_sent_total`,
      help: 'Bulk requests that were sent, probes included.',
      registers,
    });
    this.#responses = new Counter({
      name: `${prefix}http_client_responses_total`,
      help: 'Answers to bulk requests, by HTTP status.',
      labelNames: ['status'],
      registers,
    });
    this.#errors = new Counter({
      name: `${prefix}http_client_errors_total`,
      help: 'Bulk requests without an answer.',
      labelNames: ['error_kind'],
      registers,
    });
    this.#sentBytes = new Counter({
      name: `${prefix}component_sent_bytes_total`,
      help: 'Bytes of the bulk requests that Elasticsearch has answered with success, before compression.',
      registers,
    });
    for (const kind of ['connection_failed', 'timed_out']) this.#errors.inc({ error_kind: kind }, 0);
    this.#responses.inc({ status: '200' }, 0);
  }

  sent(): void {
    this.#requests.inc();
  }

  /** @param bytes of the request */
  answered(answer: Answer, bytes: number): void {
    if ('failure' in answer) {
      const kind = interruptionOf(answer) === 'timeout' ? 'timed_out' : 'connection_failed';
      this.failures[kind]++;
      this.#errors.inc({ error_kind: kind });
      return;
    }
    const { status } = answer;
    this.#responses.inc({ status: String(status) });
    if (status >= 200 && status < 300) this.#sentBytes.inc(bytes);
    else this.failures.request_failed++;
  }
}

/** The transport, with its requests counted. */
export function counted(transport: BulkTransport, metrics: HttpMetrics): BulkTransport {
  return {
    async send(body, signal, documents) {
      metrics.sent();
      const answer = await transport.send(body, signal, documents);
      // A request that Logweir itself has aborted is no error.
      if (!('failure' in answer) || !signal.aborted) metrics.answered(answer, body.length);
      return answer;
    },
    refresh: () => transport.refresh(),
    close: async () => transport.close(),
  };
}
