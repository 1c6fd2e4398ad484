/** Loads a chain, lets a file be another one, and loads it again, in a Node of its own; see load-natively.ts. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { loadChain } from '../../../src/transform/loader/loader.ts';
import { sourceRecord } from './fakes.ts';

const [directory = '', use = '', changed = ''] = process.argv.slice(2);
const ignore = (): void => {};
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const outputs: unknown[] = [];
for (let load = 0; load < 3; load++) {
  if (load === 2 && changed !== '') renameSync(join(directory, `${changed}.next`), join(directory, changed));
  const chain = await loadChain(
    [{ use, with: {}, on_error: 'dead_letter', timeout_ms: 1000 }],
    directory,
    (name) => ({ name, directory, log, metrics: { count: ignore } }),
    (_step, _policy, error) => void outputs.push(error.message),
  );
  outputs.push((await chain.run({}, sourceRecord())).events[0]);
  await chain.close();
}
process.stdout.write(JSON.stringify(outputs));
