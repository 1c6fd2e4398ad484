import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const alias = {
  'logweir/testing': fileURLToPath(new URL('src/transform/testing.ts', import.meta.url)),
  logweir: fileURLToPath(new URL('src/transform/api.ts', import.meta.url)),
};

/** The files share one Kafka and one Elasticsearch. Each has topics, indices and a proxy of its own, and mostly waits: two run at a time. */
const onServers = {
  globalSetup: ['test/support/global-setup.ts'],
  maxWorkers: 2,
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

/** They measure memory or pace, or start servers of their own that fill the machine: nothing else runs beside them. */
const alone = ['faults/memory', 'faults/servers', 'faults/slow', 'integration/kill'].map(
  (name) => `test/${name}.test.ts`,
);

/** What an answer of the other major could change: indexing, holds, rejects, ids, replay. */
const core = ['hold', 'targets', 'bad-input', 'replay', 'dlq', 'codecs'].map(
  (name) => `test/integration/${name}.test.ts`,
);

/** Unit tests that take seconds each: properties over many random histories, and commands as processes. Not in `make check`. */
const thorough = [
  'test/transforms/redact-cards.test.ts',
  'test/transforms/built-ins.test.ts',
  'test/transforms/parsers.test.ts',
  'test/unit/admin/host.test.ts',
  'test/unit/codec/decode.test.ts',
  'test/unit/codec/lazy-event.test.ts',
  'test/unit/commands/config-process.test.ts',
  'test/unit/commands/config-secrets.test.ts',
  'test/unit/commands/new-transform.test.ts',
  'test/unit/commands/own-folder.test.ts',
  'test/unit/commands/output-process.test.ts',
  'test/unit/config/fuzz.test.ts',
  'test/unit/group-stability.test.ts',
  'test/unit/linear.test.ts',
  'test/unit/memory.test.ts',
  'test/unit/model.test.ts',
  'test/unit/representation.test.ts',
  'test/unit/transform/reload.test.ts',
  'test/unit/transform/watch-files.test.ts',
  'test/unit/transform/watchdog.test.ts',
];

/** Unit tests that put others in the place of modules, which no other file may see: each of them gets a process of its own. */
const isolated = [
  'test/unit/commands/config.test.ts',
  'test/unit/elasticsearch/bulk.test.ts',
  'test/unit/elasticsearch/index-name.test.ts',
  'test/unit/elasticsearch/parking.test.ts',
  'test/unit/elasticsearch/reachability.test.ts',
  'test/unit/held.test.ts',
  'test/unit/kafka/dead-letter-topic.test.ts',
  'test/unit/kafka/rebalance.test.ts',
  'test/unit/kafka/start-resolver.test.ts',
];

/** They wait for processors, not for time: a machine that is busy must not fail them. */
const patient = { testTimeout: 60_000 };

export default defineConfig({
  test: {
    // Left to itself it leaves one of two cores idle.
    maxWorkers: '100%',
    reporters: ['default', './test/support/reporter.ts'],
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
    ],
  },
});
