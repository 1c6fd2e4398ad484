import { Command } from 'commander';
import { tellWhereabouts, whereabouts } from '../config/whereabouts.ts';
import { version } from '../version.ts';
import type { CommandLine } from './command-line.ts';
import { addCompareCommand } from './compare-command.ts';
import { addDeadLetterCommands, addKafkaCommands } from './kafka-commands.ts';
import { addCheckCommands, addLiveCommands } from './operation-commands.ts';
import { addMigrateCommand, addTransformCommands } from './transform-commands.ts';

/** Commands that other commands start, with a configuration that these have reported. */
const INNER: ReadonlySet<string> = new Set(['worker', 'check-part']);

/** Maps argv to commands. A command is loaded when it is called: `--help` needs no Kafka client. */
export function program(
  output: CommandLine['output'],
  report: CommandLine['report'],
  exitWith: CommandLine['exitWith'],
): Command {
  const logweir = new Command('logweir')
    .description('Kafka → transforms in TypeScript → Elasticsearch. Commits only settled records.')
    .version(version)
    .showHelpAfterError('(logweir --help lists the commands)')
    .configureOutput({ writeOut: (text) => output.write(text), writeErr: (text) => report.write(text) })
    .exitOverride()
    .hook('preAction', (_logweir, command) => tellConfiguration(command, report));
  const withConfig = (name: string, description: string): Command =>
    logweir
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'the configuration (default: $LOGWEIR_CONFIG, else ./logweir.yaml)')
      .exitOverride();
  const commandLine: CommandLine = { logweir, output, report, withConfig, exitWith };
  for (const add of [
    addRunCommands,
    addLiveCommands,
    addCheckCommands,
    addTransformCommands,
    addMigrateCommand,
    addCompareCommand,
    addKafkaCommands,
    addDeadLetterCommands,
  ])
    add(commandLine);
  return logweir;
}

function addRunCommands({ logweir, output, withConfig }: CommandLine): void {
  withConfig(
    'run',
    'run the aggregator. SIGTERM or SIGINT: settle records in flight, commit, and exit; a second one, at ' +
      'least a second after the first: exit immediately. SIGHUP: reload the transforms',
  )
    .option('--watch', 'reload the transforms when the configuration or one of their files changes')
    .option(
      '--shadow',
      'beside what is live, to compare: a group of its own from now on, indices and data streams with the prefix ' +
        'shadow-, dead letters in an index',
    )
    .action(async (options: { config?: string; watch?: boolean; shadow?: boolean }) => {
      const { run } = await import('../commands/run.ts');
      await run(options);
    });
  logweir
    .command('worker <number>', { hidden: true })
    .description('one of several workers; started by run')
    .option('-c, --config <file>')
    .option('--shadow')
    .exitOverride()
    .action(async (number: string, options: { config?: string; shadow?: boolean }) => {
      const { worker } = await import('../commands/worker.ts');
      await worker(Number(number), options);
    });
  withConfig(
    'config',
    'check the configuration and its transforms, and print it with all defaults, secrets hidden',
  )
    .option('--schema', 'print the JSON Schema instead, for editors')
    .action(async (options: { config?: string; schema?: boolean }) => {
      const { printConfig } = await import('../commands/config.ts');
      await printConfig(options, output);
    });
  withConfig('health', 'ask the instance with this configuration whether it is alive (/health/live)').action(
    async (options: { config?: string }) => {
      const { health } = await import('../commands/health.ts');
      await health(options, (text) => output.write(text));
    },
  );
}

/** Reports on stderr which configuration a command uses, if the user may expect another one. */
function tellConfiguration(command: Command, report: CommandLine['report']): void {
  const { config, schema } = command.opts<{ config?: string; schema?: boolean }>();
  const hasConfig = command.options.some(({ long }) => long === '--config') && !INNER.has(command.name());
  if (!hasConfig || schema === true) return;
  const isAbout = command.name() === 'transform' || command.name() === 'produce';
  for (const line of tellWhereabouts(whereabouts(config, process.env), isAbout)) report.write(`${line}\n`);
}
