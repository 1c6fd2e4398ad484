import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { root } from '../support/paths.ts';

const isThere = spawnSync('systemd-analyze', ['--version']).status === 0;

/** @param change of the unit's text */
function verify(change: (unit: string) => string): { status: number | null; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), 'logweir-systemd-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const unit = readFileSync(join(root, 'deploy/systemd/logweir.service'), 'utf8');
  const file = join(folder, 'logweir.service');
  writeFileSync(file, change(unit.replace('/usr/local/bin/logweir', join(root, 'bin/logweir'))));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
  return { status, stderr };
}

it.runIf(isThere)('systemd accepts every line of the unit', () => {
  expect(verify((unit) => unit)).toEqual({ status: 0, stderr: '' });
  expect(verify((unit) => unit.replace('ProtectSystem', 'ProtectSystm')).stderr).toContain('ProtectSystm');
});

it('the unit waits longer for a stop than Logweir takes', () => {
  const unit = readFileSync(join(root, 'deploy/systemd/logweir.service'), 'utf8');
  expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1])).toBeGreaterThan(35);
});
