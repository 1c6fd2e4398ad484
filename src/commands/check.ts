import type { Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { chainResults, trialSchema } from '../check/chain-results.ts';
import { runPart } from '../check/child.ts';
import { flowFacts } from '../check/flow-facts.ts';
import { flowResults } from '../check/flow-results.ts';
import { groupFact, groupResults, groupSchema } from '../check/group-results.ts';
import { kafkaFacts } from '../check/kafka-facts.ts';
import { kafkaResults } from '../check/kafka-results.ts';
import { type CheckResult, counted, failed, unchecked } from '../check/result.ts';
import { searchFacts } from '../check/search-requests.ts';
import { searchResults } from '../check/search-results.ts';
import type { LoadedConfig } from '../config/load.ts';
import { targetName } from '../elasticsearch/target.ts';
import { LogweirError, messageOf } from '../errors.ts';
import { checkClientOptions } from '../kafka/options-check.ts';
import { loadConfigWhole } from '../transform/loader/load-config.ts';
import { room } from './output.ts';

/** Time for the whole check. Unfinished checks are then reported as not checkable. */
const WHOLE_MS = 20_000;
/** Time of it that is left for the report when the processes of parts are ended. */
const REPORT_MS = 500;
/** Time for the process that describes the group. */
const GROUP_MS = 8000;
/** Time for the process that loads the chain and runs the newest records. */
const CHAIN_MS = 12_000;

interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/**
 * `logweir check`: connects to Kafka and Elasticsearch, and prints for each check whether it passed, and what
 * to do if not. Changes nothing on the servers: joins no group, and writes no record, document or offset.
 *
 * @throws LogweirError CHECK_FAILED if a check failed, CONFIG
 */
export async function check(options: CheckOptions, output: Writable): Promise<void> {
  const loaded = await loadConfigWhole(options.config);
  await checkClientOptions(loaded.config);
  const done = new AbortController();
  try {
    const results = await reported(sectionsOf(loaded, done.signal), options, output);
    tell(results, options, output);
  } finally {
    done.abort();
  }
}

/** The sections of the report in their order. All of them start now. */
function sectionsOf(loaded: LoadedConfig, done: AbortSignal): Promise<CheckResult[]>[] {
  const { config } = loaded;
  const ending = AbortSignal.any([done, AbortSignal.timeout(WHOLE_MS - REPORT_MS)]);
  const late = delay(WHOLE_MS, null, { signal: done }).catch(() => null);
  const kafka = kafkaFacts(config);
  const whether = kafka.then(({ connection }) => connection === null);
  const sections = [
    inTime(
      'kafka',
      late,
      kafka.then((facts) => kafkaResults(facts, config)),
    ),
    inTime(
      'kafka.group',
      late,
      whether.then(async (isConnected) => await groupSection(loaded, isConnected, ending)),
    ),
    inTime(
      'kafka.lag',
      late,
      whether.then(async (isConnected) => await flowSection(loaded, isConnected)),
    ),
    inTime('elasticsearch', late, searchSection(loaded, ending)),
    inTime(
      'transforms',
      late,
      whether.then(async (isConnected) => await chainSection(loaded, isConnected, ending)),
    ),
  ];
  // They are awaited one after the other: a rejection of a later one must not end the process before.
  for (const section of sections) section.catch(() => {});
  return sections;
}

/** Awaits the sections, and prints each as text when it is there. */
async function reported(
  sections: readonly Promise<CheckResult[]>[],
  { json }: CheckOptions,
  output: Writable,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const section of sections) {
    const found = await section;
    results.push(...found);
    if (json === true) continue;
    await room(output);
    for (const one of found) output.write(lineOf(one));
  }
  return results;
}

/** Prints the end of the report. @throws LogweirError CHECK_FAILED */
function tell(results: readonly CheckResult[], { json }: CheckOptions, output: Writable): void {
  const count = (result: CheckResult['result']): number =>
    results.filter((one) => one.result === result).length;
  const bad = count('failed');
  if (json === true) output.write(`${JSON.stringify(results, null, 2)}\n`);
  else output.write(`${count('ok')} ok, ${counted(count('warning'), 'warning')}, ${bad} failed\n`);
  if (bad > 0) throw new LogweirError('CHECK_FAILED', `${counted(bad, 'check')} failed`);
}

async function searchSection({ config }: LoadedConfig, ending: AbortSignal): Promise<CheckResult[]> {
  const facts = await searchFacts(config, Date.now, ending);
  return searchResults(facts, config, targetName(config.elasticsearch, Date.now()));
}

async function groupSection(
  { config, path }: LoadedConfig,
  isConnected: boolean,
  ending: AbortSignal,
): Promise<CheckResult[]> {
  if (!isConnected)
    return [
      unchecked('kafka.group', 'there is no connection to Kafka', 'Repair the connection, and check again.'),
    ];
  const { messages, isLate, signal } = await runPart('group', path, groupSchema, GROUP_MS, ending);
  return groupResults(groupFact(messages, signal !== null, isLate), config);
}

async function flowSection({ config }: LoadedConfig, isConnected: boolean): Promise<CheckResult[]> {
  if (!isConnected) return [];
  return flowResults(await flowFacts(config, Date.now), config.kafka.group_id);
}

async function chainSection(
  { config, path }: LoadedConfig,
  isConnected: boolean,
  ending: AbortSignal,
): Promise<CheckResult[]> {
  const end = await runPart(isConnected ? 'records' : 'chain', path, trialSchema, CHAIN_MS, ending);
  return chainResults(end, config);
}

/** The results of a section; one warning if they come after `late`. */
async function inTime(
  name: string,
  late: Promise<null>,
  results: Promise<CheckResult[]>,
): Promise<CheckResult[]> {
  const again = 'Check again; look at the servers if this remains.';
  try {
    const seconds = WHOLE_MS / 1000;
    return (await Promise.race([results, late])) ?? [unchecked(name, `no result within ${seconds} s`, again)];
  } catch (error) {
    if (error instanceof LogweirError && error.code === 'CONFIG') throw error;
    const defect = 'Please report this as a defect of Logweir.';
    return [failed(name, `the check itself failed: ${messageOf(error)}`, defect)];
  }
}

const LABELS = { ok: 'ok      ', warning: 'warning ', failed: 'failed  ' } as const;

function lineOf({ check: name, result, message, remedy }: CheckResult): string {
  const advice = remedy === null ? '' : `${' '.repeat(10)}→ ${oneLine(remedy)}\n`;
  return `${LABELS[result]}  ${name}: ${oneLine(message)}\n${advice}`;
}

/** Names and reasons come from servers: control characters must not reach the terminal. */
function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- the pattern matches control characters
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}
