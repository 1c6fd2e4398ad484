import type { Command } from 'commander';
import type { CommandLine } from './command-line.ts';

export function addKafkaCommands({ output, withConfig }: CommandLine): void {
  withConfig(
    'produce [file]',
    'write the lines of a file, or of standard input, to the configured topic, for experiments',
  )
    .option('--topic <topic>', 'the topic (default: the first of kafka.topics)')
    .option('--create', 'create the topic if it does not exist')
    .option('--partitions <n>', 'with --create: number of partitions (default: of the brokers)', Number)
    .action(async (file: string | undefined, options: import('../commands/produce.ts').ProduceOptions) => {
      const { produce } = await import('../commands/produce.ts');
      const { openInput } = await import('../commands/lines.ts');
      await produce(options, openInput(file), output);
    });
  withConfig(
    'replay',
    "move the group's offsets, so that records are consumed again; a dry run unless --execute",
  )
    .option('--to-earliest', 'to the oldest records of the broker')
    .option('--to-datetime <iso>', 'to the first record at or after this time, like 2026-11-22T08:00:00Z')
    .option('--by-duration <duration>', 'back from now by this duration, like 90m, 12h, 7d or PT1H30M')
    .option('--to-offset <n>', 'to this offset in every partition', Number)
    .option('--shift-by <n>', 'by this number of records from the committed offset; negative is back', Number)
    .option('--partition <n>', 'only this partition (may be repeated)', collectNumber, [])
    .option('--execute', 'move the offsets')
    .action(async (options: import('../commands/replay.ts').ReplayOptions) => {
      const { replay } = await import('../commands/replay.ts');
      await replay(options, output);
    });
}

export function addDeadLetterCommands({ logweir, output }: CommandLine): void {
  const dlq = logweir.command('dlq').description('list, show and retry dead letters').exitOverride();
  const command = (name: string, description: string): Command =>
    dlq
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'the configuration')
      .exitOverride();
  const chosen = (one: Command): Command =>
    one
      .option('--reason <text>', 'only dead letters with this text in their reason or message')
      .option(
        '--since <time>',
        'only dead letters since this time: 2026-11-22T08:00:00Z, or back from now: 90m, 12h, 7d',
      )
      .option('--newest', 'the newest first, not the oldest');
  chosen(command('list', 'count by reason and list waiting dead letters, each record once'))
    .option('--all', 'also those that were retried')
    .option('--limit <n>', 'number of dead letters to list', Number, 20)
    .option('--json', 'counts and list as one JSON document')
    .action(async (options: Parameters<typeof import('../commands/dlq.ts').listDeadLetters>[0]) => {
      const { listDeadLetters } = await import('../commands/dlq.ts');
      await listDeadLetters(options, output);
    });
  command('show <place>', 'show a dead letter, by topic:partition:offset of its record').action(
    async (place: string, options: { config?: string }) => {
      const { showDeadLetter } = await import('../commands/dlq.ts');
      await showDeadLetter(place, options, output);
    },
  );
  chosen(command('retry', 'send waiting dead letters through the chain again; a dry run unless --execute'))
    .option('--limit <n>', 'at most this number', Number)
    .option('--execute', 'send them')
    .action(async (options: Parameters<typeof import('../commands/dlq-retry.ts').retryDeadLetters>[0]) => {
      const { retryDeadLetters } = await import('../commands/dlq-retry.ts');
      await retryDeadLetters(options, output);
    });
  command(
    'put <place>',
    'dead-letter the next record of the group by hand, which unblocks its partition; ' +
      'a dry run unless --execute',
  )
    .option('--execute', 'dead-letter the record and move the offset')
    .action(async (place: string, options: { config?: string; execute?: boolean }) => {
      const { putDeadLetter } = await import('../commands/dlq-put.ts');
      await putDeadLetter(place, options, output);
    });
}

function collectNumber(value: string, previous: number[]): number[] {
  return [...previous, Number(value)];
}
