import type { Metrics } from '../admin/metrics.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { BulkEvents } from './bulk-events.ts';
import type { RetryQueue } from './retry-queue.ts';
import type { Reachability } from './reachability.ts';

/**
 * Receivers of the sender's events. Pipeline and retry queue are getters: they are created after the sender.
 */
interface BulkListeners {
  readonly metrics: Metrics;
  readonly reachability: Reachability;
  readonly pipeline: () => Pipeline;
  readonly retryQueue: () => RetryQueue;
}

/** Forwards the sender's events to the metrics, the pipeline and the retry queue. */
export function forwardBulkEvents(listeners: BulkListeners): BulkEvents {
  const { metrics, reachability, pipeline, retryQueue } = listeners;
  return {
    indexed(document, alreadyThere) {
      metrics.sent(document.count, document.bytes, alreadyThere);
      pipeline().indexed(document);
    },
    diverted(document, to) {
      if (to === 'dropped') metrics.droppedByPipeline();
      return pipeline().diverted(document, to);
    },
    rejected(document, reason, message) {
      metrics.rejected();
      return pipeline().rejected(document, reason, message);
    },
    blocked: (document, cause, message) => retryQueue().add(document, cause, message),
    answered(outcome, _documents, ms) {
      metrics.answered(outcome, ms);
      if (outcome !== 'retry') reachability.answered();
    },
    retrying: (documents) => metrics.retrying(documents),
  };
}
