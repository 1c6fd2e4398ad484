import { stringify } from 'yaml';
import { commentText } from './comment.ts';
import { compatible } from './compatible.ts';
import { planChain } from './chain.ts';
import type { Context } from './context.ts';
import { globalRules } from './global-options.ts';
import { type Merged, mergeFiles } from './merge.ts';
import { type InputFile, isMap, type Step, textOf, type VectorConfig } from './model.ts';
import { Names } from './names.ts';
import { exportedNames } from './vrl/functions.ts';
import { renderReport, Report, type ReportItem } from './report.ts';
import { withoutSecrets } from './secrets.ts';
import { elasticsearchSettings, kafkaSettings, nested, type Settings } from './settings.ts';
import { writeTests } from './tests.ts';
import { reportProblems } from './generated-problems.ts';
import { reportOptions } from './transforms/options.ts';
import { findTopology, type Topology } from './topology.ts';

interface MigrateOptions {
  readonly isStrict: boolean;
  /** Reads a program that an option `file` names; null if it cannot. */
  readonly readProgram: (path: string) => string | null;
}

export interface Migration {
  /** Files to write, by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly items: readonly ReportItem[];
  /** In percent. */
  readonly coverage: number;
  /** Whether there is a path from Kafka to Elasticsearch. */
  readonly isPossible: boolean;
  /** What was translated; null if there is nothing to write. */
  readonly topology: Topology | null;
  readonly config: VectorConfig;
}

/** What generated files import or define besides the functions of VRL. */
const IMPORTED = (
  'start each orNothing orUnchanged countFailure starts startsGroup endsGroup mergeEvents mergeValues lengthOf createHash counts seen BoundedMap ' +
  'compileIndexName defineTransform deleteAt fieldAt keyOf moveAt parseTime routeTo setAt stringifyExact'
).split(' ');

/**
 * Translates a configuration of Vector.
 *
 * @throws LogweirError CONFIG if the files are no configuration of Vector
 */
export function migrate(inputs: readonly InputFile[], options: MigrateOptions): Migration {
  const merged = mergeFiles(inputs);
  const report = new Report();
  const config = withoutSecrets(merged.config, report);
  const timezone = config.globals.get('timezone')?.value;
  const context: Context = {
    config,
    report,
    isStrict: options.isStrict,
    timezone: typeof timezone === 'string' && timezone !== 'local' ? timezone : undefined,
    readProgram: options.readProgram,
    files: new Map(),
    fileNames: new Names(),
    functionNames: new Names(),
  };
  for (const name of [...exportedNames(), ...IMPORTED]) context.functionNames.take(name);
  reportWrappers(merged, context);
  const isPossible = reportGlobals(context);
  const topology = isPossible ? compatible(findTopology(config, report), context) : null;
  const groupId = topology === null ? null : writeConfiguration(topology, context);
  const files = new Map([...context.files].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  files.set('MIGRATION.md', renderReport(report, { groupId, files: [...files.keys()] }));
  return {
    files,
    items: report.items,
    coverage: report.coverage,
    isPossible: groupId !== null,
    topology: groupId === null ? null : topology,
    config,
  };
}

function reportWrappers({ files }: Merged, { report }: Context): void {
  for (const { file, chartKeys, wrapper } of files) {
    if (wrapper === 'values' && chartKeys.length > 0)
      report.add(
        'check',
        { name: 'chart', place: { file: file.path, line: 1 } },
        `values of Vector's chart besides \`customConfig\`: ${chartKeys.map((key) => `\`${key}\``).join(', ')}. ` +
          'Variables, secrets and volumes belong to the deployment of Logweir.',
      );
  }
}

/** @returns false if a global option makes the migration impossible */
function reportGlobals({ config, report }: Context): boolean {
  let isPossible = true;
  for (const [name, { value, place }] of config.globals) {
    const rule = Object.hasOwn(globalRules, name) ? globalRules[name] : undefined;
    const of = { name, place };
    if (name === 'schema' && isMap(value) && value['log_namespace'] === true) {
      report.add(
        'todo',
        of,
        '`log_namespace: true`: Logweir has no metadata of events (`%kafka.topic`). Set it to false first.',
      );
      isPossible = false;
    } else if (rule === undefined) report.add('todo', of, 'Vector does not document this option; left out.');
    else if (rule.is === 'handled') report.add('done', of, 'is part of what is generated.');
    else if (rule.is !== 'set' && rule.is !== 'number')
      report.add(rule.is === 'dropped' ? 'done' : rule.is, of, rule.why);
  }
  return isPossible;
}

/** @returns the group; null if there is nothing to write */
function writeConfiguration(topology: Topology, context: Context): string | null {
  const [source] = topology.sources;
  const [sink] = topology.sinks;
  if (source === undefined || sink === undefined) return null;
  const settings: Settings = kafkaSettings(topology.sources, context);
  for (const [path, value] of elasticsearchSettings(sink, context)) settings.set(path, value);
  reportOptions(topology.transforms, context.report);
  const plan = planChain(topology, context);
  settings.set('decoding.codec', plan.codec);
  for (const [path, value] of deadLetters(topology, context)) settings.set(path, value);
  const { elasticsearch, ...others } = nested(settings);
  const configuration = {
    ...others,
    transforms: [],
    elasticsearch: { ...(elasticsearch as object), ...plan.main.settings },
  };
  const yaml = renderYaml(configuration, plan.steps);
  context.files.set('logweir.yaml', yaml);
  reportProblems(yaml, context.report);
  writeTests(topology, plan, context);
  return textOf(source.options['group_id'] ?? '');
}

/** A sink that reads dropped events becomes the destination of dead letters. */
function deadLetters({ dropped }: Topology, { report }: Context): Settings {
  const settings: Settings = new Map();
  const sinks = dropped.map(({ to }) => to).filter(({ section }) => section === 'sinks');
  for (const sink of sinks) {
    const topic = sink.options['topic'];
    if (sink.type === 'kafka' && typeof topic === 'string' && !topic.includes('{{')) {
      settings.set('dead_letter.topic', topic);
      report.add('done', sink, `its topic \`${topic}\` is \`dead_letter.topic\`.`);
    } else if (sink.type === 'elasticsearch') {
      settings.set('dead_letter.to', 'index');
      report.add('check', sink, 'dropped events go to `dead_letter.index`, with the reason.');
    } else
      report.add(
        'check',
        sink,
        `a sink of type ${sink.type} for dropped events: they are dead letters in a topic.`,
      );
  }
  return settings;
}

function renderYaml(
  { transforms: _none, ...configuration }: object & { transforms: unknown },
  steps: readonly Step[],
): string {
  const { kafka, decoding, ...rest } = configuration as Record<string, unknown>;
  const options = { lineWidth: 0 };
  const list = steps.map(({ comment, use, with: given, on_error }) => {
    const entry = {
      use,
      ...(given !== undefined && { with: given }),
      ...(on_error !== undefined && on_error !== 'dead_letter' && { on_error }),
    };
    const lines = stringify([entry], options).trimEnd().split('\n');
    return [`  # ${commentText(comment)}`, ...lines.map((line) => `  ${line}`)].join('\n');
  });
  return [
    '# Made by `logweir migrate` from a configuration of Vector: see MIGRATION.md.',
    stringify({ kafka, decoding }, options).trimEnd(),
    ...(list.length === 0 ? ['transforms: []'] : ['transforms:', ...list]),
    stringify(rest, options).trimEnd(),
    '',
  ].join('\n');
}
