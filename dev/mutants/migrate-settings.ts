import type { Mutant } from './mutant.ts';

/** Settings and options that `logweir migrate` must not lose. */
export const migrateSettings: readonly Mutant[] = [
  {
    name: 'migrated settings: the default of a variable stays in seconds',
    file: 'src/migrate/quantity.ts',
    search: "`${operator ?? ''}${within(given, scale)}`",
    replace: "`${operator ?? ''}${given}`",
    tests: ['migrate/quantity'],
  },
  {
    name: 'migrated settings: a variable in seconds is done',
    file: 'src/migrate/quantity.ts',
    search: 'if (scale.by === 1) return { value, problem: null, note: null };',
    replace: 'return { value, problem: null, note: null };',
    tests: ['migrate/quantity'],
  },
  {
    name: 'migrated settings: a reference to a secret stays text',
    file: 'src/migrate/migrate.ts',
    search: 'const config = withoutSecrets(merged.config, report);',
    replace: 'const config = merged.config; withoutSecrets(config, report);',
    tests: ['migrate/secrets'],
  },
  {
    name: 'migrated settings: an unknown option of a transform is not named',
    file: 'src/migrate/migrate.ts',
    search: 'reportOptions(topology.transforms, context.report);',
    replace: '',
    tests: ['migrate/keys'],
  },
  {
    name: 'migrated settings: a text in the place of a map vanishes',
    file: 'src/migrate/keys.ts',
    search: 'if (value !== null)',
    replace: 'if (value === 0)',
    tests: ['migrate/types'],
  },
  {
    name: 'migrated settings: the generated configuration is not checked',
    file: 'src/migrate/migrate.ts',
    search: 'reportProblems(yaml, context.report);',
    replace: '',
    tests: ['migrate/generated-problems'],
  },
  {
    name: 'migrated settings: sasl is on without `enabled`',
    file: 'src/migrate/settings.ts',
    search: 'if (enabled !== true && variableOf(enabled) === null) {',
    replace: 'if (enabled === false) {',
    tests: ['migrate/secrets'],
  },
  {
    name: 'migrated settings: an element of a list is removed by its name',
    file: 'src/migrate/target-code.ts',
    search: '  return dotted(pathOf(path));',
    replace: '  return dotted(pathOf(path)) ?? path;',
    tests: ['migrate/encoding'],
  },
  {
    name: 'migrated settings: a variable in the name of a field stays text',
    file: 'src/migrate/program.ts',
    search: 'return checkVariables(parseVrl(text));',
    replace: 'checkVariables({ source: text, body: [], comments: [] }); return parseVrl(text);',
    tests: ['migrate/variables'],
  },
  {
    name: 'migrated settings: an index in generated code has the text of its variable',
    file: 'src/migrate/text-code.ts',
    search: 'return sampleText(text) === text ? quoted(text) :',
    replace: 'return text !== "" ? quoted(text) :',
    tests: ['migrate/index-variables'],
  },
  {
    name: 'migrated settings: the escapes of a chart are text',
    file: 'src/migrate/read.ts',
    search: "if (typeof value === 'string') return withoutPrint(value);",
    replace: "if (typeof value === 'string') return value;",
    tests: ['migrate/read'],
  },
];
