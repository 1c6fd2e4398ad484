import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { tellWhereabouts, whereabouts } from '../../../src/config/whereabouts.ts';

/** A folder with these files, as the module's current directory. */
function inFolder(...names: string[]): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'logweir-where-')));
  for (const name of names) writeFileSync(join(folder, name), '');
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(folder);
  onTestFinished(() => {
    cwd.mockRestore();
    rmSync(folder, { recursive: true });
  });
  return folder;
}

it.each([
  ['--config', 'own.yaml', { LOGWEIR_CONFIG: 'other.yaml' }, 'own.yaml', '--config'],
  ['the variable', undefined, { LOGWEIR_CONFIG: 'other.yaml' }, 'other.yaml', '$LOGWEIR_CONFIG'],
  ['the folder', undefined, {}, 'logweir.yaml', './logweir.yaml'],
  [
    'the folder, where the variable is empty',
    undefined,
    { LOGWEIR_CONFIG: '' },
    'logweir.yaml',
    './logweir.yaml',
  ],
] as [string, string | undefined, Record<string, string>, string, string][])(
  'a command that is nothing without it names the configuration, and that %s says so',
  (_name, option, environment, file, by) => {
    inFolder();
    expect(tellWhereabouts(whereabouts(option, environment), true)).toEqual([
      `configuration: ${resolve(file)} (${by})`,
    ]);
    expect(tellWhereabouts(whereabouts(option, environment), false)).toEqual([]);
  },
);

it('every command warns if $LOGWEIR_CONFIG hides a ./logweir.yaml', () => {
  const folder = inFolder('logweir.yaml', 'other.yaml');
  const hidden = whereabouts(undefined, { LOGWEIR_CONFIG: join(folder, 'other.yaml') });
  expect(tellWhereabouts(hidden, false)).toEqual([
    `warning: $LOGWEIR_CONFIG names ${folder}/other.yaml, so ${folder}/logweir.yaml is not used; to use it, give --config ./logweir.yaml`,
  ]);
  expect(tellWhereabouts(hidden, true)).toHaveLength(2);
});

it('no warning if the variable names the same file, even by a link, or if --config is given', () => {
  const folder = inFolder('logweir.yaml', 'other.yaml');
  symlinkSync('logweir.yaml', join(folder, 'link.yaml'));
  for (const name of ['logweir.yaml', 'link.yaml']) {
    const same = whereabouts(undefined, { LOGWEIR_CONFIG: join(folder, name) });
    expect(tellWhereabouts(same, false)).toEqual([]);
  }
  expect(tellWhereabouts(whereabouts('other.yaml', { LOGWEIR_CONFIG: 'x.yaml' }), false)).toEqual([]);
});
