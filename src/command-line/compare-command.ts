import { Option } from 'commander';
import { type CommandLine, collect } from './command-line.ts';

export function addCompareCommand({ output, withConfig, exitWith }: CommandLine): void {
  withConfig(
    'compare <index> <other>',
    'compare the documents of two indices, patterns or data streams of the configured Elasticsearch, field by ' +
      'field; exit 1 if they differ. Changes nothing',
  )
    .addOption(
      new Option(
        '--by <way>',
        'how documents are matched: by their id, by the fields topic, partition and offset, or by their content ' +
          '(default: the first that fits)',
      ).choices(['id', 'kafka', 'content']),
    )
    .option(
      '--from <time>',
      'only documents since this time: 2026-11-22T08:00:00Z, or back from now: 90m, 12h, 7d',
    )
    .option('--to <time>', 'only documents before this time')
    .option('--time-field <field>', 'the field of --from and --to', '@timestamp')
    .option('--ignore <field>', 'a field that may differ (may be repeated)', collect, [])
    .option('--limit <n>', 'number of documents of each index', Number, 1_000_000)
    .action(
      async (
        index: string,
        other: string,
        options: import('../commands/compare/compare.ts').CompareOptions,
      ) => {
        const { compare } = await import('../commands/compare/compare.ts');
        if (!(await compare([index, other], options, output))) exitWith(1);
      },
    );
}
