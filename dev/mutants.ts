/**
 * Puts deliberate defects into a copy of the sources, one by one, and runs the unit tests that ought to notice. A defect
 * that no test notices shows what is not tested: it is printed as SURVIVED, and the exit code is 1.
 *
 *     node dev/mutants.ts [part of a name]
 *     node dev/mutants.ts --check    only whether each defect can still be put in
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { admin } from './mutants/admin.ts';
import { builtIns } from './mutants/built-ins.ts';
import { codec } from './mutants/codec.ts';
import { checks } from './mutants/check.ts';
import { commands } from './mutants/commands.ts';
import { documents } from './mutants/documents.ts';
import { elasticsearch } from './mutants/elasticsearch.ts';
import { eventIds } from './mutants/event-ids.ts';
import { kafka } from './mutants/kafka.ts';
import { memory } from './mutants/memory.ts';
import { metrics } from './mutants/metrics.ts';
import type { Mutant } from './mutants/mutant.ts';
import { openSearch } from './mutants/opensearch.ts';
import { migrate } from './mutants/migrate.ts';
import { migrateSettings } from './mutants/migrate-settings.ts';
import { pipeline } from './mutants/pipeline.ts';
import { settlement } from './mutants/settlement.ts';
import { tracing } from './mutants/tracing.ts';
import { transform } from './mutants/transform.ts';

/** By room of the sources. */
const mutants: readonly Mutant[] = [
  ...settlement,
  ...pipeline,
  ...memory,
  ...metrics,
  ...documents,
  ...eventIds,
  ...elasticsearch,
  ...openSearch,
  ...kafka,
  ...codec,
  ...transform,
  ...tracing,
  ...builtIns,
  ...checks,
  ...migrate,
  ...migrateSettings,
  ...commands,
  ...admin,
];

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the tests need; the large folders are only linked. */
function copyRepository(): string {
  const copy = mkdtempSync(join(tmpdir(), 'logweir-mutants-'));
  for (const name of [
    'src',
    'transforms',
    'test',
    'dev',
    'wasm',
    'package.json',
    'docs/metrics.md',
    'tsconfig.json',
    'vitest.config.ts',
  ]) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  for (const name of ['node_modules', '.cache']) {
    if (existsSync(join(root, name))) symlinkSync(join(root, name), join(copy, name));
  }
  return copy;
}

interface Result {
  passed: number;
  failed: string[];
  output: string;
}

/** The used part of vitest's JSON report. */
interface Report {
  testResults: { assertionResults: { fullName: string; status: string }[] }[];
}

function runTests(copy: string, tests: readonly string[]): Result {
  const report = join(copy, 'report.json');
  rmSync(report, { force: true });
  const vitest = join(copy, 'node_modules/vitest/vitest.mjs');
  const files = tests.map((test) => join('test/unit', `${test}.test.ts`));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      vitest,
      'run',
      '--project=unit',
      '--project=thorough',
      '--project=isolated',
      // One failure is enough. With many defects tests wait without effect, each for a minute.
      '--bail=1',
      '--reporter=json',
      `--outputFile=${report}`,
      ...files,
    ],
    { cwd: copy, encoding: 'utf8', timeout: 120_000 },
  );
  if (!existsSync(report)) return { passed: 0, failed: [], output: stdout + stderr };
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  return {
    passed: all.filter(({ status }) => status === 'passed').length,
    failed: all.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
    output: stdout + stderr,
  };
}

/** Whether some test fails with the defect, and none of them for want of the file. */
function judge(copy: string, { file, search, replace, tests }: Mutant): string {
  const path = join(copy, file);
  const isCompiled = file.startsWith('wasm/');
  const source = readFileSync(path, 'utf8');
  const found = timesIn(source, search);
  if (found !== 1) return `NOT APPLIED: its text stands ${found} times in ${file}`;
  writeFileSync(
    path,
    source.replace(search, () => replace),
  );
  try {
    if (isCompiled) compile(copy);
    const { passed, failed, output } = runTests(copy, tests);
    if (failed[0] !== undefined) return `caught by: ${failed[0]}`;
    return passed > 0 ? 'SURVIVED' : `NOT RUN: ${output.slice(-2000)}`;
  } finally {
    writeFileSync(path, source);
    if (isCompiled) compile(copy);
  }
}

function compile(copy: string): void {
  execFileSync(process.execPath, ['dev/wasm.ts'], { cwd: copy });
}

function timesIn(source: string, search: string): number {
  return source.split(search).length - 1;
}

/** Says which defects no longer fit the sources. */
function check(): number {
  const unfit = mutants.filter(
    ({ file, search }) => timesIn(readFileSync(join(root, file), 'utf8'), search) !== 1,
  );
  for (const { name, file } of unfit) console.error(`its text must stand exactly once in ${file}: ${name}`);
  return unfit.length === 0 ? 0 : 1;
}

function main(): number {
  if (process.argv[2] === '--check') return check();
  const wanted = mutants.filter(({ name }) => name.includes(process.argv[2] ?? ''));
  if (wanted.length === 0) {
    console.error(`no defect has '${process.argv[2]}' in its name`);
    return 1;
  }
  const copy = copyRepository();
  try {
    const all = [...new Set(wanted.flatMap(({ tests }) => tests))];
    const sound = runTests(copy, all);
    if (sound.failed.length > 0 || sound.passed === 0) {
      console.error(`without any defect ${sound.failed.length} tests fail and ${sound.passed} pass:`);
      console.error([...sound.failed.slice(0, 10), sound.output.slice(-2000)].join('\n'));
      return 1;
    }
    let caught = 0;
    for (const mutant of wanted) {
      const verdict = judge(copy, mutant);
      if (verdict.startsWith('caught')) caught++;
      console.log(`${mutant.name}: ${verdict}`);
    }
    console.log(`${caught} of ${wanted.length} defects were caught`);
    return caught === wanted.length ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

process.exitCode = main();
