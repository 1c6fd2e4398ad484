/**
 * Makes a release ready: stamps the version and the date, and packs. A person commits, tags and publishes.
 *
 *     make release VERSION=1.2.3    after `make test`, on a clean tree
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = join(root, '.run/release');

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
}

function read(name: string): string {
  return readFileSync(join(root, name), 'utf8');
}

/** Negative where the first version is lower; pre-releases count as their release. */
function compare(one: string, other: string): number {
  const [a, b] = [one, other].map((version) => version.split(/[.-]/, 3).map(Number)) as [number[], number[]];
  const at = a.findIndex((number, index) => number !== b[index]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** Why this version cannot be released: sentences for the caller. */
function reasonsAgainst(version: string, current: string, changelog: string): string[] {
  if (!/^\d+\.\d+\.\d+(?:-[\w.-]+)?$/.test(version))
    return [`VERSION must be like 1.2.3, not '${version}': make release VERSION=1.2.3`];
  const problems: string[] = [];
  if (compare(version, current) < 0) problems.push(`${version} is lower than ${current} in package.json`);
  if (git('status', '--porcelain') !== '') problems.push('the tree is not clean: commit or stash first');
  if (git('tag', '--list', `v${version}`) !== '') problems.push(`the tag v${version} exists`);
  if (changelog.includes(`\n## [${version}]`)) problems.push(`CHANGELOG.md has a section for ${version}`);
  if (!/\n## Unreleased\n+(?!## )\S/.test(changelog))
    problems.push('CHANGELOG.md has nothing under Unreleased: write what has changed');
  return problems;
}

/** Replaces the version where the file names that of this package, and nowhere else. */
function stamped(text: string, current: string, version: string): string {
  const own = `"name": "logweir",`;
  return text
    .split(own)
    .map((part, at) => (at === 0 ? part : part.replace(`"version": "${current}"`, `"version": "${version}"`)))
    .join(own);
}

/** The chart, and the manifests that are rendered from it. */
function stampedChart(text: string, current: string, version: string): string {
  const places = [
    /^version: /gm,
    /^appVersion: /gm,
    /app\.kubernetes\.io\/version: '/g,
    /image: '?"?logweir:/g,
  ];
  return places.reduce(
    (done, place) =>
      done.replace(
        new RegExp(`(${place.source})${current.replaceAll('.', '\\.')}`, place.flags),
        `$1${version}`,
      ),
    text,
  );
}

function pack(): string {
  // The compiler leaves what older sources were compiled to.
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  mkdirSync(packages, { recursive: true });
  const args = ['pack', '--silent', '--offline', '--pack-destination', packages];
  const printed = execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return join(packages, printed.trim().split('\n').at(-1) ?? '');
}

function main(version: string): number {
  const names = ['package.json', 'package-lock.json', 'CHANGELOG.md'] as const;
  const [manifest, lock, changelog] = names.map(read) as [string, string, string];
  const { version: current } = JSON.parse(manifest) as { version: string };
  const problems = reasonsAgainst(version, current, changelog);
  if (problems.length > 0) {
    for (const problem of problems) console.error(`release: ${problem}`);
    return 1;
  }
  const heading = `## [${version}] - ${new Date().toISOString().slice(0, 10)}`;
  writeFileSync(join(root, 'package.json'), stamped(manifest, current, version));
  writeFileSync(join(root, 'package-lock.json'), stamped(lock, current, version));
  writeFileSync(
    join(root, 'CHANGELOG.md'),
    changelog.replace('\n## Unreleased\n', () => `\n## Unreleased\n\n${heading}\n`),
  );
  const charts = globSync('deploy/{helm/logweir/Chart,kubernetes/*}.yaml', { cwd: root });
  for (const name of charts) writeFileSync(join(root, name), stampedChart(read(name), current, version));
  try {
    console.log(`packed ${pack()}`);
  } catch {
    git('checkout', '--', ...names, ...charts);
    console.error('release: npm pack failed, for the reason above; nothing is stamped');
    return 1;
  }
  console.log(`Next, by hand, if \`make test\` has passed on this tree:
  git commit -am 'Release ${version}' && git tag v${version}
  git push --follow-tags
  npm publish the packed file: package.json says "private", which must be dropped first`);
  return 0;
}

process.exitCode = main(process.argv[2] ?? '');
