import type { z } from 'zod';
import type { Config } from '../config/schema.ts';
import { messageOf } from '../errors.ts';
import { withoutPassword } from '../elasticsearch/ask-endpoints.ts';
import { type Ask, type PlainAnswer, plainRequests } from '../elasticsearch/plain-requests.ts';
import { type TargetName, targetName } from '../elasticsearch/target.ts';
import {
  type ClusterFacts,
  type EndpointFact,
  type Got,
  type IndexFact,
  type Product,
  type SearchFacts,
  aliasSchema,
  clusterSettingsSchema,
  healthSchema,
  indexSchema,
  nodesSchema,
  resolvedSchema,
  simulatedSchema,
  templatesSchema,
  versionsSchema,
} from './search-facts.ts';
import { isUnknownRequest, rootFact } from './search-answers.ts';
import { writeFact } from './write-facts.ts';

const TIMEOUT_MS = 6000;

/** Asks Elasticsearch or OpenSearch, until `ending` aborts. Changes nothing there. Never rejects. */
export async function searchFacts(
  config: Config,
  now: () => number,
  ending: AbortSignal,
): Promise<SearchFacts> {
  const { elasticsearch } = config;
  const asked = await Promise.all(
    elasticsearch.endpoints.map(async (endpoint) => await askRoot(elasticsearch, endpoint, now, ending)),
  );
  const endpoints = asked.map(({ fact }) => fact);
  const usable = asked.find(
    ({ fact: { failure, status } }) => failure === null && status !== 401 && status < 500,
  );
  if (usable?.ask === undefined) return { endpoints, cluster: null };
  const { product } = endpoints.find((one) => one.product !== null) ?? { product: null };
  const [version, cluster] = await Promise.all([
    versionOf(usable.ask, usable.fact),
    clusterFacts(usable.ask, config, product, now),
  ]);
  return { endpoints: endpoints.map((one) => (one === usable.fact ? { ...one, version } : one)), cluster };
}

/** A user, or a distribution, may not have the version in `GET /`. */
async function versionOf(ask: Ask, { version }: EndpointFact): Promise<string | null> {
  if (version !== null) return version;
  const found = await got(ask, 'GET', '/_nodes/_local?filter_path=nodes.*.version', versionsSchema);
  return found.kind === 'got' ? (found.value[0] ?? null) : null;
}

async function askRoot(
  config: Config['elasticsearch'],
  endpoint: string,
  now: () => number,
  ending: AbortSignal,
): Promise<{ fact: EndpointFact; ask?: Ask }> {
  const shown = withoutPassword(endpoint);
  const began = performance.now();
  const took = (): number => performance.now() - began;
  try {
    const ask = plainRequests(config, endpoint, TIMEOUT_MS, ending);
    const answer = await ask('GET', '/');
    return { fact: { endpoint: shown, failure: null, ms: took(), ...rootFact(answer, now()) }, ask };
  } catch (error) {
    const unanswered = { status: 0, product: null, version: null, aheadMs: null };
    return { fact: { endpoint: shown, failure: messageOf(error), ms: took(), ...unanswered } };
  }
}

async function clusterFacts(
  ask: Ask,
  config: Config,
  product: Product | null,
  now: () => number,
): Promise<ClusterFacts> {
  const { elasticsearch } = config;
  const target = targetName(elasticsearch, now());
  const get = <T>(path: string, schema: z.ZodType<T>): Promise<Got<T>> => got(ask, 'GET', path, schema);
  const encoded = encodeURIComponent(target.name);
  const nodes = get(
    '/_nodes/stats/fs?filter_path=nodes.*.name,nodes.*.timestamp,nodes.*.fs.total',
    nodesSchema,
  );
  const resolved = get(`/_resolve/index/${encodeURIComponent(target.pattern)}`, resolvedSchema);
  const index = resolved.then(async (value) => await indexFact(ask, target, value));
  const began = now();
  const [health, settings, stats, found, alias, shown, templates, simulated, pipeline, write] =
    await Promise.all([
      get('/_cluster/health', healthSchema),
      get('/_cluster/settings?include_defaults=true&flat_settings=true', clusterSettingsSchema),
      nodes.then((value) => ({ value, aheadMs: aheadOf(value, began, now()) })),
      resolved,
      target.mode === 'index' && !target.isTemplate ? get(`/_alias/${encoded}`, aliasSchema) : MISSING,
      index,
      get('/_index_template', templatesSchema),
      got(ask, 'POST', `/_index_template/_simulate_index/${encoded}`, simulatedSchema),
      elasticsearch.pipeline === null
        ? null
        : got(ask, 'GET', `/_ingest/pipeline/${encodeURIComponent(elasticsearch.pipeline)}`, null),
      index.then(async (value) => await writeFact(ask, config, target, product, value)),
    ]);
  return {
    health,
    settings,
    nodes: stats.value,
    aheadMs: stats.aheadMs,
    resolved: found,
    alias,
    index: shown,
    templates,
    simulated,
    pipeline,
    write,
  };
}

const MISSING: Got<never> = { kind: 'missing' };

/** Asks, and turns the answer into a fact. Never rejects. @param schema null if the body does not matter */
async function got<T>(ask: Ask, method: string, path: string, schema: z.ZodType<T> | null): Promise<Got<T>> {
  let answer: PlainAnswer;
  try {
    answer = await ask(method, path);
  } catch (error) {
    return { kind: 'failed', reason: messageOf(error) };
  }
  const { status, json } = answer;
  if (status === 401 || status === 403) return { kind: 'forbidden' };
  if (isUnknownRequest(answer)) return { kind: 'unsupported' };
  if (status === 404) return MISSING;
  if (status >= 300) return { kind: 'failed', reason: `HTTP ${status}` };
  if (schema === null) return { kind: 'got', value: undefined as T };
  const parsed = schema.safeParse(json);
  return parsed.success
    ? { kind: 'got', value: parsed.data }
    : { kind: 'failed', reason: 'an unexpected answer' };
}

/** The newest index of the target, whose mapping and settings are looked at. */
async function indexFact(
  ask: Ask,
  { name }: TargetName,
  resolved: Got<z.output<typeof resolvedSchema>>,
): Promise<Got<IndexFact>> {
  if (resolved.kind !== 'got') return resolved;
  const { indices, aliases, data_streams } = resolved.value;
  const names =
    data_streams.find((one) => one.name === name)?.backing_indices ??
    aliases.find((one) => one.name === name)?.indices ??
    indices.map((one) => one.name);
  const newest = [...names].sort().at(-1);
  if (newest === undefined) return MISSING;
  const answer = await got(ask, 'GET', `/${encodeURIComponent(newest)}?flat_settings=true`, indexSchema);
  if (answer.kind !== 'got') return answer;
  const [index] = Object.entries(answer.value);
  if (index === undefined) return MISSING;
  return { kind: 'got', value: { name: index[0], mappings: index[1].mappings, settings: index[1].settings } };
}

/** The nodes answered at some time between the request and its answer. */
function aheadOf(nodes: Got<z.output<typeof nodesSchema>>, began: number, ended: number): number | null {
  if (nodes.kind !== 'got') return null;
  const times = nodes.value.flatMap(({ timestamp }) => (timestamp === undefined ? [] : [timestamp]));
  const ahead = times.map((time) => (time > ended ? time - ended : Math.min(0, time - began)));
  return ahead.length === 0 ? null : (ahead.sort((a, b) => Math.abs(b) - Math.abs(a))[0] ?? null);
}
