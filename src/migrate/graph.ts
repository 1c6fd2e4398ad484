import type { Context, Generated } from './context.ts';
import { type Component, mapOf, textsOf, whereIs } from './model.ts';
import type { Destination } from './destination.ts';
import type { DestinationCode } from './target-code.ts';
import { indented, SourceFile } from './source-file.ts';
import { quoted } from './names.ts';
import type { Edge } from './topology.ts';
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
  readonly functions: ReadonlyMap<string, Generated>;
}

const ROUTES = new Set(['route', 'swimlanes', 'exclusive_route']);

export function isRoute({ type }: Component): boolean {
  return ROUTES.has(type);
}

/** Writes `transforms/routes.ts`: the graph of Vector as calls of one function per transform. */
export function writeGraph(graph: Graph, context: Context): string {
  return new GraphWriter(graph, context).write();
}

class GraphWriter {
  readonly #graph: Graph;
  readonly #context: Context;
  readonly #file = new SourceFile();
  readonly #names = new Map<Component, string>();

  constructor(graph: Graph, context: Context) {
    this.#graph = graph;
    this.#context = context;
    for (const one of graph.transforms)
      this.#names.set(one, context.functionNames.take(stepName('through', one.id)));
    for (const { sink } of graph.destinations)
      this.#names.set(sink, context.functionNames.take(stepName('to', sink.id)));
  }

  write(): string {
    const { heads, transforms, destinations, functions } = this.#graph;
    const file = this.#context.fileNames.take('routes');
    this.#file.use('logweir', 'defineTransform', 'type Event', 'type RecordInfo');
    this.#file.add(
      "/** The graph of Vector's transforms: each event goes to every transform or sink that has it as an input. */",
      'export default defineTransform({',
      '  setup: () => (event, record) => start(event, record),',
      '});',
    );
    this.#start(heads);
    for (const one of transforms) {
      const made = functions.get(one.id);
      if (made !== undefined) this.#file.use(`./${made.file}.ts`, made.name);
      if (isRoute(one)) this.#route(one);
      else this.#through(one, made?.name ?? '');
    }
    for (const one of destinations) this.#sink(one);
    // A route needs none.
    if (!transforms.every(isRoute)) this.#helper();
    this.#context.files.set(`transforms/${file}.ts`, this.#file.render());
    return file;
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
    this.#function('start', `What reads from ${name}.`, this.#calls(calls));
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

  #through(one: Component, name: string): void {
    const targets = this.#targets(one, null).map((call) => ({ test: null, call }));
    const [only] = targets;
    const doc = `${one.type} \`${one.id}\` (${whereIs(one.place)}).`;
    const next =
      targets.length === 1 && only !== undefined
        ? [`return each(${name}(event, record), (made) => ${only.call}(made, record));`]
        : [
            `return each(${name}(event, record), (made) => [`,
            ...targets.map(({ call }, index) => {
              const isLast = index === targets.length - 1;
              if (!isLast) this.#file.use('logweir/vrl', 'copy');
              return `  ...${call}(${isLast ? 'made' : 'copy(made)'}, record),`;
            }),
            ']);',
          ];
    const source =
      this.#context.files.get(`transforms/${this.#graph.functions.get(one.id)?.file ?? ''}.ts`) ?? '';
    const takesRecord = source.includes('record: RecordInfo');
    this.#function(
      this.#names.get(one) ?? '',
      doc,
      takesRecord ? next : next.map((line) => line.replace(`${name}(event, record)`, `${name}(event)`)),
    );
  }

  #route(one: Component): void {
    const isExclusive = one.type === 'exclusive_route';
    const outputs = routesOf(one);
    const lines = ['const events: Event[] = [];'];
    const unmatched = this.#targets(one, '_unmatched');
    const tests: string[] = [];
    for (const [name, condition] of outputs) {
      const test = this.#condition(one, name, condition);
      const targets = this.#targets(one, name);
      if (targets.length === 0 && unmatched.length === 0 && !isExclusive) continue;
      tests.push(test);
      const calls = targets.map((call) => `events.push(...${call}(copy(event), record));`);
      const known = `is${functionLike(name)}`;
      const isLater = isExclusive && tests.length > 1;
      const before = isLater ? this.#notBefore(outputs, name) : '';
      lines.push(`const ${known} = ${before}${wrap(test, isLater)};`);
      if (calls.length > 0) {
        this.#file.use('logweir/vrl', 'copy');
        lines.push(
          ...(calls.length === 1
            ? [`if (${known}) ${calls[0] ?? ''}`]
            : [`if (${known}) {`, ...indented(calls), '}']),
        );
      }
    }
    if (unmatched.length > 0) {
      const none = outputs.map(([name]) => `!is${functionLike(name)}`).join(' && ');
      for (const call of unmatched) {
        this.#file.use('logweir/vrl', 'copy');
        lines.push(`if (${none === '' ? 'true' : none}) events.push(...${call}(copy(event), record));`);
      }
    }
    lines.push('return events;');
    this.#context.report.add('done', one, 'is in `transforms/routes.ts`.');
    this.#function(
      this.#names.get(one) ?? '',
      `${one.type} \`${one.id}\` (${whereIs(one.place)}).`,
      dropUnused(lines),
    );
  }

  #notBefore(outputs: readonly (readonly [string, unknown])[], name: string): string {
    const before = outputs.slice(
      0,
      outputs.findIndex(([one]) => one === name),
    );
    return before.map(([one]) => `!is${functionLike(one)} && `).join('');
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
      this.#file.use(`./${made.file}.ts`, made.name);
      return `${made.name}(event) !== undefined`;
    }
    this.#file.use('logweir/vrl', ...code.imports);
    const renamed = this.#constants(code.constants);
    const rename = (line: string): string =>
      renamed.reduce((text, [from, to]) => text.replaceAll(from, to), line);
    if (code.expression !== null) return rename(code.expression);
    const called = this.#context.functionNames.take(`fits${functionLike(name)}`);
    this.#file.add(`function ${called}(event: Event): boolean {`, ...indented(code.body.map(rename)), '}');
    return `${called}(event)`;
  }

  /** Adds constants under names that are free in this file. */
  #constants(constants: readonly string[]): [from: RegExp, to: string][] {
    return constants.map((line) => {
      const [, name = '', value = ''] = /^const (\w+) = (.*);$/.exec(line) ?? [];
      const known = this.#file.constants.find((one) => one.endsWith(` = ${value};`));
      const free =
        known === undefined
          ? this.#context.functionNames.take(name)
          : (/^const (\w+)/.exec(known)?.[1] ?? name);
      if (known === undefined) this.#file.constants.push(`const ${free} = ${value};`);
      return [new RegExp(String.raw`\b${name}\b`, 'g'), free];
    });
  }

  #sink(destination: Destination): void {
    const { sink, code, route, fields } = destination;
    const isMain = destination === this.#graph.main;
    const plain: DestinationCode = { imports: {}, constants: [], body: ['return event;'] };
    const made = isMain ? (code ?? (fields === null ? plain : route)) : route;
    for (const [module, names] of Object.entries(made.imports)) this.#file.use(module, ...names);
    this.#file.constants.push(...made.constants);
    const body = made.body.map((line) => line.replace(/^(\s*)return (.+);$/, '$1return [$2];'));
    this.#function(this.#names.get(sink) ?? '', `Sink \`${sink.id}\` (${whereIs(sink.place)}).`, body);
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

  #helper(): void {
    this.#file.use('logweir', 'type TransformResult');
    this.#file.add(
      '/** Passes on what a transform makes of an event: nothing, one event or several. */',
      'function each(result: TransformResult, next: (event: Event) => Event[]): Event[] {',
      '  if (result === undefined) return [];',
      '  return (Array.isArray(result) ? (result as readonly Event[]) : [result as Event]).flatMap(next);',
      '}',
    );
  }
}

function dropUnused(lines: readonly string[]): string[] {
  return lines.filter((line, index) => {
    const name = /^const (is\w+) = /.exec(line)?.[1];
    return (
      name === undefined ||
      lines.some((other, at) => at !== index && new RegExp(String.raw`\b${name}\b`).test(other))
    );
  });
}

function wrap(test: string, isPart: boolean): string {
  return isPart && /[?|]|=>/.test(test) ? `(${test})` : test;
}

/** The conditions of a route by the names of its outputs. */
export function routesOf({ type, options }: Component): (readonly [name: string, condition: unknown])[] {
  if (type === 'exclusive_route' && Array.isArray(options['routes']))
    return (options['routes'] as { name?: unknown; condition?: unknown }[]).map(
      ({ name, condition }) => [String(name), condition] as const,
    );
  return Object.entries(mapOf(options['route'] ?? options['lanes']));
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
