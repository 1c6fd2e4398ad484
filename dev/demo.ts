/**
 * `make demo`: sends 50,000 events from a real Kafka through two transforms into a real Elasticsearch, with a
 * kill -9 and an outage on the way, and counts them from outside at the end. Exit code 0 only if nothing is
 * lost and nothing is stored twice.
 */
import { constants } from 'node:os';
import { relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Ledger } from '../test/support/ledger.ts';
import { root } from '../test/support/paths.ts';
import { audit, failures } from './demo/audit.ts';
import { Cleanup } from './demo/cleanup.ts';
import { Instance } from './demo/instance.ts';
import { report } from './demo/report.ts';
import { type Stage, givenServers, openStage } from './demo/stage.ts';
import { EVENTS, play } from './demo/story.ts';
import { Terminal, grouped } from './demo/terminal.ts';
import { Workplace } from './demo/workplace.ts';

const USAGE = `usage: node dev/demo.ts [--keep]

  --keep  keeps everything running at the end and prints the addresses, until Ctrl-C

If KAFKA_BOOTSTRAP_SERVERS or ELASTICSEARCH_ENDPOINTS is set, that server is used, and none is started.`;

const PARTITIONS = 6;
/** Time after which a server that is being started exists, and can be stopped. */
const START_GRACE_MS = 3000;

class Interrupted extends Error {
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

interface Demo {
  readonly workplace: Workplace;
  readonly terminal: Terminal;
  readonly cleanup: Cleanup;
  /** Ends the demo; all steps listen to its signal. */
  readonly ending: AbortController;
}

interface Shown {
  readonly stage: Stage;
  readonly instance: Instance;
  readonly passed: boolean;
}

async function show(demo: Demo): Promise<Shown> {
  const { terminal, cleanup, workplace, ending } = demo;
  const { signal } = ending;
  const fail = (error: Error): void => ending.abort(error);
  const stage = await open(demo);
  signal.throwIfAborted();
  const instance = await Instance.prepare(stage, fail);
  const ledger = new Ledger(stage.kafka);
  cleanup.add('the producer', async (gently) => {
    if (gently) await ledger.close();
  });
  cleanup.add('the aggregator', async (gently) => {
    if (!gently) return await instance.kill();
    const exit = await instance.stop();
    if (exit?.code !== 0) throw new Error(`it exited with ${exit?.signal ?? `exit code ${exit?.code}`}`);
  });
  const story = await play({ stage, instance, ledger, terminal, signal, fail });
  terminal.say('Reading every document of the index, and comparing it with the produced events.');
  const findings = await audit(stage, ledger, story);
  signal.throwIfAborted();
  report(terminal, stage.topic, story, findings);
  const wrong = failures(findings, story, EVENTS);
  for (const sentence of wrong) terminal.print(terminal.style('red', `  FAILED: ${sentence}`));
  const passed = wrong.length === 0;
  const how = story.outage === undefined ? ' (the outage was skipped)' : '';
  const right = `  ${grouped(EVENTS)} produced, nothing lost, nothing stored twice${how}.`;
  if (passed) terminal.print(terminal.style('green', right));
  else terminal.print(`  Logs and data are kept in ${workplace.shown}.`);
  terminal.print();
  return { stage, instance, passed };
}

async function open({ terminal, cleanup, workplace }: Demo): Promise<Stage> {
  const { kafka, elasticsearch } = givenServers();
  for (const given of [kafka, elasticsearch]) {
    if (given !== undefined) terminal.say(`Using the given server: ${given}.`);
  }
  const own = [
    kafka === undefined ? ['Kafka'] : [],
    elasticsearch === undefined ? ['Elasticsearch'] : [],
  ].flat();
  if (own.length > 0) terminal.say(`Starting ${own.join(' and ')} in ${workplace.shown} (20 to 40 s).`);
  const opening = openStage(workplace.directory, PARTITIONS);
  cleanup.add('the servers', async () => {
    const opened = await Promise.race([opening.catch(() => undefined), delay(START_GRACE_MS)]);
    await opened?.close();
  });
  const stage = await opening;
  terminal.say(`Kafka is at ${stage.kafka}, Elasticsearch at ${stage.elasticsearch}.`);
  terminal.say(`Created topic ${stage.topic} with ${PARTITIONS} partitions.`);
  return stage;
}

/** Resolves when the user presses Ctrl-C. */
async function keepUp({ terminal, ending }: Demo, { stage, instance }: Shown): Promise<void> {
  terminal.print(`Everything keeps running until Ctrl-C:

  Kafka          ${stage.kafka}, topic ${stage.topic}
  Elasticsearch  ${stage.elasticsearch}/${stage.indexPattern}/_search?q=level:warn&size=1&pretty
  Logweir        http://${instance.admin}/api/status and /metrics (process ${instance.pid})
  configuration  ${relative(root, instance.configFile)}
  log            ${relative(root, instance.logFile)}
`);
  await aborted(ending.signal).catch((reason: unknown) => {
    if (!(reason instanceof Interrupted)) throw reason;
  });
  terminal.print('Stopping everything.');
}

/** Rejects with the signal's reason. */
async function aborted(signal: AbortSignal): Promise<never> {
  return await new Promise((_resolve, reject) => {
    const ended = () => reject(signal.reason as Error);
    if (signal.aborted) ended();
    else signal.addEventListener('abort', ended, { once: true });
  });
}

/** @returns the exit code, and whether to keep the logs */
async function run(demo: Demo, keep: boolean): Promise<{ exitCode: number; keepLogs: boolean }> {
  const { terminal, cleanup, workplace, ending } = demo;
  try {
    const shown = await Promise.race([show(demo), aborted(ending.signal)]);
    if (keep) await keepUp(demo, shown);
    const ended = await cleanup.run(true);
    const right = shown.passed && ended;
    return { exitCode: right ? 0 : 1, keepLogs: !right };
  } catch (reason) {
    terminal.print();
    const { message } = reason as Error;
    const interrupted = reason instanceof Interrupted;
    terminal.print(interrupted ? `${message}: stopping everything` : `FAILED: ${message}`);
    // Keeps the running steps from continuing.
    ending.abort(reason);
    await cleanup.run(false);
    if (interrupted) return { exitCode: reason.exitCode, keepLogs: false };
    terminal.print(`Logs and data are kept in ${workplace.shown}.`);
    return { exitCode: 1, keepLogs: true };
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { keep: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) return console.log(USAGE);
  const terminal = new Terminal();
  const workplace = new Workplace();
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      const interrupted = new Interrupted(name);
      if (ending.signal.aborted) workplace.exit(interrupted.exitCode, false);
      ending.abort(interrupted);
    });
  }
  // The reader of the output (head, less) has gone.
  process.stdout.on('error', () => ending.abort(new Interrupted('SIGPIPE')));
  const cleanup = new Cleanup(terminal);
  const { exitCode, keepLogs } = await run({ workplace, terminal, cleanup, ending }, values.keep === true);
  // The threads of librdkafka would keep the process running after the broker is gone.
  workplace.exit(exitCode, keepLogs);
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
