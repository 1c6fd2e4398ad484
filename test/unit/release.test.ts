import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, afterEach, expect, it } from 'vitest';
import { root } from '../support/paths.ts';

const CHANGELOG = '# Changelog\n\n## Unreleased\n\n### Added\n\n- A thing.\n';

/** A small checkout: the real manifests, and a build that does nothing. */
let scratch = '';
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'logweir-release-'));
  mkdirSync(join(scratch, 'dev'));
  for (const name of [
    'dev/release.ts',
    'package-lock.json',
    '.gitignore',
    'deploy/helm/logweir/Chart.yaml',
    'deploy/kubernetes/podmonitor.yaml',
    'deploy/kubernetes/statefulset.yaml',
  ])
    cpSync(join(root, name), join(scratch, name));
  const manifest = readFileSync(join(root, 'package.json'), 'utf8');
  const quick = manifest.replace(/"build": ".*"/, '"build": "mkdir -p dist && echo > dist/built.js"');
  writeFileSync(join(scratch, 'package.json'), quick);
  writeFileSync(join(scratch, 'CHANGELOG.md'), CHANGELOG);
  git('init', '--quiet');
  commit();
});
afterEach(() => rmSync(scratch, { recursive: true }));

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
  return execFileSync('git', [...identity, ...args], { cwd: scratch, encoding: 'utf8' });
}

function commit(): void {
  git('add', '--all');
  git('commit', '--quiet', '--message', 'A state');
}

function release(version: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dev/release.ts', version], {
    cwd: scratch,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

it('a release stamps the version and the date, and packs', () => {
  expect(release('7.8.9')).toMatchObject({ code: 0, stderr: '' });
  expect(git('diff', '--numstat').trim().split('\n').sort()).toEqual([
    '1\t1\tdeploy/kubernetes/podmonitor.yaml',
    '1\t1\tpackage.json',
    '2\t0\tCHANGELOG.md',
    '2\t2\tdeploy/helm/logweir/Chart.yaml',
    '2\t2\tpackage-lock.json',
    '6\t6\tdeploy/kubernetes/statefulset.yaml',
  ]);
  const lock = JSON.parse(readFileSync(join(scratch, 'package-lock.json'), 'utf8')) as {
    version: string;
    packages: Record<string, { version: string }>;
  };
  expect([lock.version, lock.packages['']?.version]).toEqual(['7.8.9', '7.8.9']);
  const date = new Date().toISOString().slice(0, 10);
  expect(readFileSync(join(scratch, 'CHANGELOG.md'), 'utf8')).toBe(
    CHANGELOG.replace('Unreleased\n', `Unreleased\n\n## [7.8.9] - ${date}\n`),
  );
  const packed = join(scratch, '.run/release/logweir-7.8.9.tgz');
  const manifest = execFileSync('tar', ['xOf', packed, 'package/package.json'], { encoding: 'utf8' });
  expect(JSON.parse(manifest)).toMatchObject({ version: '7.8.9' });
  expect(execFileSync('tar', ['tf', packed], { encoding: 'utf8' })).toContain('package/dist/built.js\n');
});

it('commits and tags are left to a person, and a version is released once', () => {
  expect(release('7.8.9').stdout).toContain("git commit -am 'Release 7.8.9' && git tag v7.8.9");
  expect(git('tag')).toBe('');
  commit();
  git('tag', 'v7.8.9');
  appendFileSync(join(scratch, 'CHANGELOG.md'), '\n');
  expect(release('7.8.9').stderr).toBe(
    [
      'release: the tree is not clean: commit or stash first',
      'release: the tag v7.8.9 exists',
      'release: CHANGELOG.md has a section for 7.8.9',
      'release: CHANGELOG.md has nothing under Unreleased: write what has changed\n',
    ].join('\n'),
  );
});

it.each([
  ['', /^release: VERSION must be like 1\.2\.3, not ''/],
  ['v1.2.3', /^release: VERSION must be like 1\.2\.3, not 'v1\.2\.3'/],
  ['0.0.9', /^release: 0\.0\.9 is lower than /],
])("'%s' is no version to release", (version, message) => {
  expect(release(version)).toMatchObject({ code: 1, stderr: expect.stringMatching(message) as unknown });
  expect(git('status', '--porcelain')).toBe('');
});

it('a release that cannot be packed leaves the tree as it was', () => {
  const manifest = readFileSync(join(scratch, 'package.json'), 'utf8');
  writeFileSync(join(scratch, 'package.json'), manifest.replace(/"build": ".*"/, '"build": "false"'));
  commit();
  expect(release('7.8.9')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('release: npm pack failed') as unknown,
  });
  expect(git('status', '--porcelain')).toBe('');
});
