import type { Mutant } from './mutant.ts';

export const checks: readonly Mutant[] = [
  {
    name: 'a topic that may only be described passes',
    file: 'src/check/topic-results.ts',
    search: 'operations.includes(READ)',
    replace: 'operations.length > 0',
    tests: ['check/kafka-results'],
  },
  {
    name: 'rights that the brokers do not tell pass',
    file: 'src/check/group-results.ts',
    search: 'if (operations.includes(READ))',
    replace: 'if (operations.length > 0)',
    tests: ['check/group-results'],
  },
  {
    name: 'a crash of the process that asks for the group is never a forbidden group',
    file: 'src/check/group-results.ts',
    search: 'listed?.isListed === false && hasCrashed',
    replace: 'listed?.isListed === true && hasCrashed',
    tests: ['check/group-results'],
  },
  {
    name: 'members with another assignment protocol pass',
    file: 'src/check/group-results.ts',
    search: 'if (own.includes(assignor))',
    replace: "if (assignor !== '')",
    tests: ['check/group-results'],
  },
  {
    name: 'advertised addresses that are not known pass',
    file: 'src/check/kafka-results.ts',
    search: 'if (advertised.length === 0)',
    replace: 'if (advertised.length < 0)',
    tests: ['check/kafka-results'],
  },
  {
    name: 'a dead-letter topic that may only be read passes',
    file: 'src/check/topic-results.ts',
    search: 'operations.includes(WRITE)',
    replace: 'operations.includes(READ)',
    tests: ['check/kafka-results'],
  },
  {
    name: 'create_doc is taken for the right to index',
    file: 'src/check/privilege-results.ts',
    search: "return mode === 'data_stream' ? 'create_doc' : 'index';",
    replace: "return 'create_doc';",
    tests: ['check/search-results'],
  },
  {
    name: 'the template with the lowest priority decides',
    file: 'src/check/index-results.ts',
    search: 'b.priority - a.priority',
    replace: 'a.priority - b.priority',
    tests: ['check/index-results'],
  },
  {
    name: 'the room for shards is taken for that of one node more',
    file: 'src/check/cluster-results.ts',
    search: 'const limit = perNode * nodes;',
    replace: 'const limit = perNode * (nodes + 1);',
    tests: ['check/search-results'],
  },
  {
    name: 'records that all fail are a warning',
    file: 'src/check/chain-results.ts',
    search: 'failures.length + tombstones >= read',
    replace: 'failures.length > read',
    tests: ['check/chain-results'],
  },
];
