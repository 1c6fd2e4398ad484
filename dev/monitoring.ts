import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from '../test/support/paths.ts';
import { table } from './generated.ts';

const rulesSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          for: z.string().default('at once'),
          labels: z.object({ severity: z.string() }),
          annotations: z.object({ summary: z.string() }),
        }),
      ),
    }),
  ),
});

/** The parts of docs/metrics.md about Vector's labels, the alerts and the dashboard. */
export function monitoringSections(): string {
  const rules = rulesSchema.parse(parse(readFileSync(join(root, 'deploy/prometheus/alerts.yml'), 'utf8')));
  const alerts = rules.groups
    .flatMap((group) => group.rules)
    .map(({ alert, for: after, labels, annotations }) => [
      `\`${alert}\``,
      labels.severity,
      after,
      annotations.summary
        .replaceAll(/\s*\{\{ \$labels\.instance \}\}/g, '')
        .replaceAll(/\{\{ \$labels\.transform \}\}/g, '…'),
    ]);
  return `## Alerts

[deploy/prometheus/alerts.yml](../deploy/prometheus/alerts.yml) contains rules for Prometheus: add it under \`rule_files\` ([an example](operations.md#on-one-machine-watched-and-alerting)).
Each alert says in plain words what is wrong, with its value, and \`runbook_url\` names the part of the runbook.
\`promtool test rules deploy/prometheus/alerts.test.yml\` tests them. With another \`admin.metrics_prefix\`, replace
\`logweir_\` in the file.

${table(['alert', 'severity', 'after', 'meaning'], alerts)}

## Dashboard

[deploy/grafana/logweir.json](../deploy/grafana/logweir.json) is a dashboard for Grafana 10 and later: import it, and choose
the data source. It shows the state, the flow, each transform, the requests to Elasticsearch, and the process.

## With \`admin.metrics_prefix: vector_\`

The metrics above have the prefix \`vector_\`, and Vector's labels in addition:

- Each metric has \`host\`, \`component_id\`, \`component_name\`, \`component_kind\` and \`component_type\`, but those of the process
  have \`host\` only. The components are the source (\`kafka\`), each transform (its \`use\`; \`remap\` for your own functions) and
  the sink (\`elasticsearch\`). \`admin.component_ids\` sets the ids: give those of your Vector configuration.
- \`component_received_events_total\`, \`component_sent_events_total\`, \`component_discarded_events_total\`,
  \`component_errors_total\`, \`utilization\` and the counters of event bytes have a series for each component that counts
  them. Add up those of one \`component_kind\` only.
- \`component_discarded_events_total\` counts events, by \`intentional\`: \`true\` where a transform or an ingest pipeline
  dropped them, \`false\` where a transform with \`on_error: drop\` failed. Dead letters are not discarded.
- \`utilization\` is the busy share of each transform, for the source that of the main thread, and for the sink the time in
  requests.
- \`kafka_consumer_lag\` also has \`topic_id\` and \`partition_id\`. The metrics of the buffer have \`buffer_type\` and \`stage\`, and
  those of requests and answers \`method\`.
- Further names: \`component_received_event_bytes_total\` (as \`component_received_bytes_total\`), \`buffer_events\` and
  \`buffer_size_events\` (as \`in_flight_records\`), \`buffer_byte_size\` and \`buffer_max_byte_size\` (as \`buffer_size_bytes\` and
  \`buffer_max_size_bytes\`), \`open_files\` (as \`process_open_fds\`).
`;
}
