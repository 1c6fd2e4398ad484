import { parseObject } from '../codec/exact-json.ts';
import { define } from '../codec/field-path.ts';
import { isRawJson } from '../codec/raw-json.ts';
import type { Plan } from './chain.ts';
import type { Context } from './context.ts';
import {
  type Component,
  type Fields,
  isMap,
  mapOf,
  type Step,
  textOf,
  textsOf,
  type VectorTest,
} from './model.ts';
import { literal, quoted } from './names.ts';
import type { Condition } from './program.ts';
import { translate } from './program.ts';
import { isRoute, routesOf } from './route-outputs.ts';
import { indented, SourceFile } from './source-file.ts';
import type { Topology } from './topology.ts';
import { conditionCode, conditionSource } from './transforms/condition.ts';
import { testCondition } from './test-condition.ts';
import { pathOf } from './vector-template.ts';

const FILE = 'transforms/vector.test.ts';

/** A part of a test that cannot be translated. */
class Untranslatable extends Error {}

/** A condition of a route that an event must meet, or must not. */
interface RouteTest {
  readonly condition: Condition;
  readonly isMet: boolean;
}

/** Entries of the chain between two transforms, and what the routes between them test. */
interface Way {
  readonly steps: readonly Step[];
  readonly routes: readonly RouteTest[];
}

/** Writes Vector's `tests:` as tests of Node's runner. */
export function writeTests(topology: Topology, plan: Plan, context: Context): void {
  const { tests } = context.config;
  const file = new SourceFile();
  let count = 0;
  for (const one of tests) {
    try {
      file.add(...new TestWriter(one, topology, plan, context, file).lines());
      count++;
      context.report.add('done', named(one), `is in \`${FILE}\`.`);
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error;
      context.report.add('todo', named(one), `the test is not translated: ${error.message}.`);
    }
  }
  if (count === 0) return;
  file.constants.push('/** Of logweir.yaml. */', "const folder = join(import.meta.dirname, '..');");
  file.use('node:path', 'join');
  file.use('node:test', 'test');
  file.use('logweir/testing', 'testChain');
  context.files.set(FILE, file.render());
}

function named({ name, place }: VectorTest): { name: string; place: VectorTest['place'] } {
  return { name: `tests: ${name}`, place };
}

class TestWriter {
  readonly #test: VectorTest;
  readonly #topology: Topology;
  readonly #plan: Plan;
  readonly #context: Context;
  readonly #file: SourceFile;

  constructor(test: VectorTest, topology: Topology, plan: Plan, context: Context, file: SourceFile) {
    this.#test = test;
    this.#topology = topology;
    this.#plan = plan;
    this.#context = context;
    this.#file = file;
  }

  lines(): string[] {
    const { value, name } = this.#test;
    const inputs = [...list(value['inputs']), ...list(value['input'])].map((one) => mapOf(one));
    const outputs = list(value['outputs']).map((one) => mapOf(one));
    const none = textsOf(value['no_outputs_from']);
    if (inputs.length === 0) throw new Untranslatable('it has no input');
    const body: string[] = [];
    for (const output of outputs)
      for (const from of textsOf(output['extract_from'])) body.push(...this.#part(inputs, from, output));
    for (const from of none) body.push(...this.#part(inputs, from, null));
    return [`test(${quoted(name)}, async () => {`, ...indented(body), '});'];
  }

  /** One output: the events that come out there. */
  #part(inputs: readonly Fields[], from: string, output: Fields | null): string[] {
    const lines: string[] = [];
    for (const input of inputs) {
      const start = this.#component(textOf(input['insert_at']));
      const way = this.#way(start, from);
      lines.push(...`const run = await testChain(${stepsText(way.steps)}, ${FOLDER});`.split('\n'));
      lines.push(...`const output = await run(${this.#event(input, start)});`.split('\n'));
      for (const [index, one] of way.routes.entries()) lines.push(...this.#filter(one, index));
      lines.push(...(output === null ? this.#noOutput(way) : this.#checks(output, way)));
    }
    return ['{', ...indented(lines), '}'];
  }

  #component(id: string): Component {
    const found = this.#topology.transforms.find((one) => one.id === id);
    if (found === undefined) throw new Untranslatable(`${id} is not on the way from Kafka to Elasticsearch`);
    return found;
  }

  /** The first way from a transform to an output. */
  #way(start: Component, output: string): Way {
    const [id = '', port = null] = output.split('.');
    const end = this.#component(id);
    const ways: { at: Component; steps: readonly Step[]; routes: readonly RouteTest[] }[] = [
      { at: start, ...this.#stepOf(start) },
    ];
    for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
      if (way.at === end) {
        const routes = isRoute(end) && port !== null ? this.#routeTests(end, port) : [];
        return { steps: way.steps, routes: [...way.routes, ...routes] };
      }
      for (const edge of this.#topology.edges) {
        if (edge.from !== way.at || edge.to.section !== 'transforms') continue;
        const routes = isRoute(way.at) && edge.port !== null ? this.#routeTests(way.at, edge.port) : [];
        if (routes.length > 0 && way.steps.length > 0 && !isRoute(edge.to) && edge.to !== end)
          throw new Untranslatable('it goes through a route and further');
        const next = this.#stepOf(edge.to);
        if (routes.length > 0 && next.steps.length > 0)
          throw new Untranslatable('it continues after a route');
        ways.push({ at: edge.to, steps: [...way.steps, ...next.steps], routes: [...way.routes, ...routes] });
      }
      if (ways.length > 1000) break;
    }
    throw new Untranslatable(`nothing leads from ${start.id} to ${output}`);
  }

  #stepOf(component: Component): { steps: readonly Step[]; routes: readonly RouteTest[] } {
    if (isRoute(component)) return { steps: [], routes: [] };
    if (this.#plan.skeletons.has(component)) throw new Untranslatable(`${component.id} is a skeleton`);
    const steps = this.#plan.stepsOf.get(component);
    if (steps === undefined) throw new Untranslatable(`${component.id} has no file`);
    return { steps, routes: [] };
  }

  #routeTests(route: Component, port: string): RouteTest[] {
    const outputs = routesOf(route);
    const index = outputs.findIndex(([name]) => name === port);
    if (index < 0 && port !== '_unmatched')
      throw new Untranslatable(`the output ${route.id}.${port} has no condition`);
    const earlier = route.type === 'exclusive_route' ? outputs.slice(0, index) : [];
    return (index < 0 ? outputs : [...earlier, ...outputs.slice(index, index + 1)]).map(([name, given]) => {
      const condition = conditionCode(given, this.#context.timezone);
      if ('length' in condition) throw new Untranslatable(condition[0] ?? 'a condition');
      return { condition, isMet: name === port };
    });
  }

  #filter({ condition: { imports, constants, body } }: RouteTest, index: number): string[] {
    this.#file.use('logweir/vrl', ...imports);
    this.#file.use('logweir', 'type Event');
    return [
      `const ${routedName(index)} = (event: Event): boolean => {`,
      ...indented([...constants, ...body]),
      '};',
    ];
  }

  #noOutput(way: Way): string[] {
    this.#file.use('node:assert/strict', 'equal');
    return [`equal(${outputOf(way)}.length, 0);`];
  }

  #checks(output: Fields, way: Way): string[] {
    this.#file.use('node:assert/strict', 'ok');
    const lines = [`const [event] = ${outputOf(way)};`, 'ok(event);'];
    const count = output['expected_event_count'];
    if (typeof count === 'number') {
      this.#file.use('node:assert/strict', 'equal');
      lines.push(`equal(${outputOf(way)}.length, ${count});`);
    }
    for (const condition of list(output['conditions'])) lines.push(...this.#check(condition));
    return lines;
  }

  #check(condition: unknown): string[] {
    const source = conditionSource(condition);
    if (typeof source !== 'string') throw new Untranslatable(source.problem);
    const code = testCondition(source, this.#context.timezone);
    if ('length' in code) throw new Untranslatable(code[0]?.split('\n')[0] ?? 'a condition');
    this.#file.use('logweir/vrl', ...code.imports);
    if (code.expression !== null && code.constants.length === 0) return [`ok(${code.expression});`];
    return ['ok(((): boolean => {', ...indented([...code.constants, ...code.body]), '})());'];
  }

  /** The event of an input as an expression. */
  #event(input: Fields, start: Component): string {
    const type = textOf(input['type'] ?? 'raw');
    if (type === 'raw') return this.#payload({ message: textOf(input['value'] ?? '') }, start);
    if (type === 'log') {
      const event: Record<string, unknown> = {};
      for (const [path, value] of Object.entries(mapOf(input['log_fields']))) put(event, path, value);
      return this.#payload(event, start);
    }
    if (type !== 'vrl') throw new Untranslatable(`an input of type ${type}`);
    if (start === this.#plan.payload)
      throw new Untranslatable('its input is a program, and the payload is decoded');
    const made = translate(textOf(input['source'] ?? ''), {
      dropsOnAbort: true,
      timezone: this.#context.timezone,
      hasVariables: true,
    });
    if (!made.ok) throw new Untranslatable(made.problems[0]?.split('\n')[0] ?? 'its input');
    this.#file.use('logweir/vrl', ...made.code.imports);
    this.#file.use('logweir', 'type Event');
    const body = [...made.code.constants, ...made.code.body].map((line) =>
      line.replace(/^return undefined;$/, 'return {};'),
    );
    return `((event: Event): Event => {\n${indented(body).join('\n')}\n})({})`;
  }

  /** What Logweir decodes of the message, where `decoding: json` does that. */
  #payload(event: Fields, start: Component): string {
    if (start !== this.#plan.payload) return exactLiteral(event);
    // As Logweir decodes it: no digit is lost.
    const parsed = parseObject(textOf(event['message']));
    if (parsed !== undefined) return exactLiteral(parsed);
    throw new Untranslatable(
      'its message is no JSON object, which Logweir dead-letters before the transforms',
    );
  }
}

function routedName(index: number): string {
  return index === 0 ? 'isRouted' : `isRouted${index + 1}`;
}

/** The events that the routes let pass. */
function outputOf({ routes }: Way): string {
  const filters = routes.map(({ isMet }, index) => {
    const name = routedName(index);
    return `.filter(${isMet ? name : `(one) => !${name}(one)`})`;
  });
  return `output${filters.join('')}`;
}

/** Of logweir.yaml, for the paths of the entries. */
const FOLDER = 'folder';

/** @throws Untranslatable if a number of the value cannot be written */
function exactLiteral(value: Fields): string {
  if (hasLostNumber(value))
    throw new Untranslatable('its input has a number that TypeScript cannot write exactly');
  return literal(value);
}

/** Whether an integer was read as a double that stands for several, or a number has no double. */
function hasLostNumber(value: unknown): boolean {
  if (typeof value === 'number')
    return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) <= 2 ** 64;
  if (typeof value !== 'object' || value === null) return false;
  return isRawJson(value) || Object.values(value).some(hasLostNumber);
}

function put(event: Record<string, unknown>, path: string, value: unknown): void {
  const keys = pathOf(path).map(String);
  let at = event;
  for (const key of keys.slice(0, -1)) {
    const known = Object.hasOwn(at, key) ? at[key] : undefined;
    const next = isMap(known) ? (known as Record<string, unknown>) : {};
    define(at, key, next);
    at = next;
  }
  define(at, keys.at(-1) ?? path, value);
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
}

function stepsText(steps: readonly Step[]): string {
  const entries = steps.map(({ use, with: options, on_error }) =>
    literal({
      use,
      ...(options !== undefined && { with: options }),
      ...(on_error !== undefined && on_error !== 'dead_letter' && { on_error }),
    }),
  );
  return entries.length === 0 ? '[]' : `[\n${entries.map((entry) => `  ${entry},\n`).join('')}]`;
}
