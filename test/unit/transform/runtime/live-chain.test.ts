import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../../../src/config/load.ts';
import { LiveChain } from '../../../../src/transform/runtime/live-chain.ts';
import { sourceRecord } from '../../support/fakes.ts';
import { type LogLine, memoryLog } from '../../support/memory-log.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'logweir-live-chain-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function load(
  yaml: string,
  stuckFd: number | null = null,
): Promise<{ live: LiveChain; lines: LogLine[] }> {
  const path = join(folder, 'logweir.yaml');
  writeFileSync(path, yaml);
  const { log, lines } = memoryLog();
  return { live: await LiveChain.load(loadConfig(path), log, stuckFd), lines };
}

it('a transform that always fails does not hide the first error of another', async () => {
  writeFileSync(join(folder, 'noisy.mjs'), `export default () => { throw new Error('noisy'); };`);
  writeFileSync(
    join(folder, 'quiet.mjs'),
    `export default (event) => { if (event.rare) throw new Error('rare'); return event; };`,
  );
  const { live, lines } = await load(
    'transforms: [{ use: ./quiet.mjs, on_error: keep }, { use: ./noisy.mjs, on_error: drop }]',
  );
  for (let n = 0; n < 50; n++) await live.current.run({ n }, sourceRecord());
  await live.current.run({ rare: true }, sourceRecord());
  expect(lines).toMatchObject([
    { transform: './noisy.mjs', reason: `Error (${folder}/noisy.mjs:1:30)` },
    { transform: './quiet.mjs', reason: `Error (${folder}/quiet.mjs:1:51)`, record: 'app-logs:0:0' },
  ]);
  expect(JSON.stringify(lines)).not.toContain('rare');
  await live.close();
});

it('the watchdog names a stuck record that a reload runs immediately', async () => {
  const told = join(folder, 'told');
  const stuckFd = openSync(told, 'a');
  // Loops until the watchdog has reported it.
  writeFileSync(
    join(folder, 'hangs.mjs'),
    `import { readFileSync } from 'node:fs';
    export default (event) => {
      const end = Date.now() + 30_000;
      while (readFileSync(event.until, 'utf8') === '' && Date.now() < end);
      return event;
    };`,
  );
  const { live } = await load('stuck_after_ms: 1000\ntransforms: [{ use: ./hangs.mjs }]', stuckFd);
  live.watch();
  await live.reload((chain) => void chain.run({ until: told }, sourceRecord({ offset: 7 })));
  const [line = ''] = readFileSync(told, 'utf8').split('\n');
  expect(JSON.parse(line)).toMatchObject({
    transform: './hangs.mjs',
    record: { topic: 'app-logs', partition: 0, offset: 7 },
  });
  await live.close();
}, 60_000);
