import { isDeepStrictEqual } from 'node:util';
import { idSettings } from './bulk-settings.ts';
import type { Context } from './context.ts';
import type { Edge } from './edges.ts';
import { type Component, type Fields, mapOf, textOf } from './model.ts';
import { Report } from './report.ts';
import { elasticsearchSettings, endpointsOf } from './settings.ts';
import type { Topology } from './topology.ts';

/** Sources of one group, and sinks of one cluster: others are reported. */
export function compatible(topology: Topology, context: Context): Topology {
  const { report } = context;
  const [source] = topology.sources;
  const [sink] = topology.sinks;
  const others = new Set<Component>();
  for (const one of topology.sources.slice(1)) {
    if (source === undefined || isSameSource(one, source)) continue;
    others.add(one);
    report.add(
      'todo',
      one,
      `differs from sources.${source.id} in more than its topics: Logweir has one source. Run a second instance for it.`,
    );
  }
  for (const one of topology.sinks.slice(1)) {
    if (sink === undefined) continue;
    const why = differenceOf(one, sink);
    if (why === null) {
      reportShared(one, sink, context);
      continue;
    }
    others.add(one);
    report.add(
      'todo',
      one,
      `${why} than sinks.${sink.id}: Logweir has one. Run a second instance for it, under its own \`group_id\`.`,
    );
  }
  return withoutComponents(topology, others);
}

function isSameSource(one: Component, other: Component): boolean {
  const { topics: _topics, ...options } = one.options;
  const { topics: _others, ...others } = other.options;
  return isDeepStrictEqual(options, others);
}

/** Why a sink cannot share the connection of another; null if it can. */
function differenceOf(one: Component, sink: Component): string | null {
  const differs = (...names: string[]): boolean =>
    names.some((name) => !isDeepStrictEqual(one.options[name], sink.options[name]));
  if (
    endpointsOf(one).join() !== endpointsOf(sink).join() ||
    differs('auth', 'aws', 'opensearch_service_type')
  )
    return 'is another cluster, or another login';
  if (!isDeepStrictEqual(tlsOf(one), tlsOf(sink))) return 'has another `tls`';
  if (differs('proxy')) return 'has another `proxy`';
  if (textOf(one.options['pipeline'] ?? '') !== textOf(sink.options['pipeline'] ?? ''))
    return 'has another pipeline';
  if ((one.options['mode'] ?? 'bulk') !== (sink.options['mode'] ?? 'bulk')) return 'has another mode';
  if (idSettings(one) !== idSettings(sink)) return 'has another `id_key`, or another `bulk.action` with it,';
  if (!isDeepStrictEqual(mapOf(one.options['query']), mapOf(sink.options['query'])))
    return 'has another `query`';
  return null;
}

/** Without what Logweir does not need. */
function tlsOf({ options }: Component): Fields {
  const { enabled: _enabled, alpn_protocols: _protocols, ...tls } = mapOf(options['tls']);
  return tls;
}

/** Says what the settings of a sink were, of which those of another are used. */
function reportShared(one: Component, sink: Component, context: Context): void {
  const given = (of: Component): { settings: Map<string, unknown>; report: Report } => {
    const report = new Report();
    return { settings: elasticsearchSettings(of, { ...context, report }), report };
  };
  const [mine, main] = [given(one), given(sink)];
  const paths = new Set([...mine.settings.keys(), ...main.settings.keys()]);
  const differing = [...paths].filter(
    (path) => !isDeepStrictEqual(mine.settings.get(path), main.settings.get(path)),
  );
  context.report.add('done', one, `shares the connection of sinks.${sink.id}.`);
  if (differing.length > 0)
    context.report.add(
      'check',
      one,
      `${differing.map((path) => `\`${path}\``).join(', ')} would differ: Logweir has one of each, that of sinks.${sink.id}.`,
    );
  for (const { level, text } of mine.report.items)
    if (level !== 'done' && !main.report.items.some((other) => other.text === text))
      context.report.add(level, one, text);
}

function withoutComponents(topology: Topology, others: ReadonlySet<Component>): Topology {
  if (others.size === 0) return topology;
  const edges = topology.edges.filter(({ from, to }) => !others.has(from) && !others.has(to));
  const sources = topology.sources.filter((one) => !others.has(one));
  const sinks = topology.sinks.filter((one) => !others.has(one));
  const isUsed = (one: Component): boolean =>
    leads(one, sinks, edges) && sources.some((source) => leads(source, [one], edges));
  const transforms = topology.transforms.filter(isUsed);
  const kept = new Set([...sources, ...sinks, ...transforms]);
  return {
    ...topology,
    sources,
    sinks,
    transforms,
    edges: edges.filter(({ from, to }) => kept.has(from) && kept.has(to)),
  };
}

function leads(start: Component, ends: readonly Component[], edges: readonly Edge[]): boolean {
  const found = new Set([start]);
  for (const one of found) for (const { from, to } of edges) if (from === one) found.add(to);
  return ends.some((end) => found.has(end));
}
