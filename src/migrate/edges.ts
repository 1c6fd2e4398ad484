import { LogweirError } from '../errors.ts';
import { globPattern } from './glob.ts';
import { type Component, type VectorConfig, whereIs } from './model.ts';
import type { Report } from './report.ts';
import { isRoute, routesOf } from './route-outputs.ts';

/** Where an input comes from: a component, and the output that it names (`route.errors`). */
export interface Edge {
  readonly from: Component;
  readonly port: string | null;
  readonly to: Component;
}

/**
 * What the inputs of all components stand for. An input that names nothing is reported.
 *
 * @throws LogweirError CONFIG if the components form a cycle
 */
export function edgesOf(config: VectorConfig, report: Report): Edge[] {
  const outputs = [...config.sources.values(), ...config.transforms.values()];
  const edges: Edge[] = [];
  for (const to of [...config.transforms.values(), ...config.sinks.values()])
    for (const input of to.inputs) {
      const found = edgesOfInput(input, to, outputs);
      if (found.length === 0) reportNothing(input, to, outputs, config, report);
      for (const edge of found) {
        if (isLost(edge))
          report.add(
            'todo',
            to,
            `its input '${input}': Logweir does not pass on the events that a ${edge.from.type} drops.`,
          );
        else if (!edges.some((one) => isSame(one, edge))) edges.push(edge);
      }
    }
  rejectCycle(outputs, edges);
  return edges;
}

function isSame(one: Edge, other: Edge): boolean {
  return one.from === other.from && one.port === other.port && one.to === other.to;
}

/** Whether an edge leads from an output for dropped events: of a remap, these are dead letters. */
export function isOfDropped({ from, port }: Edge): boolean {
  return port === 'dropped' && from.section === 'transforms' && !isRoute(from);
}

function isLost(edge: Edge): boolean {
  return isOfDropped(edge) && edge.from.type !== 'remap';
}

function edgesOfInput(input: string, to: Component, outputs: readonly Component[]): Edge[] {
  const pattern = globPattern(input);
  const isGlob = /[*?[]/.test(input) && pattern !== null;
  return outputs.flatMap((from) =>
    portsOf(from, input)
      .filter((port) => {
        const name = nameOf(from, port);
        // A glob of a component leaves out the component itself.
        return name === input || (isGlob && pattern.test(name) && name !== to.id);
      })
      .map((port) => ({ from, port, to })),
  );
}

function nameOf({ id }: Component, port: string | null): string {
  return port === null ? id : `${id}.${port}`;
}

/** The outputs of a component, without the default one's name. */
function portsOf(one: Component, input: string): (string | null)[] {
  const { section, type, options } = one;
  if (isRoute(one)) {
    const names = routesOf(one).map(([name]) => name);
    return options['reroute_unmatched'] === false ? names : [...names, '_unmatched'];
  }
  // Sources besides Kafka may have any outputs.
  if (section === 'sources' && type !== 'kafka' && input.startsWith(`${one.id}.`))
    return [null, input.slice(one.id.length + 1)];
  return options['reroute_dropped'] === true ? [null, 'dropped'] : [null];
}

function reportNothing(
  input: string,
  to: Component,
  outputs: readonly Component[],
  { globals, sinks }: VectorConfig,
  report: Report,
): void {
  const isGlob = /[*?[]/.test(input) && globPattern(input) !== null;
  if (isGlob && globals.get('wildcard_matching')?.value === 'relaxed') {
    report.add('check', to, `its input '${input}' matches no component, as in Vector.`);
    return;
  }
  const of = outputs.find(({ id }) => input === id || input.startsWith(`${id}.`));
  if (of === undefined) {
    const why = sinks.has(input) ? 'is a sink, which has no outputs' : 'names no component';
    report.add('todo', to, `its input '${input}' ${why}. Vector does not start with it.`);
    return;
  }
  const known = portsOf(of, input).map((port) => `\`${nameOf(of, port)}\``);
  const hint = input === `${of.id}.dropped` ? ' `.dropped` needs `reroute_dropped: true`.' : '';
  report.add(
    'todo',
    to,
    `its input '${input}' names no output of ${of.section}.${of.id} (${whereIs(of.place)}), which has ` +
      `${known.join(', ') || 'none'}.${hint} Vector does not start with it.`,
  );
}

/** @throws LogweirError CONFIG */
function rejectCycle(components: readonly Component[], edges: readonly Edge[]): void {
  const checked = new Set<Component>();
  // Without recursion, for a chain of any length.
  for (const start of components) {
    const path: { at: Component; left: Component[] }[] = [];
    const enter = (at: Component): void => {
      checked.add(at);
      path.push({ at, left: edges.filter(({ from }) => from === at).map(({ to }) => to) });
    };
    if (!checked.has(start)) enter(start);
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const next = last.left.shift();
      const first = path.findIndex(({ at }) => at === next);
      if (next === undefined) path.pop();
      else if (first >= 0) throw cycle([...path.slice(first).map(({ at }) => at), next]);
      else if (!checked.has(next)) enter(next);
    }
  }
}

function cycle(path: readonly Component[]): LogweirError {
  const [first] = path;
  return new LogweirError(
    'CONFIG',
    `${first === undefined ? '' : `${whereIs(first.place)}: `}the inputs form a cycle: ` +
      `[ ${path.map(({ id }) => id).join(' -> ')} ]. Vector rejects this too; remove one of these inputs`,
  );
}
