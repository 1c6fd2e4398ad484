import type { Mutant } from './mutant.ts';

export const metrics: readonly Mutant[] = [
  {
    name: 'events that a transform returns unchanged are not counted',
    file: 'src/transform/runtime/chain.ts',
    search: '      counts.out++;\n      return undefined;\n    } catch (error) {',
    replace: '      return undefined;\n    } catch (error) {',
    tests: ['transform/runtime/transform-counts'],
  },
  {
    name: 'a failed event also counts as dropped',
    file: 'src/transform/runtime/chain.ts',
    search: '    counts.failed++;',
    replace: '    counts.failed++;\n    counts.dropped++;',
    tests: ['transform/runtime/transform-counts'],
  },
  {
    name: 'a timed call stands for itself alone',
    file: 'src/transform/runtime/transform-counts.ts',
    search: '(performance.now() - started) * weight',
    replace: 'performance.now() - started',
    tests: ['transform/runtime/transform-counts'],
  },
  {
    name: 'a reload begins the counts again',
    file: 'src/transform/runtime/chain.ts',
    search: 'this.#counts = this.names.map((name) => counts.of(name));',
    replace: 'void counts;',
    tests: ['transform/runtime/transform-counts'],
  },
  {
    name: 'a request that Logweir aborts is an error of Elasticsearch',
    file: 'src/admin/http-metrics.ts',
    search: "if (!('failure' in answer) || !signal.aborted) ",
    replace: '',
    tests: ['admin/moved'],
  },
  {
    name: 'all answers count as sent bytes',
    file: 'src/admin/http-metrics.ts',
    search: 'if (status >= 200 && status < 300) this.#sentBytes.inc(bytes);',
    replace: 'if (status >= 100) this.#sentBytes.inc(bytes);',
    tests: ['admin/moved'],
  },
  {
    name: 'what a transform drops by an error is intentional',
    file: 'src/admin/vector-labels.ts',
    search: "intentional: 'false' }));",
    replace: "intentional: 'true' }));",
    tests: ['admin/vector-labels'],
  },
  {
    name: "the sink's errors are the source's",
    file: 'src/admin/vector-labels.ts',
    search: "=== 'sending' ? 'sink' : 'source'",
    replace: "=== 'sending' ? 'source' : 'sink'",
    tests: ['admin/vector-labels'],
  },
  {
    name: 'the lag lacks the labels of Vector',
    file: 'src/admin/vector-labels.ts',
    search: "if (name === 'kafka_consumer_lag') return",
    replace: "if (name === 'kafka_consumer_lags') return",
    tests: ['admin/vector-labels'],
  },
];
