/**
 * Loads chains in a Node of its own, since there Node itself strips the types and finds the modules, as it does in
 * production; vitest would do both in its own way. Run as a program it answers the questions that stand on stdin.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TransformConfig } from '../../../src/config/schema.ts';
import { LogweirError } from '../../../src/errors.ts';
import type { Event } from '../../../src/transform/api/api.ts';
import { loadChain } from '../../../src/transform/loader/loader.ts';
import { sourceRecord } from './fakes.ts';

export interface Question {
  readonly transforms: readonly Partial<TransformConfig>[];
  /** Run through the chain, one after the other. */
  readonly events?: readonly Event[];
}

export type Answered =
  | { loaded: true; steps: string[]; outputs: (readonly Event[])[]; failures: string[]; closed: string[] }
  | { loaded: false; code: string; message: string; hasCause: boolean; closed: string[] };

export function loadNatively(directory: string, questions: readonly Question[]): Answered[] {
  const answers = execFileSync(process.execPath, [fileURLToPath(import.meta.url)], {
    input: JSON.stringify({ directory, questions }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return JSON.parse(answers.toString()) as Answered[];
}

/** Transforms of the tests put their names here when they are closed. */
const closed: string[] = [];

async function answer(directory: string, { transforms, events = [] }: Question): Promise<Answered> {
  closed.length = 0;
  const ignore = (): void => {};
  const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const failures: string[] = [];
  try {
    const chain = await loadChain(
      transforms.map((transform) => ({
        use: '',
        with: {},
        on_error: 'dead_letter',
        timeout_ms: 1000,
        ...transform,
      })),
      directory,
      (name) => ({ name, directory, log, metrics: { count: ignore } }),
      (step, policy, error) => void failures.push(`${step} (${policy}): ${error.message}`),
    );
    const outputs: (readonly Event[])[] = [];
    for (const event of events) outputs.push((await chain.run(event, sourceRecord())).events);
    await chain.close();
    const steps = chain.steps.map(({ name, onError }) => `${name} (${onError})`);
    return { loaded: true, steps, outputs, failures, closed: [...closed] };
  } catch (error) {
    if (!(error instanceof LogweirError)) throw error;
    const { code, message, cause } = error;
    return { loaded: false, code, message, hasCause: cause !== undefined, closed: [...closed] };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  (globalThis as { closed?: string[] }).closed = closed;
  const { directory, questions } = JSON.parse(readFileSync(0, 'utf8')) as {
    directory: string;
    questions: Question[];
  };
  const answers: Answered[] = [];
  for (const question of questions) answers.push(await answer(directory, question));
  process.stdout.write(JSON.stringify(answers));
}
