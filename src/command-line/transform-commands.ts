import { Option } from 'commander';
import { type CommandLine, collect } from './command-line.ts';

type MigrateOptions = import('../commands/migrate.ts').MigrateCommandOptions &
  import('../commands/verify/verify.ts').VerifyOptions & {
    readonly verify?: boolean;
    readonly events?: string;
  };

export function addTransformCommands({ logweir, output, report, withConfig, exitWith }: CommandLine): void {
  withConfig(
    'transform [file]',
    'dry run: run the configured transforms over NDJSON (a file, standard input, or a topic), ' +
      'and print the results',
  )
    .option('--from-topic', 'use records of the configured topics; joins no group and commits nothing')
    .option('--limit <n>', 'with --from-topic: number of records, the newest', Number, 100)
    .option('--diff', 'print the changes of each event, not NDJSON')
    .option('--explain', 'report which transform changed, dropped or failed on which fields')
    .action(
      async (file: string | undefined, options: import('../commands/transform.ts').TransformOptions) => {
        const { transform } = await import('../commands/transform.ts');
        const { openInput } = await import('../commands/lines.ts');
        await transform(options, openInput(file), output, report);
      },
    );
  logweir
    .command('new')
    .description('create a file from a template')
    .exitOverride()
    .command('transform <name>')
    .description('a transform in TypeScript with its test, in ./transforms')
    .exitOverride()
    .action(async (name: string) => {
      const { newTransform } = await import('../commands/new-transform.ts');
      newTransform(name, process.cwd(), output);
    });
  logweir
    .command('test [files...]')
    .description('run the tests of transforms with the runner of Node (default: transforms/**/*.test.ts)')
    .exitOverride()
    .action(async (files: string[]) => {
      const { testTransforms } = await import('../commands/test-transforms.ts');
      exitWith(await testTransforms(files, output));
    });
}

export function addMigrateCommand({ logweir, output, exitWith }: CommandLine): void {
  logweir
    .command('migrate <files...>')
    .description(
      "turn Vector's configuration (YAML, TOML, JSON, a folder, the values of its chart) into logweir.yaml, " +
        'transforms, tests and a report, MIGRATION.md',
    )
    .option('--out <dir>', 'the folder to write into', '.')
    .option('--force', 'replace files that exist')
    .option('--strict', 'do as Vector does with an event that a transform fails for: keep it as it was')
    .addOption(
      new Option(
        '--fail-on <level>',
        'exit 1 if something is left to do (todo), or also to check (check)',
      ).choices(['todo', 'check']),
    )
    .option(
      '--verify',
      'then run records through your own Vector and through the result, and show each document that differs; ' +
        'exit 1 if one does. Files that exist are not replaced',
    )
    .option(
      '--events <file>',
      'with --verify: values of records, one a line; - for standard input ' +
        '(default: the newest records of the topics; joins no group and commits nothing)',
    )
    .option('--limit <n>', 'with --verify: number of records', Number, 1000)
    .option('--ignore <field>', 'with --verify: a field that may differ (may be repeated)', collect, [])
    .option('--vector <program>', "with --verify: Vector's program", 'vector')
    .option('--timeout <seconds>', 'with --verify: time that Vector may take', Number, 120)
    .exitOverride()
    .action(async (files: string[], options: MigrateOptions) => {
      const { installResolveHook } = await import('../transform/loader/resolve-hook.ts');
      // VRL's functions share code with the built-ins, which import `logweir` as transforms do.
      installResolveHook();
      const { migrateAndVerify, migrateVector } = await import('../commands/migrate.ts');
      if (options.verify !== true) {
        exitWith(migrateVector(files, options, output));
        return;
      }
      const { openInput } = await import('../commands/lines.ts');
      const { events } = options;
      const input = events === undefined ? undefined : openInput(events === '-' ? undefined : events);
      exitWith(await migrateAndVerify(files, options, input, output));
    });
}
