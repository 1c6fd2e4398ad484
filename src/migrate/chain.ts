import { type Context, originOf } from './context.ts';
import { codecOf } from './decoding.ts';
import { type Destination, destinationOf } from './destination.ts';
import { type BranchFunction, writeGraph } from './graph.ts';
import { kafkaFieldsOptions, logSchemaOf } from './kafka-fields.ts';
import type { Component, Step } from './model.ts';
import { isRoute } from './route-outputs.ts';
import type { Topology } from './topology.ts';
import { functionFor, stepsFor } from './transforms/convert.ts';
import { writeFunction } from './transforms/function-file.ts';
import { asRemap, isPayloadParser } from './transforms/old.ts';
import { onErrorOf } from './transforms/remap-file.ts';
import { programOf, startsWithPayload } from './transforms/remap.ts';

/** The chain of logweir.yaml, and which entries a transform of Vector became. */
export interface Plan {
  readonly codec: 'json' | 'text';
  readonly steps: readonly Step[];
  readonly main: Destination;
  /** Entries that do the same as a transform, for tests. A route has none. */
  readonly stepsOf: ReadonlyMap<Component, readonly Step[]>;
  /** The transform whose first line became `decoding: json`. */
  readonly payload: Component | null;
  readonly skeletons: ReadonlySet<Component>;
}

/** Builds the chain: as a list as far as the topology is one, and as a generated graph behind it. */
export function planChain(topology: Topology, context: Context): Plan {
  const { list, heads } = linearPart(topology);
  const [source] = topology.sources;
  const [first] = list;
  if (source === undefined) throw new Error('a topology has a source');
  const given = codecOf(source, context);
  const program = first?.type === 'remap' ? programOf(first, context) : null;
  const isPayload =
    given === 'text' && first !== undefined && (startsWithPayload(program) || isPayloadParser(first));
  const payload = isPayload ? first : null;
  const replacesRoot = startsWithPayload(program) && given === 'text';
  if (isPayload)
    context.report.add(
      'check',
      first,
      'the payload is the event: `decoding: json`. A record that is no JSON object becomes a dead letter; in Vector ' +
        'it passes, or is dropped, as the transform says.',
    );
  const steps: Step[] = [
    ...sourceSteps(topology, { replacesRoot, isText: given === 'text' && !isPayload }, context),
  ];
  const stepsOf = new Map<Component, readonly Step[]>();
  for (const one of list) {
    const made = stepsFor(one, one === payload, context);
    stepsOf.set(one, made);
    steps.push(...made);
  }
  const timeField = logSchemaOf(context).timestamp;
  const destinations = topology.sinks.map((sink) => destinationOf(sink, timeField, context));
  const [main] = destinations;
  if (main === undefined) throw new Error('a topology has a sink');
  const rest = topology.transforms.filter((one) => !list.includes(one));
  const isList = heads === null && rest.length === 0 && destinations.length === 1;
  const behind = isList
    ? listEnd(main, context)
    : graphSteps({ topology, rest, heads: heads ?? topology.sources, destinations, main }, stepsOf, context);
  steps.push(...behind);
  return {
    codec: isPayload ? 'json' : given,
    steps,
    main,
    stepsOf,
    payload,
    skeletons: skeletonsOf(stepsOf, context),
  };
}

/**
 * The transforms from the sources on, while each is the only reader of the one before.
 *
 * @returns heads null if the list ends at the only sink
 */
function linearPart({ sources, edges }: Topology): { list: Component[]; heads: Component[] | null } {
  const list: Component[] = [];
  let current: readonly Component[] = sources;
  for (;;) {
    const out = edges.filter(({ from }) => current.includes(from));
    const targets = [...new Set(out.map(({ to }) => to))];
    const [next] = targets;
    const isAlone =
      targets.length === 1 &&
      next !== undefined &&
      out.length === current.length &&
      edges.every(({ from, to }) => to !== next || current.includes(from));
    if (!isAlone || isRoute(next)) return { list, heads: [...current] };
    if (next.section === 'sinks') return { list, heads: null };
    list.push(next);
    current = [next];
  }
}

function sourceSteps(
  { sources, transforms }: Topology,
  { replacesRoot, isText }: { replacesRoot: boolean; isText: boolean },
  context: Context,
): Step[] {
  const [source] = sources;
  if (source === undefined) return [];
  const schema = logSchemaOf(context);
  const steps: Step[] = [];
  const comment = originOf(source);
  if (isText && schema.message !== 'message')
    steps.push({ use: 'rename', with: { fields: { message: schema.message } }, comment });
  if (replacesRoot) return steps;
  const remaps = transforms
    .map((one) => (one.type === 'remap' ? one : asRemap(one)))
    .filter((one) => one !== null);
  const programs = remaps.map((one) => programOf(one, context)).filter((one) => one !== null);
  const found = kafkaFieldsOptions(source, programs, context);
  if (found === null) {
    context.report.add(
      'done',
      source,
      'the fields of Kafka (topic, offset and so on) are left out: the programs delete them.',
    );
    return steps;
  }
  const { options, omitted } = found;
  steps.push({ use: 'kafka-fields', ...(Object.keys(options).length > 0 && { with: options }), comment });
  const without =
    omitted.length === 0
      ? ''
      : ` without ${omitted.map((name) => `\`${name}\``).join(', ')}, which a program deletes`;
  context.report.add(
    'done',
    source,
    `the fields of Kafka in each event: the built-in \`kafka-fields\`${without}.`,
  );
  return steps;
}

function listEnd(main: Destination, context: Context): Step[] {
  const comment = originOf(main.sink);
  const steps: Step[] = [];
  if (main.fields !== null) {
    const { use, list } = main.fields;
    steps.push({ use, with: { fields: list }, comment });
    context.report.add('done', main.sink, `\`encoding\`: the built-in \`${use}\`.`);
  }
  if (main.code !== null) {
    const made = writeFunction(main.sink, main.code, context, `to_${main.sink.id}`);
    steps.push({ use: `./transforms/${made.file}.ts`, comment });
    context.report.add('done', main.sink, `\`transforms/${made.file}.ts\` names the target of each event.`);
  }
  return steps;
}

interface GraphPart {
  readonly topology: Topology;
  readonly rest: readonly Component[];
  readonly heads: readonly Component[];
  readonly destinations: readonly Destination[];
  readonly main: Destination;
}

function graphSteps(
  { topology, rest, heads, destinations, main }: GraphPart,
  stepsOf: Map<Component, readonly Step[]>,
  context: Context,
): Step[] {
  const functions = new Map<string, BranchFunction>();
  for (const one of rest) {
    if (isRoute(one)) continue;
    const made = functionFor(one, context);
    const remap = one.type === 'remap' ? one : asRemap(one);
    const on_error = made.isSkeleton
      ? 'hold'
      : remap === null
        ? undefined
        : onErrorOf(remap, context, sinksBeside(one, topology));
    functions.set(one.id, { made, onError: on_error === 'drop' || on_error === 'keep' ? on_error : null });
    stepsOf.set(one, [
      {
        use: `./transforms/${made.file}.ts`,
        ...(on_error !== undefined && { on_error }),
        comment: originOf(one),
      },
    ]);
  }
  const { file, hasSkeleton } = writeGraph(
    { heads, transforms: rest, edges: topology.edges, destinations, main, functions },
    context,
  );
  const ids = [...rest, ...destinations.map(({ sink }) => sink)].map(({ id }) => id).join(', ');
  for (const { sink } of destinations)
    context.report.add('done', sink, `\`transforms/${file}.ts\` sends its events.`);
  const isHeld = hasSkeleton || [...functions.values()].some(({ made }) => made.isSkeleton);
  return [
    {
      use: `./transforms/${file}.ts`,
      ...(isHeld && { on_error: 'hold' }),
      comment: `Vector's ${ids}`,
    },
  ];
}

/** The sinks that get an event on a way around a transform. */
function sinksBeside(one: Component, { sources, edges }: Topology): Component[] {
  const found = new Set(sources);
  for (const at of found) for (const { from, to } of edges) if (from === at && to !== one) found.add(to);
  return [...found].filter(({ section }) => section === 'sinks');
}

function skeletonsOf(stepsOf: ReadonlyMap<Component, readonly Step[]>, { files }: Context): Set<Component> {
  const isSkeleton = ({ use }: Step): boolean =>
    use.startsWith('./') && files.get(use.slice(2))?.includes('is yours to write') === true;
  return new Set([...stepsOf].filter(([, steps]) => steps.some(isSkeleton)).map(([one]) => one));
}
