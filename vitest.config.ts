import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import LongestFirst from './test/support/sequencer.ts';
import { hasHelm } from './test/support/helm.ts';

const alias = {
  'logweir/testing': fileURLToPath(new URL('src/transform/api/testing.ts', import.meta.url)),
  'logweir/vrl': fileURLToPath(new URL('src/vrl/vrl.ts', import.meta.url)),
  logweir: fileURLToPath(new URL('src/transform/api/api.ts', import.meta.url)),
};

// Where `logweir` keeps its compiled modules, for all that the tests start: Node's own loader begins before `logweir` can.
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('.cache/compile', import.meta.url));

/** The files share one Kafka and one Elasticsearch. Each has topics, indices and a proxy of its own, and mostly waits: three run at a time. */
const onServers = {
  globalSetup: ['test/support/global-setup.ts'],
  maxWorkers: 3,
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

/** They measure memory or pace: nothing else runs beside them. */
const alone = ['faults/memory', 'faults/slow', 'integration/told', 'integration/told-servers'].map(
  (name) => `test/${name}.test.ts`,
);

/** What an answer of the other major could change: indexing, holds, rejects, ids, replay. */
const core = ['hold', 'targets', 'bad-input', 'replay', 'dlq', 'codecs'].map(
  (name) => `test/integration/${name}.test.ts`,
);

/** What an answer of OpenSearch could change, in less than a minute each. */
const openSearch = ['opensearch', 'targets', 'event-id', 'compare'].map(
  (name) => `test/integration/${name}.test.ts`,
);

/** Unit tests that take seconds each: properties over many random histories, and commands as processes. Not in `make check`. */
const thorough = [
  'test/native/reader.test.ts',
  'test/transforms/fields.test.ts',
  'test/transforms/lib/grok/grok.test.ts',
  'test/transforms/pairs.test.ts',
  'test/transforms/parse-csv.test.ts',
  'test/transforms/parse-grok.test.ts',
  'test/transforms/parse-syslog-5424.test.ts',
  'test/transforms/parse-user-agent.test.ts',
  'test/transforms/redact.test.ts',
  'test/transforms/parse-url.test.ts',
  'test/transforms/redact-cards.test.ts',
  'test/transforms/built-ins.test.ts',
  'test/transforms/parsers.test.ts',
  'test/unit/admin/host.test.ts',
  'test/unit/admin/page.test.ts',
  'test/unit/codec/decode.test.ts',
  'test/unit/codec/lazy-event.test.ts',
  'test/unit/commands/dry-run.test.ts',
  'test/unit/dead-letter/census.test.ts',
  'test/unit/elasticsearch/body-pool.test.ts',
  'test/unit/transform/runtime/lazy-chain.test.ts',
  'test/unit/transform/runtime/live-chain.test.ts',
  'test/unit/commands/config-process.test.ts',
  'test/unit/commands/config-secrets.test.ts',
  'test/unit/commands/new-transform.test.ts',
  'test/unit/commands/own-folder.test.ts',
  'test/unit/commands/output-process.test.ts',
  'test/unit/commands/package.test.ts',
  'test/unit/commands/verify/verify.test.ts',
  'test/unit/config/fuzz.test.ts',
  'test/unit/deploy/prometheus.test.ts',
  'test/unit/elasticsearch/bulk-random.test.ts',
  'test/unit/pipeline/group-stability.test.ts',
  'test/unit/linear.test.ts',
  'test/unit/migrate/agreement.test.ts',
  'test/unit/migrate/generated.test.ts',
  'test/unit/pipeline/memory.test.ts',
  'test/unit/pipeline/model.test.ts',
  'test/unit/codec/representation.test.ts',
  'test/unit/tracing/off.test.ts',
  'test/unit/tracing/otlp-tracing.test.ts',
  'test/unit/release.test.ts',
  'test/unit/transform/copied.test.ts',
  'test/unit/transform/reload.test.ts',
  'test/unit/transform/loader/config-map.test.ts',
  'test/unit/transform/loader/watch-files.test.ts',
  'test/unit/transform/runtime/watchdog.test.ts',
  'test/unit/vrl/engine.test.ts',
  'test/unit/vrl/functions.test.ts',
];

/** Unit tests that put others in the place of modules, which no other file may see: each of them gets a process of its own. */
const isolated = [
  'test/unit/commands/config.test.ts',
  'test/unit/elasticsearch/bulk-runs.test.ts',
  'test/unit/elasticsearch/bulk.test.ts',
  'test/unit/elasticsearch/endpoint-health.test.ts',
  'test/unit/elasticsearch/index-name.test.ts',
  'test/unit/elasticsearch/retry-queue.test.ts',
  'test/unit/elasticsearch/reachability.test.ts',
  'test/unit/pipeline/blocked.test.ts',
  'test/unit/dead-letter/topic.test.ts',
  'test/unit/kafka/consumer/rebalance.test.ts',
  'test/unit/kafka/consumer/start-resolver.test.ts',
];

/** They wait for processors, not for time: a machine that is busy must not fail them. */
const patient = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // Left to itself it leaves one of two cores idle.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/support/reporter.ts'],
    // Measured with --coverage by `make test`, of the unit tests only; the reporter prints it as one line.
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'transforms/**/*.ts'],
      reporter: [],
      reportOnFailure: true,
      reportsDirectory: '.run/coverage',
    },
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/transforms/**/*.test.ts'],
          exclude: [...thorough, ...isolated],
          isolate: false,
          ...patient,
        },
      },
      { resolve: { alias }, test: { name: 'isolated', include: isolated, ...patient } },
      { resolve: { alias }, test: { name: 'thorough', include: thorough, ...patient } },
      // Building helm takes minutes: `make chart-check` does, and from then on `make test` runs them too.
      ...(hasHelm()
        ? [{ resolve: { alias }, test: { name: 'chart', include: ['test/chart/*.test.ts'], ...patient } }]
        : []),
      {
        resolve: { alias },
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/faults/**/*.test.ts'],
          exclude: alone,
          sequence: { groupOrder: 1 },
          ...onServers,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'alone',
          include: alone,
          sequence: { groupOrder: 2 },
          ...onServers,
          maxWorkers: 1,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'elasticsearch-8',
          include: [...core, 'test/faults/splits.test.ts'],
          sequence: { groupOrder: 3 },
          ...onServers,
        },
      },
      ...['opensearch-2', 'opensearch-3'].map((name, index) => ({
        resolve: { alias },
        test: { name, include: openSearch, sequence: { groupOrder: 4 + index }, ...onServers },
      })),
    ],
  },
});
