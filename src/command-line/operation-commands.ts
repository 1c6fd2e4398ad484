import { isatty } from 'node:tty';
import type { Command } from 'commander';
import type { CommandLine } from './command-line.ts';

/** Commands that ask a running instance. */
export function addLiveCommands({ output, report, withConfig }: CommandLine): void {
  const live = (name: string, description: string): Command =>
    withConfig(name, description).option(
      '--url <address>',
      'the endpoint of the instance, like http://127.0.0.1:8686 (default: admin.listen of the configuration)',
    );
  live('top', 'show rates, lag and state of a running instance, every two seconds')
    .option('--once', 'show them once')
    .option('--json', 'one JSON document a line')
    .option('--interval <seconds>', 'time between two looks', Number, 2)
    .action(async (options: import('../commands/top.ts').TopOptions) => {
      const { top } = await import('../commands/top.ts');
      const { columns } = process.stdout;
      // Undefined where the output is no terminal.
      await top(options, { isTTY: isatty(1), columns: columns > 0 ? columns : 80 }, output);
    });
  live('tap', 'print events as a running instance processes them, before and after the transforms')
    .option('--filter <text>', 'only events with field=value, or with this text in their JSON')
    .option('--limit <n>', 'end after this number of events', Number)
    .option('--before', 'only events as they come from Kafka')
    .option('--after', 'only events as they go to Elasticsearch')
    .option('--json', 'one JSON document a line')
    .action(async (options: import('../commands/tap.ts').TapOptions) => {
      const { tap } = await import('../commands/tap.ts');
      await tap(options, output, report);
    });
}

export function addCheckCommands({ logweir, output, report, withConfig }: CommandLine): void {
  withConfig(
    'check',
    'connect to Kafka and Elasticsearch, and report line by line whether everything is in order, and what to ' +
      'do if not. Changes nothing. Exit code 1 if a check failed',
  )
    .option('--json', 'the results as a JSON array of { check, result, message, remedy }')
    .action(async (options: { config?: string; json?: boolean }) => {
      const { check } = await import('../commands/check.ts');
      await check(options, output);
    });
  logweir
    .command('check-part <part>', { hidden: true })
    .description('a part of check in a process of its own; started by check')
    .option('-c, --config <file>')
    .exitOverride()
    .action(async (part: string, options: { config?: string }) => {
      const { checkPart } = await import('../commands/check-part.ts');
      await checkPart(part, options);
    });
  withConfig(
    'template',
    'print the index template or data-stream template for the configured target, with a mapping for logs',
  )
    .option('--install', 'install it, after reporting what is changed')
    .option('--force', 'with --install: replace or override a template that was not installed by Logweir')
    .option('--shadow', 'for the target of run --shadow')
    .option('--product <name>', 'elasticsearch or opensearch (default: asks the first endpoint that answers)')
    .action(async (options: import('../commands/template.ts').TemplateOptions) => {
      const { template } = await import('../commands/template.ts');
      await template(options, output, report);
    });
}
