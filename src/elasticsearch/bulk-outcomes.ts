import type { Metrics } from '../admin/metrics.ts';
import type { Pipeline } from '../pipeline.ts';
import type { BulkEvents } from './bulk-events.ts';
import type { Parking } from './parking.ts';
import type { Reachability } from './reachability.ts';

/** Who is told of what bulk requests have done. The pipeline and the parking are made after the sender. */
export interface BulkListeners {
  readonly metrics: Metrics;
  readonly reachability: Reachability;
  readonly pipeline: () => Pipeline;
  readonly parking: () => Parking;
}

export function bulkEvents({ metrics, reachability, pipeline, parking }: BulkListeners): BulkEvents {
  return {
    indexed(document, alreadyThere) {
      metrics.sent(alreadyThere);
      pipeline().indexed(document);
    },
    diverted(document, to) {
      if (to === 'dropped') metrics.droppedByPipeline();
      return pipeline().diverted(document, to);
    },
    rejected: (document, reason, message) => pipeline().rejected(document, reason, message),
    held: (document, cause) => parking().park(document, cause),
    answered(outcome, _documents, ms) {
      metrics.answered(outcome, ms);
      if (outcome !== 'retry') reachability.answered();
    },
    retrying: (documents) => metrics.retrying(documents),
  };
}
