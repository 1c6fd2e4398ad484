import { type Edge, edgesOf, isOfDropped } from './edges.ts';
import type { Component, VectorConfig } from './model.ts';
import type { Report } from './report.ts';

/** The part of a configuration that leads from Kafka to Elasticsearch. */
export interface Topology {
  readonly sources: readonly Component[];
  /** In the order of the data. */
  readonly transforms: readonly Component[];
  readonly sinks: readonly Component[];
  readonly edges: readonly Edge[];
  /** Components on `.dropped` outputs. */
  readonly dropped: readonly Edge[];
}

const ONLY_OF_VECTOR = ['internal_metrics', 'internal_logs', 'host_metrics', 'static_metrics'];
const NO_DESTINATION = ['console', 'blackhole', 'prometheus_exporter'];
const OF_METRICS = [
  'log_to_metric',
  'aggregate',
  'metric_to_log',
  'tag_cardinality_limit',
  'incremental_to_absolute',
];

/**
 * Finds the paths from Kafka sources to Elasticsearch sinks. What is on none of them is reported: dropped
 * where it leads nowhere, else with what to do.
 */
export function findTopology(config: VectorConfig, report: Report): Topology {
  const all = edgesOf(config, report);
  const dropped = all.filter(isOfDropped);
  const edges = all.filter((edge) => !isOfDropped(edge));
  const isMetric = ({ type }: Component): boolean => OF_METRICS.includes(type);
  const usable = edges.filter(({ from, to }) => !isMetric(from) && !isMetric(to));
  const kafka = [...config.sources.values()].filter(({ type }) => type === 'kafka');
  const elastic = [...config.sinks.values()].filter(
    ({ type, options }) => type === 'elasticsearch' && options['mode'] !== 'metrics',
  );
  const below = reach(kafka, usable, (edge) => [edge.from, edge.to]);
  const above = reach(elastic, usable, (edge) => [edge.to, edge.from]);
  const isOnPath = (one: Component): boolean => below.has(one) && above.has(one);
  const ordered = inOrder([...config.transforms.values()].filter(isOnPath), usable);
  reportOthers(config, { isOnPath, below, above, edges, dropped }, report);
  return {
    sources: kafka.filter(isOnPath),
    transforms: ordered,
    sinks: elastic.filter(isOnPath),
    edges: usable.filter(({ from, to }) => isOnPath(from) && isOnPath(to)),
    dropped,
  };
}

function reach(
  starts: readonly Component[],
  edges: readonly Edge[],
  step: (edge: Edge) => readonly [Component, Component],
): Set<Component> {
  const found = new Set(starts);
  // A set's iteration visits what is added on the way.
  for (const one of found)
    for (const edge of edges) {
      const [from, to] = step(edge);
      if (from === one) found.add(to);
    }
  return found;
}

/** Each after its inputs; there are no cycles. */
function inOrder(transforms: readonly Component[], edges: readonly Edge[]): Component[] {
  const left = new Set(transforms);
  const ordered: Component[] = [];
  while (left.size > 0) {
    const next = [...left].find((one) => !edges.some(({ from, to }) => to === one && left.has(from)));
    if (next === undefined) throw new Error('a topology has no cycle');
    left.delete(next);
    ordered.push(next);
  }
  return ordered;
}

interface Found {
  readonly isOnPath: (one: Component) => boolean;
  readonly below: ReadonlySet<Component>;
  readonly above: ReadonlySet<Component>;
  readonly edges: readonly Edge[];
  readonly dropped: readonly Edge[];
}

function reportOthers(config: VectorConfig, found: Found, report: Report): void {
  for (const one of config.sources.values()) if (!found.isOnPath(one)) reportSource(one, found, report);
  for (const one of config.transforms.values()) if (!found.isOnPath(one)) reportTransform(one, found, report);
  for (const one of config.sinks.values()) if (!found.isOnPath(one)) reportSink(one, found, report);
}

function reportSource(one: Component, { above }: Found, report: Report): void {
  if (ONLY_OF_VECTOR.includes(one.type))
    report.add(
      'done',
      one,
      `dropped: ${one.type} is about Vector itself. Logweir has /metrics and its own log.`,
    );
  else if (one.type === 'kafka')
    report.add('check', one, 'left out: none of its records go to Elasticsearch.');
  else if (above.has(one))
    report.add(
      'todo',
      one,
      `a source of type ${one.type}: Logweir reads from Kafka only. Put it in an agent that writes to Kafka.`,
    );
  else report.add('check', one, `left out: a source of type ${one.type} that does not go to Elasticsearch.`);
}

function reportTransform(one: Component, { below, above, dropped }: Found, report: Report): void {
  if (OF_METRICS.includes(one.type))
    report.add('todo', one, `${one.type} makes metrics: Logweir processes logs only. Leave it in Vector.`);
  else if (dropped.some(({ to }) => to === one))
    report.add('check', one, 'left out: it reads dropped events, which are dead letters in Logweir.');
  else if (above.has(one)) report.add('check', one, 'left out: its events do not come from Kafka.');
  else if (below.has(one)) report.add('check', one, 'left out: its events do not go to Elasticsearch.');
  else report.add('done', one, 'dropped: it is on no path from Kafka to Elasticsearch.');
}

function reportSink(one: Component, { below, dropped }: Found, report: Report): void {
  const { type, id } = one;
  if (NO_DESTINATION.includes(type)) report.add('done', one, `dropped: ${type} leads nowhere else.`);
  else if (dropped.some(({ to }) => to === one)) return;
  else if (!below.has(one))
    report.add('done', one, `dropped: nothing from Kafka goes to this sink of type ${type}.`);
  else if (type === 'elasticsearch')
    report.add('todo', one, 'mode: metrics: Logweir processes logs only. Leave this sink in Vector.');
  else
    report.add(
      'todo',
      one,
      `a sink of type ${type}: Logweir writes to Elasticsearch only. Leave ${id} in Vector under its own ` +
        "`group_id` (its group protocol differs from Logweir's), and remove the Elasticsearch sinks there.",
    );
}
