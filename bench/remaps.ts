/**
 * What a `remap` of Vector costs an event: as the TypeScript that `logweir migrate` writes, as one would write
 * it by hand, and in Vector's own engine, where `make setup` could install it. All over plain objects, without
 * decoding and encoding.
 *
 *     node bench/remaps.ts    prints the table, in about ten seconds
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../test/support/paths.ts';
import type { Event } from '../src/transform/api/api.ts';
import { installResolveHook } from '../src/transform/loader/resolve-hook.ts';
import { spreadOf } from './measure.ts';
import { decimal } from './format.ts';

/** In µs an event, one a round: the contenders take turns. */
export interface RemapCost {
  readonly name: string;
  readonly generated: readonly number[];
  readonly byHand: readonly number[];
  /** By the engine's own clock; null where it is not installed. */
  readonly engine: readonly number[] | null;
}

const ROUNDS = 5;
const EVENTS = 500;
const PASSES = 200;
const PYTHON = join(root, '.cache/vrl/bin/python');
const ENGINE = fileURLToPath(new URL('vrl-engine.py', import.meta.url));

interface Remap {
  readonly name: string;
  readonly source: string;
  readonly byHand: (event: Event) => Event;
}

const ACCESS = /^(?<method>\S+) (?<path>\S+) (?<status>\d{3}) (?<ms>\d+)ms$/;

const REMAPS: readonly Remap[] = [
  {
    name: '`.x = 1`',
    source: '.x = 1',
    byHand: (event) => {
      event['x'] = 1;
      return event;
    },
  },
  {
    name: 'an access log, 12 lines',
    source: String.raw`
      parsed, err = parse_json(.message)
      if err != null {
        .parse_error = err
      } else {
        . = merge(., object!(parsed))
      }
      .level = downcase(string(.level) ?? "info")
      parts = parse_regex!(.request, r'^(?P<method>\S+) (?P<path>\S+) (?P<status>\d{3}) (?P<ms>\d+)ms$')
      .http.method = parts.method
      .http.status = to_int!(parts.status)
      .took = to_float!(parts.ms) / 1000
      del(.password)
    `,
    byHand: (before) => {
      const event = { ...before, ...(JSON.parse(textOf(before['message'])) as Event) };
      event['level'] = textOf(event['level'] ?? 'info').toLowerCase();
      const { method, status, ms } = ACCESS.exec(textOf(event['request']))?.groups ?? {};
      event['http'] = { method, status: Number(status) };
      event['took'] = Number(ms) / 1000;
      delete event['password'];
      return event;
    },
  },
];

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export async function measureRemaps(): Promise<RemapCost[]> {
  // The functions of VRL use `logweir`, as transforms do.
  installResolveHook();
  const { compile } = await import('../test/unit/vrl/support/program.ts');
  const directory = mkdtempSync(join(tmpdir(), 'logweir-remaps-'));
  try {
    return REMAPS.map(({ name, source, byHand }, at) => {
      const program = compile(source);
      const file = join(directory, `${at}.vrl`);
      writeFileSync(file, source);
      const hasEngine = existsSync(PYTHON);
      const cost = { name, generated: [] as number[], byHand: [] as number[], engine: [] as number[] };
      for (let round = 0; round <= ROUNDS; round++) {
        const micros = [costOf(program), costOf(byHand), hasEngine ? engineCost(file) : 0] as const;
        // The first round is for the compiler.
        if (round === 0) continue;
        cost.generated.push(micros[0]);
        cost.byHand.push(micros[1]);
        cost.engine.push(micros[2]);
      }
      return hasEngine ? cost : { ...cost, engine: null };
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** As lines of Markdown. */
export function remapTable(costs: readonly RemapCost[]): string {
  const rows = costs.map(({ name, generated, byHand, engine }) => {
    const ratio = (of: readonly number[]): string =>
      decimal(spreadOf(generated.map((micros, round) => micros / (of[round] ?? Number.NaN))));
    return `| ${[
      name,
      decimal(spreadOf(generated)),
      decimal(spreadOf(byHand)),
      engine === null ? 'not installed' : decimal(spreadOf(engine)),
      ratio(byHand),
      engine === null ? '' : ratio(engine),
    ].join(' | ')} |`;
  });
  return [
    '| program | generated, µs an event | by hand | engine of VRL | generated / by hand | generated / engine |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function eventsOf(): Event[] {
  return Array.from({ length: EVENTS }, (_, at) => ({
    message: JSON.stringify({
      level: ['INFO', 'warn', 'ERROR'][at % 3],
      service: 'shop',
      request: `GET /cart/${at} ${[200, 404, 500][at % 3]} ${at % 90}ms`,
      user: `u${at}@example.org`,
      password: 'x',
    }),
    host: 'web-1',
    file: '/var/log/shop.log',
    source_type: 'file',
    timestamp: '2026-11-30T04:00:00Z',
  }));
}

/** The wall time of this one thread, as the engine measures it; events are made outside of it. */
function costOf(program: (event: Event) => unknown): number {
  let ms = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    const events = eventsOf();
    const before = performance.now();
    for (const event of events) program(event);
    ms += performance.now() - before;
  }
  return (ms * 1000) / (PASSES * EVENTS);
}

function engineCost(file: string): number {
  const input = eventsOf()
    .map((event) => JSON.stringify(event))
    .join('\n');
  const { status, stdout, stderr } = spawnSync(PYTHON, [ENGINE, file], { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(`${remapTable(await measureRemaps())}\n`);
