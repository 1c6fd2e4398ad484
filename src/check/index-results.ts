import type { Config } from '../config/schema.ts';
import { type TargetName, matchesPattern } from '../elasticsearch/target.ts';
import { whyNot } from './cluster-results.ts';
import { mappingResults } from './mapping-results.ts';
import { type CheckResult, counted, failed, named, ok, unchecked, warning } from './result.ts';
import type { ClusterFacts, TemplateFact } from './search-facts.ts';

const TARGET = 'elasticsearch.target';
const SEE = 'Grant the index privilege view_index_metadata on the target to see this.';
const INSTALL =
  'logweir template prints a template for this target, and logweir template --install installs it.';

/** The results of the target: index, alias or data stream, its template and its mapping. */
export function indexResults(cluster: ClusterFacts, config: Config, target: TargetName): CheckResult[] {
  const { elasticsearch } = config;
  const template = templateFor(cluster, target);
  return [
    target.mode === 'data_stream'
      ? streamResult(cluster, target, template)
      : nameResult(cluster, target, elasticsearch.require_alias),
    templateResult(cluster, target, template),
    ...pipelineResult(cluster, elasticsearch.pipeline),
    ...mappingResults(cluster, target),
  ];
}

/** The template with the highest priority that applies; null if there is none, undefined if unknown. */
function templateFor({ templates }: ClusterFacts, { name }: TargetName): TemplateFact | null | undefined {
  if (templates.kind === 'missing') return null;
  if (templates.kind !== 'got') return undefined;
  const fitting = templates.value.filter(({ patterns }) => patterns.some((one) => matchesPattern(one, name)));
  return fitting.sort((a, b) => b.priority - a.priority)[0] ?? null;
}

function streamResult(
  { resolved }: ClusterFacts,
  { name }: TargetName,
  template: TemplateFact | null | undefined,
): CheckResult {
  const stream =
    resolved.kind === 'got' ? resolved.value.data_streams.find((one) => one.name === name) : undefined;
  if (stream !== undefined)
    return ok(
      TARGET,
      `the data stream ${name} exists, with ${counted(stream.backing_indices.length, 'backing index', 'backing indices')}`,
    );
  if (
    resolved.kind === 'got' &&
    [...resolved.value.indices, ...resolved.value.aliases].some((one) => one.name === name)
  )
    return failed(
      TARGET,
      `${name} is an index or alias, not a data stream`,
      'Choose another elasticsearch.data_stream, or mode: index.',
    );
  if (template?.isForDataStreams === true)
    return ok(
      TARGET,
      `the data stream ${name} is created with the first document, from template ${template.name}`,
    );
  if (template === null)
    return failed(
      TARGET,
      `there is no data stream ${name}, and no template that would create it: documents are blocked`,
      INSTALL,
    );
  if (template === undefined)
    return unchecked(
      TARGET,
      `the data stream ${name} is not visible, nor are the templates`,
      `${SEE} ${INSTALL}`,
    );
  return failed(
    TARGET,
    `there is no data stream ${name}, and the template ${template.name} that applies is not one for data streams`,
    `Correct the template, or give yours a higher priority. ${INSTALL}`,
  );
}

function nameResult(cluster: ClusterFacts, target: TargetName, requireAlias: boolean): CheckResult {
  const { resolved } = cluster;
  const { name, pattern, isTemplate } = target;
  if (resolved.kind !== 'got' && resolved.kind !== 'missing') return unchecked(TARGET, whyNot(resolved), SEE);
  const { indices, aliases, data_streams } =
    resolved.kind === 'got' ? resolved.value : { indices: [], aliases: [], data_streams: [] };
  if (data_streams.some((one) => one.name === name))
    return failed(
      TARGET,
      `${name} is a data stream, and mode is index: its documents are rejected`,
      'Set elasticsearch.mode: data_stream.',
    );
  const alias = aliases.find((one) => one.name === name);
  if (alias !== undefined) return aliasResult(cluster, name, alias.indices);
  const index = indices.find((one) => one.name === name);
  if (requireAlias)
    return failed(
      'elasticsearch.write_alias',
      index === undefined
        ? `there is no alias ${name}, and elasticsearch.require_alias is set: documents are blocked`
        : `${name} is an index, not an alias, and elasticsearch.require_alias is set: documents are blocked`,
      `Create the first index with the alias: PUT ${name}-000001 {"aliases": {"${name}": {"is_write_index": true}}}`,
    );
  if (index?.attributes.includes('closed') === true)
    return failed(
      TARGET,
      `the index ${name} is closed: its documents are blocked`,
      `Open it: POST ${name}/_open`,
    );
  if (isTemplate)
    return ok(
      TARGET,
      `${counted(indices.length, 'visible index', 'visible indices')} of ${pattern}; others are created with their first document`,
    );
  return createdResult(cluster, name, index !== undefined);
}

function createdResult({ settings }: ClusterFacts, name: string, isThere: boolean): CheckResult {
  if (isThere) return ok(TARGET, `the index ${name} exists`);
  if (settings.kind === 'got' && settings.value['action.auto_create_index'] === 'false')
    return failed(
      TARGET,
      `there is no index ${name}, and action.auto_create_index is false: documents are blocked`,
      `Create it: PUT ${name}`,
    );
  return ok(TARGET, `no index ${name} is visible; it is created with the first document`);
}

function aliasResult({ alias }: ClusterFacts, name: string, indices: readonly string[]): CheckResult {
  const check = 'elasticsearch.write_alias';
  if (alias.kind !== 'got') return unchecked(check, whyNot(alias), SEE);
  const flagged = Object.entries(alias.value).filter(([, one]) => one.aliases[name]?.is_write_index === true);
  const write =
    flagged[0]?.[0] ??
    (indices.length === 1 && alias.value[indices[0] ?? '']?.aliases[name]?.is_write_index !== false
      ? indices[0]
      : undefined);
  if (write !== undefined) return ok(check, `documents for the alias ${name} go to ${write}`);
  return failed(
    check,
    `the alias ${name} has no write index (${named(indices)}): documents are blocked`,
    `Choose one: POST _aliases {"actions": [{"add": {"index": "${indices.at(-1)}", "alias": "${name}", "is_write_index": true}}]}`,
  );
}

function templateResult(
  { templates }: ClusterFacts,
  { name, mode }: TargetName,
  template: TemplateFact | null | undefined,
): CheckResult {
  const check = 'elasticsearch.template';
  if (template === undefined)
    return unchecked(
      check,
      whyNot(templates),
      `Grant the cluster privilege manage_index_templates to see this. ${INSTALL}`,
    );
  if (template === null)
    return warning(
      check,
      `no index template applies to ${name}: the first value of a field decides its type`,
      INSTALL,
    );
  if (mode === 'index' && template.isForDataStreams)
    return failed(
      check,
      `the template ${template.name} makes ${name} a data stream, and mode is index`,
      'Set elasticsearch.mode: data_stream, choose another index name, or give your template a higher priority.',
    );
  return ok(check, `the template ${template.name} (priority ${template.priority}) applies to ${name}`);
}

function pipelineResult({ pipeline }: ClusterFacts, name: string | null): CheckResult[] {
  const check = 'elasticsearch.pipeline';
  if (pipeline === null || name === null) return [];
  if (pipeline.kind === 'got') return [ok(check, `the ingest pipeline ${name} exists`)];
  if (pipeline.kind === 'missing')
    return [
      failed(
        check,
        `there is no ingest pipeline ${name}: documents are blocked`,
        'Create it, or correct elasticsearch.pipeline.',
      ),
    ];
  return [unchecked(check, whyNot(pipeline), 'Grant the cluster privilege read_pipeline to see this.')];
}
