/**
 * What public dashboards and rules for Vector ask for: names of metrics, without the prefix, with the labels that
 * their queries select and group by. In words of our own; the dashboards themselves are not here.
 */
export interface Asked {
  readonly by: string;
  /** `kind` is the `component_kind` that the query selects. */
  readonly metrics: readonly {
    readonly name: string;
    readonly labels: readonly string[];
    readonly kind?: 'source' | 'transform' | 'sink';
  }[];
}

const COMPONENT = ['component_id', 'component_kind', 'component_type', 'host'];

export const vectorDashboards: readonly Asked[] = [
  {
    by: 'Grafana 19514, Kubernetes / Logging / Vector',
    metrics: [
      { name: 'uptime_seconds', labels: ['host'] },
      { name: 'component_received_events_total', labels: [...COMPONENT, 'component_name'], kind: 'source' },
      { name: 'component_received_events_total', labels: [...COMPONENT, 'component_name'], kind: 'sink' },
      { name: 'component_discarded_events_total', labels: [...COMPONENT, 'component_name', 'intentional'] },
      { name: 'component_errors_total', labels: [...COMPONENT, 'component_name', 'error_type', 'stage'] },
      { name: 'component_sent_event_bytes_total', labels: [...COMPONENT, 'component_name'], kind: 'sink' },
      { name: 'buffer_events', labels: [...COMPONENT, 'buffer_type'], kind: 'sink' },
      { name: 'buffer_byte_size', labels: [...COMPONENT, 'buffer_type'], kind: 'sink' },
      { name: 'buffer_received_bytes_total', labels: COMPONENT, kind: 'sink' },
      { name: 'buffer_sent_bytes_total', labels: COMPONENT, kind: 'sink' },
    ],
  },
  {
    by: 'Grafana 19611, Vector Cluster Monitoring',
    metrics: [
      { name: 'component_received_events_total', labels: COMPONENT, kind: 'source' },
      { name: 'component_received_event_bytes_total', labels: COMPONENT, kind: 'source' },
      { name: 'buffer_byte_size', labels: ['buffer_type', 'host'] },
    ],
  },
  {
    by: 'Grafana 25864, Pipeline Health',
    metrics: [
      { name: 'buffer_size_bytes', labels: [...COMPONENT, 'buffer_type', 'stage'], kind: 'sink' },
      { name: 'buffer_max_size_bytes', labels: [...COMPONENT, 'buffer_type', 'stage'], kind: 'sink' },
      { name: 'component_discarded_events_total', labels: [...COMPONENT, 'intentional'] },
      { name: 'http_client_responses_total', labels: [...COMPONENT, 'status'], kind: 'sink' },
      { name: 'http_client_rtt_seconds', labels: COMPONENT, kind: 'sink' },
      { name: 'source_lag_time_seconds', labels: COMPONENT, kind: 'source' },
      { name: 'utilization', labels: COMPONENT, kind: 'transform' },
    ],
  },
  {
    by: "OpenShift's collector alerts and dashboard",
    metrics: [
      { name: 'http_client_errors_total', labels: COMPONENT, kind: 'sink' },
      { name: 'http_client_requests_sent_total', labels: COMPONENT, kind: 'sink' },
      { name: 'http_client_responses_total', labels: [...COMPONENT, 'status'], kind: 'sink' },
      { name: 'buffer_byte_size', labels: [...COMPONENT, 'buffer_type'] },
      { name: 'component_errors_total', labels: [...COMPONENT, 'error_type', 'stage'] },
      { name: 'component_received_events_total', labels: COMPONENT, kind: 'source' },
      { name: 'component_received_bytes_total', labels: COMPONENT, kind: 'source' },
      { name: 'component_sent_bytes_total', labels: COMPONENT, kind: 'sink' },
      { name: 'component_received_event_bytes_total', labels: COMPONENT, kind: 'source' },
      { name: 'component_discarded_events_total', labels: [...COMPONENT, 'intentional'] },
      { name: 'open_files', labels: ['host'] },
    ],
  },
  {
    by: 'alert rules that were met in repositories',
    metrics: [
      { name: 'component_received_events_total', labels: ['component_id'], kind: 'sink' },
      { name: 'component_sent_events_total', labels: ['component_id'], kind: 'sink' },
      { name: 'component_sent_events_total', labels: ['component_id'], kind: 'source' },
      { name: 'component_sent_events_total', labels: ['component_id'], kind: 'transform' },
      { name: 'kafka_consumer_lag', labels: [...COMPONENT, 'topic_id', 'partition_id'], kind: 'source' },
      { name: 'buffer_size_events', labels: ['component_id'], kind: 'sink' },
      { name: 'buffer_max_size_bytes', labels: ['component_id'], kind: 'sink' },
      { name: 'build_info', labels: ['version', 'host'] },
      { name: 'started_total', labels: ['host'] },
    ],
  },
];
