import type { TraceContext } from '../../../src/tracing/traceparent.ts';

/** A sampled trace context of its own for each number above 0. */
export function contextOf(id: number): TraceContext {
  return {
    traceId: id.toString(16).padStart(32, 'a'),
    spanId: id.toString(16).padStart(16, 'b'),
    isSampled: true,
  };
}

export function traceparentOf(id: number): string {
  const { traceId, spanId } = contextOf(id);
  return `00-${traceId}-${spanId}-01`;
}
