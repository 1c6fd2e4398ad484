/**
 * Checks the structure of the sources, which the linter cannot. A problem is a sentence that says what to do.
 *
 *     node dev/rules.ts              part of `make check`
 *     node dev/rules.ts --tighten    lowers the limits in dev/rules/allowed.json to the present lengths
 *
 * dev/rules/allowed.json lists the files that are longer than the rule permits. Nothing is added to it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../test/support/paths.ts';
import { unusedExports } from './rules/exports.ts';
import { builtInImports, clientImports, importCycles, pureFiles } from './rules/imports.ts';
import { logCalls } from './rules/log-calls.ts';
import { type Lengths, longFiles, wideLines } from './rules/size.ts';
import { type SourceTree, readTree } from './rules/source-tree.ts';

interface Allowed {
  readonly longFiles: Lengths;
}

const MAX_LINES = 300;
const MAX_COLUMNS = 110;

const CLIENTS = [
  {
    package: '@confluentinc/kafka-javascript',
    homes: /^src\/kafka\/(?:native[^/]*|consumer\/native-reader)\.ts$/,
  },
  // Questions to single endpoints need a client of their own each.
  { package: '@elastic/elasticsearch', homes: /^src\/elasticsearch\/(?:client[^/]*|ask-endpoints)\.ts$/ },
  // Loaded only when traces are on.
  { package: '@opentelemetry', homes: /^src\/tracing\/(?:otlp-tracing|span-queue)\.ts$/ },
];

/** Decisions without I/O, which carry the exhaustive tests. */
const PURE = [
  'src/check/chain-results.ts',
  'src/check/cluster-results.ts',
  'src/check/flow-results.ts',
  'src/check/group-results.ts',
  'src/check/index-results.ts',
  'src/check/kafka-results.ts',
  'src/check/mapping-results.ts',
  'src/check/privilege-results.ts',
  'src/check/search-answers.ts',
  'src/check/search-facts.ts',
  'src/check/search-results.ts',
  'src/check/topic-results.ts',
  'src/codec/decode.ts',
  'src/codec/exact-json.ts',
  'src/codec/field-path.ts',
  'src/codec/json-scan.ts',
  'src/codec/lazy-event.ts',
  'src/codec/literals.ts',
  'src/dead-letter/headers.ts',
  'src/elasticsearch/backoff.ts',
  'src/elasticsearch/bisect.ts',
  'src/elasticsearch/circuit-breaker.ts',
  'src/elasticsearch/document-id.ts',
  'src/elasticsearch/event-time.ts',
  'src/elasticsearch/index-name.ts',
  'src/elasticsearch/item-errors.ts',
  'src/elasticsearch/log-template.ts',
  'src/elasticsearch/target.ts',
  'src/elasticsearch/verdict.ts',
  'src/kafka/admin/replay-target.ts',
  'src/kafka/consumer/fair-fetch.ts',
  'src/kafka/consumer/leader-epochs.ts',
  'src/kafka/consumer/offsets.ts',
  'src/kafka/consumer/start-offset.ts',
  'src/memory/record-chunk.ts',
  'src/pipeline/settlement.ts',
  'src/tracing/links.ts',
  'src/tracing/request-span.ts',
  'src/tracing/traceparent.ts',
];
const IO_MODULES = [
  ...[
    'child_process',
    'cluster',
    'dgram',
    'dns',
    'fs',
    'http',
    'http2',
    'https',
    'net',
    'readline',
    'tls',
  ].map((name) => `node:${name}`),
  'node:worker_threads',
  '@confluentinc/kafka-javascript',
  '@elastic/elasticsearch',
  'pino',
  'undici',
];

const PUBLIC = ['src/transform/api/api.ts', 'src/transform/api/testing.ts', 'src/vrl/vrl.ts'];
const allowedFile = join(root, 'dev/rules/allowed.json');

function check(tree: SourceTree, allowed: Allowed): { problems: string[]; tight: Allowed } {
  const long = longFiles(tree, ['src', 'transforms', 'test', 'dev'], MAX_LINES, allowed.longFiles);
  const {
    withoutCode,
    unknown,
    unused: unusedCodes,
    wrongLevel,
  } = logCalls(tree, ['src/log-codes.ts', 'src/warning-log-codes.ts']);
  return {
    problems: [
      ...clientImports(tree, CLIENTS),
      ...pureFiles(tree, PURE, IO_MODULES),
      ...builtInImports(tree),
      ...importCycles(tree, ['src', 'transforms']),
      ...unusedExports(tree, PUBLIC),
      ...unknown,
      ...withoutCode,
      ...wrongLevel,
      ...unusedCodes,
      ...wideLines(tree, ['src'], MAX_COLUMNS),
      ...long.problems,
    ],
    tight: { longFiles: long.tight },
  };
}

function main(): number {
  const tree = readTree(root, ['src', 'transforms', 'test', 'dev', 'bench']);
  const allowed = JSON.parse(readFileSync(allowedFile, 'utf8')) as Allowed;
  const { problems, tight } = check(tree, allowed);
  if (process.argv[2] === '--tighten') {
    writeFileSync(allowedFile, `${JSON.stringify(tight, null, 2)}\n`);
    return 0;
  }
  for (const problem of problems) console.error(`rules: ${problem}`);
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = main();
