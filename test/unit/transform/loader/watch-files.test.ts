import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { loadConfig } from '../../../../src/config/load.ts';
import { FileWatch } from '../../../../src/transform/loader/watch-files.ts';
import { memoryLog } from '../../support/memory-log.ts';

let folder = '';
let watching: FileWatch | undefined;
let changes = 0;

const at = (name: string) => join(folder, name);
const write = (name: string, text = String(Math.random())) => writeFileSync(at(name), text);

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'logweir-watch-')));
  for (const one of ['conf', 'mine/lib/deep', 'mine/node_modules/pkg', 'other'])
    mkdirSync(at(one), { recursive: true });
  write('conf/logweir.yaml', 'transforms: [{ use: ../mine/a.ts }]');
  write('mine/a.ts');
  write('mine/lib/deep/b.ts');
  changes = 0;
  watching = new FileWatch(loadConfig(at('conf/logweir.yaml')), () => changes++, memoryLog().log);
});
afterEach(() => {
  watching?.close();
  rmSync(folder, { recursive: true });
});

async function expectChange(): Promise<void> {
  await vi.waitFor(() => expect(changes).toBeGreaterThan(0), { timeout: 20_000, interval: 20 });
  // Simultaneous events are one change.
  const before = changes;
  write('mine/a.ts');
  await vi.waitFor(() => expect(changes).toBeGreaterThan(before), { timeout: 20_000, interval: 20 });
  changes = 0;
}

it.each<[string, () => void]>([
  ['a transform', () => write('mine/a.ts')],
  ['the configuration', () => write('conf/logweir.yaml', 'transforms: [{ use: ../mine/a.ts }] # x')],
  ['a file two folders below', () => write('mine/lib/deep/b.ts')],
  ['a CommonJS file', () => write('mine/lib/c.cjs')],
  ['a file that goes', () => rmSync(at('mine/lib/deep/b.ts'))],
  ['a file that is given another name', () => renameSync(at('mine/lib/deep/b.ts'), at('mine/lib/deep/c.ts'))],
  [
    'an editor that replaces the file',
    () => {
      write('mine/lib/deep/.b.ts.swp');
      renameSync(at('mine/lib/deep/.b.ts.swp'), at('mine/lib/deep/b.ts'));
    },
  ],
  ['a folder with something in it', () => renameSync(at('mine/lib'), at('mine/library'))],
  ['a mounted ConfigMap', () => symlinkSync(at('other'), at('mine/..data'))],
])('%s is a change', async (_name, change) => {
  change();
  await expectChange();
});

it('a new folder is watched too', async () => {
  mkdirSync(at('mine/new/inner'), { recursive: true });
  await expectChange();
  write('mine/new/inner/x.ts');
  await expectChange();
});

it('a replaced folder of transforms is still watched', async () => {
  mkdirSync(at('next/lib'), { recursive: true });
  write('next/a.ts');
  renameSync(at('mine'), at('old'));
  renameSync(at('next'), at('mine'));
  await expectChange();
  write('mine/lib/x.ts');
  await expectChange();
});

it('the folder of a transform that is added to the configuration later is watched', async () => {
  write('conf/logweir.yaml', 'transforms: [{ use: ../mine/a.ts }, { use: ../other/o.ts }]');
  await expectChange();
  write('other/o.ts');
  await expectChange();
});

it("installed packages, editors' hidden files and files outside of the folders are not changes", async () => {
  write('mine/node_modules/pkg/index.js');
  write('mine/.a.ts.swp');
  write('mine/.#a.ts');
  write('mine/notes.txt');
  write('x.json');
  // Events arrive in order: after the last one all previous ones were seen.
  write('mine/a.ts');
  await vi.waitFor(() => expect(changes).toBe(1), { timeout: 20_000, interval: 20 });
});

it('circular links end', async () => {
  symlinkSync(at('mine'), at('mine/lib/self'));
  write('mine/lib/deep/b.ts');
  await expectChange();
});

it('nothing is watched after close', async () => {
  write('mine/a.ts');
  watching?.close();
  const { resolve, promise } = Promise.withResolvers<void>();
  watching = new FileWatch(loadConfig(at('conf/logweir.yaml')), resolve, memoryLog().log);
  write('mine/a.ts');
  await promise;
  expect(changes).toBe(0);
});
