import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { root } from '../../../support/paths.ts';
import { logTail, spawnLogged } from '../../../support/process.ts';
import { waitFor } from '../../../support/wait.ts';

const FILES = {
  // Neither server answers: transforms are reloaded all the same.
  'logweir.yaml': `
kafka: { bootstrap_servers: '127.0.0.1:1' }
elasticsearch: { endpoints: 'http://127.0.0.1:1' }
admin: { listen: '127.0.0.1:0' }
transforms: [{ use: ./transforms/mine.ts }]
`,
  'transforms/mine.ts': `
import { defineTransform } from 'logweir';
import { version } from './version.ts';
export default defineTransform({
  setup(_options, { log }) {
    log.info('version ' + version);
    return (event) => event;
  },
});
`,
};

function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'logweir-volume-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A volume as kubelet writes it: files are links through `..data` into a folder that is never changed. */
function mount(): { path: string; update: (version: number) => void } {
  const path = temporaryFolder();
  let before = '';
  return {
    path,
    /** A new folder, `..data` renamed over the old link, then the old folder removed: kubelet's AtomicWriter. */
    update(version) {
      const folder = `..2026_11_30_00_00_0${version}.${version}`;
      mkdirSync(join(path, folder, 'transforms'), { recursive: true });
      for (const [name, text] of Object.entries(FILES)) writeFileSync(join(path, folder, name), text);
      writeFileSync(
        join(path, folder, 'transforms/version.ts'),
        `export const version: number = ${version};`,
      );
      symlinkSync(folder, join(path, '..data_tmp'));
      renameSync(join(path, '..data_tmp'), join(path, '..data'));
      if (before !== '') rmSync(join(path, before), { recursive: true });
      before = folder;
    },
  };
}

it('--watch loads the files of a mounted ConfigMap, however often its links are swapped', async () => {
  const { path, update } = mount();
  update(1);
  for (const name of ['logweir.yaml', 'transforms']) symlinkSync(join('..data', name), join(path, name));
  const logFile = join(temporaryFolder(), 'log');
  const logweir = spawnLogged({
    command: process.execPath,
    args: [join(root, 'src/main.ts'), 'run', '--watch', '--config', join(path, 'logweir.yaml')],
    logFile,
  });
  onTestFinished(() => logweir.kill());
  const says = async (text: string): Promise<void> => {
    try {
      await waitFor(() => readFileSync(logFile, 'utf8').includes(text), { timeoutMs: 50_000, what: text });
    } catch (error) {
      throw new Error(logTail(logFile), { cause: error });
    }
  };
  await says('"msg":"version 1"');
  await says('"code":"starting"');
  for (const version of [2, 3, 4]) {
    update(version);
    await says(`"msg":"version ${version}"`);
  }
  expect(readFileSync(logFile, 'utf8').match(/"code":"transforms_reloaded"/g)?.length).toBe(3);
}, 120_000);
