import { type ReadableSpan, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, it } from 'vitest';
import { ExportReports } from '../../../src/tracing/export-reports.ts';
import { QUEUE_MAX, SpanQueue } from '../../../src/tracing/span-queue.ts';
import { memoryLog } from '../support/memory-log.ts';
import { settleDown } from '../support/fakes.ts';

/** Of one export. */
const BATCH = 64;

/** A queue before an exporter whose answers the test gives. */
function lab() {
  const { log, lines } = memoryLog();
  const exports: { spans: ReadableSpan[]; done: (error?: Error) => void }[] = [];
  const exporter: SpanExporter = {
    export: (spans, done) =>
      void exports.push({
        spans,
        done: (error) => done(error === undefined ? { code: 0 } : { code: 1, error }),
      }),
    shutdown: async () => {},
  };
  const provider = new TracerProvider({ spanProcessors: [new SpanQueue(exporter, new ExportReports(log))] });
  const tracer = provider.getTracer('test');
  const end = (count: number): void => {
    for (let n = 0; n < count; n++) tracer.startSpan('bulk').end();
  };
  const answer = async (error?: Error): Promise<void> => {
    exports.shift()?.done(error);
    await settleDown();
  };
  return { lines, exports, end, answer, provider };
}

it('the queue has a limit, and what is above it is counted', async () => {
  const { lines, exports, end, answer, provider } = lab();
  end(BATCH);
  expect(exports).toHaveLength(1);
  end(QUEUE_MAX + 10);
  expect(exports).toHaveLength(1);
  await answer(new Error('refused'));
  expect(lines).toMatchObject([
    { code: 'tracing_failed', reason: 'refused', failures: 1, spans_lost: BATCH + 10 },
  ]);
  let exported = 0;
  while (exports.length > 0) {
    exported += exports[0]?.spans.length ?? 0;
    await answer();
  }
  expect(exported).toBe(QUEUE_MAX);
  // There is room again.
  end(BATCH);
  expect(exports).toHaveLength(1);
  await answer();
  await provider.shutdown();
});

it('exports that fail are told once, and counted until one succeeds', async () => {
  const { lines, exports, end, answer, provider } = lab();
  const failed = Object.assign(new Error('Service Unavailable'), { code: 503, data: 'what it says' });
  for (let n = 0; n < 5; n++) {
    end(BATCH);
    await answer(failed);
  }
  expect(lines).toMatchObject([
    { level: 40, code: 'tracing_failed', reason: 'HTTP 503 Service Unavailable' },
  ]);
  end(BATCH);
  await answer();
  expect(lines.slice(1)).toMatchObject([
    { level: 30, code: 'tracing_recovered', failures: 5, spans_lost: 5 * BATCH },
  ]);
  end(BATCH);
  await answer();
  expect(lines).toHaveLength(2);
  expect(exports).toEqual([]);
  await provider.shutdown();
});
