import type { Mutant } from './mutant.ts';

export const tracing: readonly Mutant[] = [
  {
    name: 'the SDK of traces is loaded without an endpoint',
    file: 'src/tracing/tracing.ts',
    search:
      "  if (config.tracing.endpoint === '') return null;\n  const { OtlpTracing } = await import('./otlp-tracing.ts');",
    replace:
      "  const { OtlpTracing } = await import('./otlp-tracing.ts');\n  if (config.tracing.endpoint === '') return null;",
    tests: ['tracing/off'],
  },
  {
    name: 'a trace id of zeros is a link',
    file: 'src/tracing/traceparent.ts',
    search: 'ZEROS.test(traceId) || ',
    replace: '',
    tests: ['tracing/traceparent'],
  },
  {
    name: 'links of a span have no limit',
    file: 'src/tracing/links.ts',
    search: 'if (contexts.size === LINKS_MAX) return false;',
    replace: '',
    tests: ['tracing/links'],
  },
  {
    name: 'only the first record of a run is a link',
    file: 'src/pipeline/settlement.ts',
    search: 'for (let at = 0; at < this.count; at++)',
    replace: 'for (let at = 0; at < 1; at++)',
    tests: ['tracing/links', 'tracing/otlp-tracing'],
  },
  {
    name: 'spans above the limit of the queue are lost in silence',
    file: 'src/tracing/span-queue.ts',
    search: '      this.#reports.dropped(1);\n',
    replace: '',
    tests: ['tracing/span-queue'],
  },
  {
    name: 'each failed export is logged',
    file: 'src/tracing/export-reports.ts',
    search: 'if (this.#gate.pass() === undefined) return;',
    replace: '',
    tests: ['tracing/span-queue'],
  },
  {
    name: 'the end waits for the collector',
    file: 'src/tracing/otlp-tracing.ts',
    search: 'await Promise.race([closed, ',
    replace: 'await Promise.all([closed, ',
    tests: ['tracing/otlp-tracing'],
  },
  {
    name: 'a repeated request has the attempt of the first',
    file: 'src/elasticsearch/bulk.ts',
    search: 'this.#transport.send(body, signal, piece, attempt)',
    replace: 'this.#transport.send(body, signal, piece, 1)',
    tests: ['tracing/otlp-tracing'],
  },
  {
    name: 'the check of data streams never sees the documents',
    file: 'src/admin/http-metrics.ts',
    search: 'await transport.send(body, signal, documents);',
    replace: 'await transport.send(body, signal);',
    tests: ['admin/http-metrics'],
  },
];
