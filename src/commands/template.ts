import type { Writable } from 'node:stream';
import { z } from 'zod';
import { reasonIn } from '../check/search-answers.ts';
import { templatesSchema } from '../check/search-facts.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import {
  type LogTemplate,
  type TemplateProduct,
  isOurs,
  logTemplate,
} from '../elasticsearch/log-template.ts';
import type { Ask } from '../elasticsearch/plain-requests.ts';
import { type TargetName, matchesPattern, targetName } from '../elasticsearch/target.ts';
import { LogweirError, messageOf } from '../errors.ts';
import { findServer, type Server } from './find-server.ts';
import { shadowConfig } from '../shadow/shadow.ts';

export interface TemplateOptions {
  readonly config?: string;
  readonly install?: boolean;
  readonly force?: boolean;
  /** For the target of `run --shadow`. */
  readonly shadow?: boolean;
  readonly product?: string;
}

/**
 * `logweir template`: prints the template for the configured target. With `--install` it installs it. The
 * same command again changes nothing.
 *
 * @throws LogweirError USAGE, UNAVAILABLE, CONFIG
 */
export async function template(options: TemplateOptions, output: Writable, report: Writable): Promise<void> {
  if (options.force === true && options.install !== true)
    throw new LogweirError('USAGE', '--force needs --install');
  const { config: configured } = loadConfig(options.config);
  const config = options.shadow === true ? shadowConfig(configured) : configured;
  const { elasticsearch } = config;
  const target = targetName(elasticsearch, Date.now());
  if (/^\*?$/.test(target.pattern))
    throw new LogweirError(
      'USAGE',
      `elasticsearch.index is ${elasticsearch.index}: a template would apply to every index; add literal text to it`,
    );
  const server = await findServer(elasticsearch).catch((error: unknown) => {
    if (options.install === true) throw error;
    return { reason: messageOf(error) };
  });
  const product = chosenProduct(options, config, 'ask' in server ? server.product : null);
  const wanted = logTemplate(target, product);
  if (options.install !== true) {
    if ('reason' in server) report.write(`# for ${product.name}, the newest version: ${server.reason}\n`);
    report.write(`# PUT /_index_template/${wanted.name}   (logweir template --install does this)\n`);
    output.write(`${JSON.stringify(wanted.body, null, 2)}\n`);
    return;
  }
  if ('ask' in server) await install(server, wanted, target, options.force === true, output);
}

const productSchema = z.enum(['elasticsearch', 'opensearch']);

function chosenProduct(
  { product }: TemplateOptions,
  { elasticsearch }: Config,
  found: TemplateProduct | null,
): TemplateProduct {
  if (product !== undefined) {
    const parsed = productSchema.safeParse(product);
    if (!parsed.success)
      throw new LogweirError('USAGE', `--product is elasticsearch or opensearch, not ${product}`);
    return { name: parsed.data, version: found?.name === parsed.data ? found.version : null };
  }
  const configured = z.object({ product: productSchema }).safeParse(elasticsearch).data?.product;
  return found ?? { name: configured ?? 'elasticsearch', version: null };
}

async function install(
  { ask, endpoint }: Server,
  wanted: LogTemplate,
  target: TargetName,
  isForced: boolean,
  output: Writable,
): Promise<void> {
  const { name, body } = wanted;
  const before = await present(ask);
  const own = before.find((one) => one.name === name);
  if (!isForced) rejectForeign(before, wanted, target);
  const verb = own === undefined ? 'creating' : 'updating';
  output.write(
    `${verb} the index template ${name} on ${endpoint}: patterns ${body.index_patterns.join(', ')}, ` +
      `priority ${body.priority}${target.mode === 'data_stream' ? ', for a data stream' : ''}\n`,
  );
  for (const other of before.filter((one) => one.name !== name && applies(one, target)))
    output.write(`it takes precedence over ${other.name} (priority ${other.priority})\n`);
  const answer = await ask('PUT', `/_index_template/${encodeURIComponent(name)}`, body);
  if (answer.status >= 300) throw rejected(answer.status, answer.json);
  const after = (await present(ask)).find((one) => one.name === name);
  const isSame = own !== undefined && JSON.stringify(own.whole) === JSON.stringify(after?.whole);
  output.write(
    isSame
      ? 'it was up to date: nothing is changed\n'
      : 'installed; it applies to indices that are created from now on\n',
  );
}

type Present = (typeof templatesSchema)['_output'][number] & { readonly whole: unknown };

const wholeSchema = z.object({ index_templates: z.array(z.unknown()) });

async function present(ask: Ask): Promise<Present[]> {
  const { status, json } = await ask('GET', '/_index_template');
  if (status === 404) return [];
  if (status >= 300) throw rejected(status, json);
  const parsed = templatesSchema.safeParse(json);
  const whole = wholeSchema.safeParse(json);
  if (!parsed.success || !whole.success)
    throw new LogweirError('UNAVAILABLE', 'GET /_index_template has an unexpected answer');
  return parsed.data.map((one, index) => ({ ...one, whole: whole.data.index_templates[index] }));
}

function applies({ patterns }: Present, { name }: TargetName): boolean {
  return patterns.some((pattern) => matchesPattern(pattern, name));
}

/** @throws LogweirError USAGE if a template that is not Logweir's would be replaced, overridden, or win */
function rejectForeign(before: readonly Present[], { name, body }: LogTemplate, target: TargetName): void {
  const own = before.find((one) => one.name === name);
  if (own !== undefined && !isOurs(own.meta))
    throw new LogweirError(
      'USAGE',
      `the template ${name} exists, and was not installed by Logweir: --force replaces it`,
    );
  // The templates of Elasticsearch itself are made to be overridden.
  const foreign = before.filter(
    (one) => one.name !== name && applies(one, target) && !isOurs(one.meta) && one.meta['managed'] !== true,
  );
  const winning = foreign.find(({ priority }) => priority >= body.priority);
  if (winning !== undefined)
    throw new LogweirError(
      'USAGE',
      `the template ${winning.name} (priority ${winning.priority}) applies to ${target.name}, and would take ` +
        'precedence: adapt it, or remove it',
    );
  if (foreign.length > 0)
    throw new LogweirError(
      'USAGE',
      `the template ${foreign.map((one) => one.name).join(', ')} applies to ${target.name} now: --force overrides it`,
    );
}

function rejected(status: number, json: unknown): LogweirError {
  const advice =
    status === 401 || status === 403 ? '; the cluster privilege manage_index_templates is needed' : '';
  return new LogweirError('UNAVAILABLE', `the server rejects it: HTTP ${status} ${reasonIn(json)}${advice}`);
}
