import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { stringifyExact } from 'logweir';
import { eventStream } from './support/events.ts';
import { type Fields, canonical, compile } from './support/program.ts';

const EVENTS = 10_000;
const PYTHON = fileURLToPath(new URL('../../../.cache/vrl/bin/python', import.meta.url));
const ENGINE = fileURLToPath(new URL('support/engine.py', import.meta.url));
const directory = new URL('programs/', import.meta.url);
const programs = readdirSync(directory).filter((name) => name.endsWith('.vrl'));

it('there are fifteen programs or more', () => {
  expect(programs.length).toBeGreaterThanOrEqual(15);
});

it.each(programs)('%s: the translation and the engine of VRL agree on every event', (name) => {
  const file = new URL(name, directory);
  const program = compile(readFileSync(file, 'utf8'));
  const events = [...eventStream(EVENTS, 7)];
  const expected = engine(fileURLToPath(file), events);
  expect(expected).toHaveLength(EVENTS);
  const different = events.flatMap((event, n) => {
    const got = outcome(program, structuredClone(event));
    return got === expected[n] ? [] : [difference(event, got, expected[n] ?? '')];
  });
  expect({ count: different.length, first: different.slice(0, 3) }).toEqual({ count: 0, first: [] });
});

/** The events, or `failed`, of the engine. */
function engine(file: string, events: readonly Fields[]): string[] {
  const input = events.map((event) => JSON.stringify(event)).join('\n');
  const { status, stdout, stderr } = spawnSync(PYTHON, [ENGINE, file], {
    input,
    encoding: 'utf8',
    maxBuffer: 1e9,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { event } = JSON.parse(line) as { event?: Fields };
      return event === undefined ? 'failed' : canonical(event);
    });
}

function outcome(program: ReturnType<typeof compile>, event: Fields): string {
  let result: ReturnType<typeof program>;
  try {
    result = program(event);
  } catch (error) {
    if ((error as Error).name === 'VrlError') return 'failed';
    throw error;
  }
  return result === undefined ? 'failed' : canonical(JSON.parse(stringifyExact(result)));
}

/** The fields that differ, and the event that they come from. */
function difference(event: Fields, got: string, expected: string): string {
  if (got === 'failed' || expected === 'failed') return `${JSON.stringify(event)}: ${got}, not ${expected}`;
  const [ours, theirs] = [JSON.parse(got) as Fields, JSON.parse(expected) as Fields];
  const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
  const parts = keys
    .map((key) => [key, JSON.stringify(ours[key]), JSON.stringify(theirs[key])] as const)
    .filter(([, one, other]) => one !== other)
    .map(([key, one, other]) => `${key} is ${one}, not ${other}`);
  return `${parts.join('; ')} in ${JSON.stringify(event)}`;
}
