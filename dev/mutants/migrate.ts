import type { Mutant } from './mutant.ts';

export const migrate: readonly Mutant[] = [
  {
    name: 'a source without auto_offset_reset starts at the oldest records',
    file: 'src/migrate/settings.ts',
    search: "settings.set('kafka.auto_offset_reset', 'latest');",
    replace: '',
    tests: ['migrate/migrate'],
  },
  {
    name: 'a field of Kafka that a program reads is left out',
    file: 'src/migrate/kafka-fields.ts',
    search: 'return isDeleted && !body.some((one) => !deletes(one) && reads(one, name));',
    replace: 'return isDeleted;',
    tests: ['migrate/migrate'],
  },
  {
    name: 'an exclusive route sends an event to every output',
    file: 'src/migrate/graph.ts',
    search: 'const isLater = isExclusive && tests.length > 1;',
    replace: 'const isLater = false;',
    tests: ['migrate/migrate'],
  },
  {
    name: 'the index is read after its field is deleted',
    file: 'src/migrate/destination.ts',
    search: 'const last = [`const index = ${name};`, ...fieldLines(fields, imports)];',
    replace: 'const last = [...fieldLines(fields, imports), `const index = ${name};`];',
    tests: ['migrate/migrate'],
  },
  {
    name: 'migrate replaces files without --force',
    file: 'src/commands/migrate.ts',
    search: 'if (there.length > 0 && force !== true)',
    replace: 'if (false)',
    tests: ['commands/migrate'],
  },
  {
    name: 'a timestamp of VRL is no time of an event',
    file: 'src/elasticsearch/event-time.ts',
    search: 'if (value instanceof Timestamp) return momentOf(value.toString());',
    replace: '',
    tests: ['elasticsearch/event-time'],
  },
];
