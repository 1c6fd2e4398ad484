import { commentText } from './comment.ts';
import type { Context, Generated } from './context.ts';
import { COUNTER, EACH, OR_NOTHING, OR_UNCHANGED, SETUP_WITH_COUNTER } from './graph-helpers.ts';
import { type Component, textsOf, whereIs } from './model.ts';
import type { Destination } from './destination.ts';
import type { DestinationCode } from './target-code.ts';
import { indented, SourceFile } from './source-file.ts';
import { quoted } from './names.ts';
import { routesOf } from './route-outputs.ts';
import type { Edge } from './edges.ts';
import { conditionCode } from './transforms/condition.ts';
import { writeSkeleton, optionsText } from './transforms/function-file.ts';

/** The part of the topology behind the transforms that form a list. */
interface Graph {
  /** What the events come from: the last transform of the list, or the sources. */
  readonly heads: readonly Component[];
  readonly transforms: readonly Component[];
  readonly edges: readonly Edge[];
  readonly destinations: readonly Destination[];
  readonly main: Destination;
  readonly functions: ReadonlyMap<string, BranchFunction>;
}

/** The function of a transform, and what its failure means for its own branch. */
export interface BranchFunction {
  readonly made: Generated;
  /** Null: the failure is that of the record, which has one `on_error`. */
  readonly onError: 'drop' | 'keep' | null;
}

/** A generated graph. */
interface WrittenGraph {
  /** Without folder and extension. */
  readonly file: string;
  /** Whether a condition of it is a skeleton that throws. */
  readonly hasSkeleton: boolean;
}

/** Writes `transforms/routes.ts`: the graph of Vector as calls of one function per transform. */
export function writeGraph(graph: Graph, context: Context): WrittenGraph {
  return new GraphWriter(graph, context).write();
}

class GraphWriter {
  readonly #graph: Graph;
  readonly #context: Context;
  readonly #file = new SourceFile();
  readonly #fileName: string;
  readonly #names = new Map<Component, string>();
  #hasSkeleton = false;

  constructor(graph: Graph, context: Context) {
    this.#graph = graph;
    this.#context = context;
    this.#fileName = context.fileNames.take('routes');
    for (const one of graph.transforms)
      this.#names.set(one, context.functionNames.take(stepName('through', one.id)));
    for (const { sink } of graph.destinations)
      this.#names.set(sink, context.functionNames.take(stepName('to', sink.id)));
  }

  write(): WrittenGraph {
    const { heads, transforms, destinations, functions } = this.#graph;
    const policies = new Set([...functions.values()].map(({ onError }) => onError));
    const counts = policies.has('drop') || policies.has('keep');
    this.#file.use('logweir', 'defineTransform', 'type Event', 'type RecordInfo');
    this.#file.add(
      "/** The graph of Vector's transforms: each event goes to every transform or sink that has it as an input. */",
      'export default defineTransform({',
      ...(counts ? SETUP_WITH_COUNTER : ['  setup: () => (event, record) => start(event, record),']),
      '});',
    );
    this.#start(heads);
    for (const one of transforms) {
      const branch = functions.get(one.id);
      if (branch === undefined) this.#route(one);
      else {
        this.#file.use(`./${branch.made.file}.ts`, branch.made.name);
        this.#through(one, branch);
      }
    }
    for (const one of destinations) this.#sink(one);
    if (functions.size > 0) this.#helper(EACH);
    if (policies.has('drop')) this.#helper(OR_NOTHING);
    if (policies.has('keep')) {
      this.#file.use('logweir/vrl', 'copy');
      this.#helper(OR_UNCHANGED);
    }
    if (counts) this.#file.constants.push(...COUNTER);
    this.#context.files.set(`transforms/${this.#fileName}.ts`, this.#file.render());
    return { file: this.#fileName, hasSkeleton: this.#hasSkeleton };
  }

  #helper(lines: readonly string[]): void {
    this.#file.use('logweir', 'type TransformResult');
    this.#file.add(...lines);
  }

  #start(heads: readonly Component[]): void {
    const calls: { test: string | null; call: string }[] = [];
    const bySource = heads.length > 1;
    for (const head of heads) {
      const targets = this.#targets(head, null);
      const test = bySource ? topicsTest(head) : null;
      for (const call of targets) calls.push({ test, call });
    }
    const name = heads.map(({ id }) => `\`${id}\``).join(', ');
    this.#function('start', `What reads from ${commentText(name)}.`, this.#calls(calls));
  }

  /** One call, or a list of them with copies for all but the last. */
  #calls(calls: readonly { test: string | null; call: string }[]): string[] {
    const [only] = calls;
    if (calls.length === 1 && only?.test === null) return [`return ${only.call}(event, record);`];
    const lines = ['const events: Event[] = [];'];
    for (const [index, { test, call }] of calls.entries()) {
      const isLast = index === calls.length - 1;
      if (!isLast) this.#file.use('logweir/vrl', 'copy');
      const line = `events.push(...${call}(${isLast ? 'event' : 'copy(event)'}, record));`;
      lines.push(test === null ? line : `if (${test}) ${line}`);
    }
    return [...lines, 'return events;'];
  }

  /** The functions that get the events of an output. */
  #targets(from: Component, port: string | null): string[] {
    return this.#graph.edges
      .filter((edge) => edge.from === from && edge.port === port)
      .flatMap(({ to }) => this.#names.get(to) ?? []);
  }

  #through(one: Component, { made, onError }: BranchFunction): void {
    const targets = this.#targets(one, null);
    const call = `${made.name}(event${made.takesRecord ? ', record' : ''})`;
    const result = this.#guarded(one, call, onError);
    const [only] = targets;
    const next =
      targets.length === 1 && only !== undefined
        ? [`return each(${result}, (made) => ${only}(made, record));`]
        : [
            `return each(${result}, (made) => [`,
            ...targets.map((target, index) => {
              const isLast = index === targets.length - 1;
              if (!isLast) this.#file.use('logweir/vrl', 'copy');
              return `  ...${target}(${isLast ? 'made' : 'copy(made)'}, record),`;
            }),
            ']);',
          ];
    this.#function(this.#names.get(one) ?? '', docOf(one), next);
  }

  /** The call of a transform, which ends its own branch where Vector does not fail the others. */
  #guarded({ id }: Component, call: string, onError: BranchFunction['onError']): string {
    if (onError === 'drop') return `orNothing(${quoted(id)}, () => ${call})`;
    if (onError === 'keep') return `orUnchanged(${quoted(id)}, event, () => ${call})`;
    return call;
  }

  #route(one: Component): void {
    const isExclusive = one.type === 'exclusive_route';
    const unmatched = this.#targets(one, '_unmatched');
    const locals = this.#context.functionNames.copy();
    const outputs = routesOf(one).map(([name, condition]) => ({
      name,
      condition,
      known: locals.take(`is${functionLike(name) || 'Output'}`),
      targets: this.#targets(one, name),
    }));
    const lines = ['const events: Event[] = [];'];
    const before: string[] = [];
    const send = (test: string, targets: readonly string[]): void => {
      if (targets.length === 0) return;
      this.#file.use('logweir/vrl', 'copy');
      const calls = targets.map((call) => `events.push(...${call}(copy(event), record));`);
      if (calls.length === 1) lines.push(`if (${test}) ${calls[0] ?? ''}`);
      else lines.push(`if (${test}) {`, ...indented(calls), '}');
    };
    for (const [index, { name, condition, known, targets }] of outputs.entries()) {
      const isNeeded = isExclusive && outputs.slice(index).some((later) => later.targets.length > 0);
      if (targets.length === 0 && unmatched.length === 0 && !isNeeded) continue;
      const test = this.#condition(one, name, condition);
      const isLater = isExclusive && before.length > 0;
      const first = isLater ? before.map((earlier) => `!${earlier} && `).join('') : '';
      lines.push(`const ${known} = ${first}${wrap(test, isLater)};`);
      before.push(known);
      send(known, targets);
    }
    send(before.map((known) => `!${known}`).join(' && ') || 'true', unmatched);
    lines.push('return events;');
    this.#context.report.add('done', one, `is in \`transforms/${this.#fileName}.ts\`.`);
    this.#function(this.#names.get(one) ?? '', docOf(one), lines);
  }

  /** A condition as an expression; a longer one as a call of a function of its own. */
  #condition(one: Component, name: string, condition: unknown): string {
    const code = conditionCode(condition, this.#context.timezone);
    if ('length' in code) {
      const made = writeSkeleton(
        { ...one, id: `${one.id}_${name}` },
        {
          original: typeof condition === 'string' ? condition : optionsText(one),
          extension: 'vrl',
          problems: code,
        },
        this.#context,
      );
      this.#hasSkeleton = true;
      this.#file.use(`./${made.file}.ts`, made.name);
      return `${made.name}(event) !== undefined`;
    }
    this.#file.use('logweir/vrl', ...code.imports);
    const renamed = this.#constants(code.constants);
    const rename = (line: string): string =>
      line.replaceAll(/\b[A-Z]+_\d+\b/g, (known) => renamed.get(known) ?? known);
    if (code.expression !== null) return rename(code.expression);
    const called = this.#context.functionNames.take(`fits${functionLike(name)}`);
    this.#file.add(`function ${called}(event: Event): boolean {`, ...indented(code.body.map(rename)), '}');
    return `${called}(event)`;
  }

  /** Adds constants under names that are free in this file. @returns these names by the given ones */
  #constants(constants: readonly string[]): Map<string, string> {
    const renamed = new Map<string, string>();
    for (const line of constants) {
      const [, name = '', value = ''] = CONSTANT.exec(line) ?? [];
      const known = this.#file.constants.find((one) => one.endsWith(` = ${value};`));
      const free =
        known === undefined ? this.#context.functionNames.take(name) : (CONSTANT.exec(known)?.[1] ?? name);
      if (known === undefined) this.#file.constants.push(`const ${free} = ${value};`);
      renamed.set(name, free);
    }
    return renamed;
  }

  #sink(destination: Destination): void {
    const { sink, code, route, fields } = destination;
    const isMain = destination === this.#graph.main;
    const plain: DestinationCode = { imports: {}, constants: [], body: ['return event;'] };
    const made = isMain ? (code ?? (fields === null ? plain : route)) : route;
    for (const [module, names] of Object.entries(made.imports)) this.#file.use(module, ...names);
    this.#file.constants.push(...made.constants);
    const body = made.body.map((line) => line.replace(/^(\s*)return (.+);$/, '$1return [$2];'));
    this.#function(this.#names.get(sink) ?? '', docOf(sink), body);
  }

  #function(name: string, doc: string, body: readonly string[]): void {
    const usesRecord = body.some((line) => /\brecord\b/.test(line));
    this.#file.add(
      `/** ${doc} */`,
      `function ${name}(event: Event, ${usesRecord ? 'record' : '_record'}: RecordInfo): Event[] {`,
      ...indented(body),
      '}',
    );
  }
}

const CONSTANT = /^const (\w+) = (.*);$/s;

function docOf({ section, type, id, place }: Component): string {
  const kind = section === 'sinks' ? 'Sink' : type;
  return commentText(`${kind} \`${id}\` (${whereIs(place)}).`);
}

function wrap(test: string, isPart: boolean): string {
  return isPart && /[?|]|=>/.test(test) ? `(${test})` : test;
}

function stepName(prefix: string, id: string): string {
  return prefix + functionLike(id);
}

function functionLike(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

function topicsTest({ options }: Component): string {
  return textsOf(options['topics'])
    .map((topic) =>
      topic.startsWith('^')
        ? `new RegExp(${quoted(topic)}).test(record.topic)`
        : `record.topic === ${quoted(topic)}`,
    )
    .join(' || ');
}
