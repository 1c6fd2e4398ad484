import { version } from '../version.ts';
import { factsOf } from './facts.ts';
import type { StatusView } from './status-view.ts';
import { summaryOf } from './summary.ts';
import { tablesOf } from './tables.ts';
import type { View } from './view-model.ts';

/** @param now milliseconds since the epoch */
export function viewOf(status: StatusView, now: number): View {
  return {
    version: status.version ?? version,
    title: `${status.kafka.topics.join(', ')} → Elasticsearch`,
    summary: status.summary ?? summaryOf(status, now),
    facts: factsOf(status, now),
    tables: tablesOf(status, now),
  };
}
