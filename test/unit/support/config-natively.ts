/**
 * Reads configurations in a Node of its own, where transforms load as they do in production (see load-natively.ts), and many
 * with one process. Run as a program it answers the questions that stand on stdin.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { printConfig } from '../../../src/commands/config.ts';
import { LogweirError } from '../../../src/errors.ts';
import { loadConfigWhole } from '../../../src/transform/loader/load-config.ts';
import { loadChain } from '../../../src/transform/loader/loader.ts';
import { sourceRecord } from './fakes.ts';

export interface ConfigQuestion {
  /** What `logweir config` prints, or what comes out of an empty event. */
  readonly ask: 'config' | 'event';
  readonly yaml: string;
  readonly env?: Record<string, string>;
}

/** What came out, or the message of a configuration error; anything else that is thrown ends the process. */
export type ConfigAnswer = { readonly output: string } | { readonly error: string };

/** @param directory where the configuration is written to, and its relative paths lead from */
export function askNatively(directory: string, questions: readonly ConfigQuestion[]): ConfigAnswer[] {
  const answers = execFileSync(process.execPath, [fileURLToPath(import.meta.url)], {
    input: JSON.stringify({ directory, questions }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return JSON.parse(answers.toString()) as ConfigAnswer[];
}

async function answer(config: string, ask: ConfigQuestion['ask']): Promise<ConfigAnswer> {
  try {
    if (ask === 'config') {
      const output = new PassThrough();
      await printConfig({ config }, output);
      output.end();
      return { output: await text(output) };
    }
    const loaded = await loadConfigWhole(config);
    const ignore = (): void => {};
    const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
    const { directory, places } = loaded;
    const contextOf = (name: string) => ({ name, directory, log, metrics: { count: ignore } });
    const chain = await loadChain(loaded.config.transforms, directory, contextOf, ignore, places);
    const { events } = await chain.run({}, sourceRecord());
    await chain.close();
    return { output: JSON.stringify(events) };
  } catch (error) {
    if (error instanceof LogweirError && error.exitCode === 78) return { error: error.message };
    throw error;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { directory, questions } = JSON.parse(readFileSync(0, 'utf8')) as {
    directory: string;
    questions: ConfigQuestion[];
  };
  const path = join(directory, 'logweir.yaml');
  const answers: ConfigAnswer[] = [];
  for (const { ask, yaml, env = {} } of questions) {
    writeFileSync(path, yaml);
    Object.assign(process.env, env);
    answers.push(await answer(path, ask));
    for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name);
  }
  process.stdout.write(JSON.stringify(answers));
}
