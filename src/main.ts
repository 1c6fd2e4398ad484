import { Command, CommanderError } from 'commander';
import { endOutput, openOutput, READER_GONE_EXIT_CODE } from './commands/output.ts';
import { tellWhereabouts, whereabouts } from './config/whereabouts.ts';
import { LogweirError, messageOf } from './errors.ts';
import { exitWith } from './kafka/closing.ts';
import { version } from './version.ts';

const USAGE_EXIT_CODE = 64;

const output = openOutput(1);
const report = openOutput(2);
let exitCode = 0;

/** argv → command. Commands are loaded when they are called for: `--help` needs no Kafka client. */
function program(): Command {
  const logweir = new Command('logweir')
    .description('Kafka → transforms in TypeScript → Elasticsearch. Commits only what is settled.')
    .version(version)
    .showHelpAfterError('(logweir --help tells more)')
    .configureOutput({ writeOut: (text) => output.write(text), writeErr: (text) => report.write(text) })
    .exitOverride()
    .hook('preAction', (_logweir, command) => tellConfiguration(command));
  const withConfig = (name: string, description: string): Command =>
    logweir
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'the configuration (default: $LOGWEIR_CONFIG, else ./logweir.yaml)')
      .exitOverride();
  withConfig(
    'run',
    'run the aggregator. SIGTERM or SIGINT: settle what is in flight, commit, and end; a second one at least a second ' +
      'after the first: end at once. SIGHUP: reload the transforms',
  )
    .option('--watch', 'reload them whenever the configuration or one of their files changes')
    .action(async (options: { config?: string; watch?: boolean }) => {
      const { run } = await import('./commands/run.ts');
      await run(options);
    });
  logweir
    .command('worker <number>', { hidden: true })
    .description('one of several workers; started by run')
    .option('-c, --config <file>')
    .exitOverride()
    .action(async (number: string, options: { config?: string }) => {
      const { worker } = await import('./commands/worker.ts');
      await worker(Number(number), options);
    });
  withConfig(
    'config',
    'check the configuration and its transforms, and print what is in effect, secrets hidden',
  )
    .option('--schema', 'print the JSON Schema instead, for editors')
    .action(async (options: { config?: string; schema?: boolean }) => {
      const { printConfig } = await import('./commands/config.ts');
      await printConfig(options, output);
    });
  withConfig(
    'health',
    'ask the one that runs with this configuration whether it is alive (/health/live)',
  ).action(async (options: { config?: string }) => {
    const { health } = await import('./commands/health.ts');
    await health(options, (text) => output.write(text));
  });
  addTransformCommands(logweir, withConfig);
  addKafkaCommands(withConfig);
  addDeadLetterCommands(logweir);
  return logweir;
}

function addTransformCommands(logweir: Command, withConfig: WithConfig): void {
  withConfig(
    'transform [file]',
    'the dry run: run the configured transforms over NDJSON (a file, standard input, or a topic), and print what comes out',
  )
    .option('--from-topic', 'take records of the configured topics; no group is joined, nothing is committed')
    .option('--limit <n>', 'with --from-topic: how many, the newest', Number, 100)
    .option('--diff', 'print what each event was and what became of it, not NDJSON')
    .option('--explain', 'say which transform changed, dropped or failed on what')
    .action(async (file: string | undefined, options: import('./commands/transform.ts').TransformOptions) => {
      const { transform } = await import('./commands/transform.ts');
      const { openInput } = await import('./commands/lines.ts');
      await transform(options, openInput(file), output, report);
    });
  logweir
    .command('new')
    .description('begin something of your own')
    .exitOverride()
    .command('transform <name>')
    .description('a transform in TypeScript with its test, in ./transforms')
    .exitOverride()
    .action(async (name: string) => {
      const { newTransform } = await import('./commands/new-transform.ts');
      newTransform(name, process.cwd(), output);
    });
  logweir
    .command('test [files...]')
    .description('run the tests of transforms with the runner of Node (default: transforms/**/*.test.ts)')
    .exitOverride()
    .action(async (files: string[]) => {
      const { testTransforms } = await import('./commands/test-transforms.ts');
      exitCode = await testTransforms(files, output);
    });
}

type WithConfig = (name: string, description: string) => Command;

function addKafkaCommands(withConfig: WithConfig): void {
  withConfig(
    'produce [file]',
    'write the lines of a file, or of standard input, to the topic that is read: for trying things out',
  )
    .option('--topic <topic>', 'to this one (default: the first of kafka.topics)')
    .option('--create', 'create the topic where there is none')
    .option('--partitions <n>', 'with --create: how many (default: as the brokers have it)', Number)
    .action(async (file: string | undefined, options: import('./commands/produce.ts').ProduceOptions) => {
      const { produce } = await import('./commands/produce.ts');
      const { openInput } = await import('./commands/lines.ts');
      await produce(options, openInput(file), output);
    });
  withConfig('replay', "move the group's offsets, so that records are read again; a dry run unless --execute")
    .option('--to-earliest', 'to the oldest records that the broker still has')
    .option('--to-datetime <iso>', 'to the first record at or after this time, like 2026-11-22T08:00:00Z')
    .option('--by-duration <duration>', 'back by this long from now, like 90m, 12h, 7d or PT1H30M')
    .option('--to-offset <n>', 'to this offset in every partition', Number)
    .option('--shift-by <n>', 'by this many records from the committed offset, negative for back', Number)
    .option('--partition <n>', 'only this partition (may be repeated)', collectNumber, [])
    .option('--execute', 'do it')
    .action(async (options: import('./commands/replay.ts').ReplayOptions) => {
      const { replay } = await import('./commands/replay.ts');
      await replay(options, output);
    });
}

function addDeadLetterCommands(logweir: Command): void {
  const dlq = logweir
    .command('dlq')
    .description('what is dead-lettered, and what to do with it')
    .exitOverride();
  const command = (name: string, description: string): Command =>
    dlq
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'the configuration')
      .exitOverride();
  const chosen = (one: Command): Command =>
    one
      .option('--reason <text>', 'only those whose reason or message has this text')
      .option(
        '--since <time>',
        'only those of this time or later: 2026-11-22T08:00:00Z, or back from now: 90m, 12h, 7d',
      )
      .option('--newest', 'the newest first, not the oldest');
  chosen(command('list', 'count by reason and list what waits, each record once'))
    .option('--all', 'also what was sent through the chain again')
    .option('--limit <n>', 'how many to list', Number, 20)
    .option('--json', 'counts and list as one JSON document')
    .action(async (options: Parameters<typeof import('./commands/dlq.ts').listLetters>[0]) => {
      const { listLetters } = await import('./commands/dlq.ts');
      await listLetters(options, output);
    });
  command('show <place>', 'show one, by topic:partition:offset').action(
    async (place: string, options: { config?: string }) => {
      const { showLetter } = await import('./commands/dlq.ts');
      await showLetter(place, options, output);
    },
  );
  chosen(command('retry', 'send what waits through the chain again; a dry run unless --execute'))
    .option('--limit <n>', 'not more than so many', Number)
    .option('--execute', 'do it')
    .action(async (options: Parameters<typeof import('./commands/dlq-retry.ts').retryLetters>[0]) => {
      const { retryLetters } = await import('./commands/dlq-retry.ts');
      await retryLetters(options, output);
    });
  command(
    'put <place>',
    'dead-letter by hand the record that the group is held at; a dry run unless --execute',
  )
    .option('--execute', 'do it')
    .action(async (place: string, options: { config?: string; execute?: boolean }) => {
      const { putLetter } = await import('./commands/dlq-put.ts');
      await putLetter(place, options, output);
    });
}

/** Says on stderr which configuration a command uses where that may not be what its user thinks. */
function tellConfiguration(command: Command): void {
  const { config, schema } = command.opts<{ config?: string; schema?: boolean }>();
  // The workers have the configuration of the one that starts them.
  const hasConfig = command.options.some(({ long }) => long === '--config') && command.name() !== 'worker';
  if (!hasConfig || schema === true) return;
  const isAbout = command.name() === 'transform' || command.name() === 'produce';
  for (const line of tellWhereabouts(whereabouts(config, process.env), isAbout)) report.write(`${line}\n`);
}

function collectNumber(value: string, previous: number[]): number[] {
  return [...previous, Number(value)];
}

/** What is to be said of an error, and the exit code. */
function told(error: unknown): { code: number; text: string } {
  // Commander has said it already.
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? 0 : USAGE_EXIT_CODE, text: '' };
  if (error instanceof LogweirError) return { code: error.exitCode, text: `logweir: ${error.message}\n` };
  return { code: 1, text: `logweir: ${(error as Error).stack ?? messageOf(error)}\n` };
}

/** The exit code says what became of the output first, and of the command then. */
async function end(): Promise<never> {
  const lost = await endOutput(output, 'the standard output');
  if (lost !== undefined) exitCode = lost?.exitCode ?? READER_GONE_EXIT_CODE;
  if (lost instanceof LogweirError) report.write(`logweir: ${lost.message}\n`);
  const unsaid = await endOutput(report, 'the standard error');
  if (unsaid !== undefined && exitCode === 0) exitCode = unsaid?.exitCode ?? READER_GONE_EXIT_CODE;
  exitWith(exitCode);
}

try {
  await program().parseAsync();
} catch (error) {
  // Of an output that fails the end tells.
  if (error !== output.errored) {
    const { code, text } = told(error);
    exitCode = code;
    report.write(text);
  }
}
await end();
