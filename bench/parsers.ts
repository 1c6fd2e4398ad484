/**
 * What each built-in parser costs an event: over the lines of its first example, in this process, on one core.
 *
 *     node bench/parsers.ts    prints the table, in a few seconds
 */
import { fileURLToPath } from 'node:url';
import {
  type Event,
  type RecordInfo,
  type TransformDefinition,
  isTransformDefinition,
} from '../src/transform/api/api.ts';
import { builtIns } from '../src/transform/loader/loader.ts';
import { installResolveHook } from '../src/transform/loader/resolve-hook.ts';
import { spreadOf } from './measure.ts';

export interface ParserCost {
  readonly name: string;
  /** Of the text that is parsed, on average. */
  readonly characters: number;
  /** CPU µs an event, one a round. */
  readonly micros: readonly number[];
}

const ROUNDS = 5;
const ROUND_MS = 50;
const BATCH = 500;
const RECORD: RecordInfo = {
  topic: 'app-logs',
  partition: 0,
  offset: 0,
  timestamp: Date.UTC(2026, 10, 29),
  key: null,
  headers: undefined,
};

type Parser = (event: Event, record: RecordInfo) => unknown;

export async function measureParsers(): Promise<ParserCost[]> {
  installResolveHook();
  const found: ParserCost[] = [];
  for (const name of builtIns().filter((one) => one.startsWith('parse-'))) {
    const definition = await load(name);
    const { with: given, input = [] } = definition.examples?.[0] ?? {};
    const options = definition.options?.parse(given ?? {});
    const parse = (await definition.setup(options, contextOf(name))) as Parser;
    const characters = input.reduce((sum, event) => sum + textOf(event).length, 0) / input.length;
    const micros: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const took = costOf(parse, input);
      // The first one is for the compiler.
      if (round > 0) micros.push(took);
    }
    found.push({ name, characters: Math.round(characters), micros });
  }
  return found;
}

/** As lines of Markdown. */
export function parserTable(costs: readonly ParserCost[]): string {
  const rows = costs.map(({ name, characters, micros }) => {
    const { median, min, max } = spreadOf(micros);
    return `| ${name} | ${characters} | ${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)}) |`;
  });
  return `| parser | characters | CPU µs an event |\n| --- | --- | --- |\n${rows.join('\n')}`;
}

function costOf(parse: Parser, input: readonly Event[]): number {
  let events = 0;
  const until = performance.now() + ROUND_MS;
  const before = process.threadCpuUsage();
  do {
    for (let left = BATCH; left > 0; left--) {
      parse({ ...input[left % input.length] }, RECORD);
      events++;
    }
  } while (performance.now() < until);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / events;
}

function textOf(event: Event): string {
  const [text] = Object.values(event).filter((value) => typeof value === 'string');
  return text ?? '';
}

async function load(name: string): Promise<TransformDefinition> {
  const { default: exported } = (await import(`../transforms/${name}.ts`)) as { default: unknown };
  if (!isTransformDefinition(exported)) throw new Error(`${name} is no transform`);
  return exported;
}

function contextOf(name: string): Parameters<TransformDefinition['setup']>[1] {
  const ignore = (): void => {};
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const signal = new AbortController().signal;
  return { name, directory: '.', log, metrics: { count: ignore }, onClose: ignore, signal };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(`${parserTable(await measureParsers())}\n`);
