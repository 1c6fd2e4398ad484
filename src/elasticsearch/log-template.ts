import type { TargetName } from './target.ts';

/** The product that takes the template. */
export interface TemplateProduct {
  readonly name: 'elasticsearch' | 'opensearch';
  /** Of the server; null if unknown. */
  readonly version: string | null;
}

export interface LogTemplate {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>> & {
    readonly index_patterns: readonly string[];
    readonly priority: number;
  };
}

/**
 * Above the built-in templates of Elasticsearch (100 to 200). The length of the literal text is added: of two
 * templates that apply to a name, the more specific one wins, and the server rejects equal priorities.
 */
const PRIORITY = 500;
const FIELDS_MAX = 2000;
/** A longer text is stored, but cannot be searched as a keyword. Lucene's limit is 32,766 bytes. */
const KEYWORD_LENGTH = 8000;
/** The mark of templates that `logweir template` has installed. */
const MANAGED_BY = 'logweir';

/**
 * The index template for the configured target, with a mapping for logs of many applications: text becomes a
 * keyword and never a date, a value of the wrong type costs only its field, and labels with arbitrary names
 * are one flattened field each, since `app` and `app.kubernetes.io/name` cannot both be fields.
 */
export function logTemplate(target: TargetName, product: TemplateProduct): LogTemplate {
  const { mode, pattern } = target;
  const name = `logweir-${pattern.replaceAll('*', '').replaceAll(/[-_.]+$|^[-_.]+/g, '')}`.replace(/-$/, '');
  const isStream = mode === 'data_stream';
  return {
    name,
    body: {
      index_patterns: patternsOf(target),
      priority: PRIORITY + pattern.replaceAll('*', '').length,
      ...(isStream ? { data_stream: {} } : {}),
      template: { settings: settingsFor(product), mappings: mappingsFor(product) },
      _meta: {
        managed_by: MANAGED_BY,
        description: 'Logs that Logweir writes. Installed by logweir template --install.',
      },
    },
  };
}

/** Whether a template was installed by `logweir template`. */
export function isOurs(meta: Readonly<Record<string, unknown>>): boolean {
  return meta['managed_by'] === MANAGED_BY;
}

/** An alias with rollover has indices like `app-logs-000001`. */
function patternsOf({ mode, pattern, isTemplate }: TargetName): string[] {
  return mode === 'data_stream' || isTemplate ? [pattern] : [pattern, `${pattern}-0*`];
}

function settingsFor({ name, version }: TemplateProduct): Record<string, unknown> {
  const mapping = { 'index.mapping.total_fields.limit': FIELDS_MAX, 'index.mapping.ignore_malformed': true };
  // Since 8.15; OpenSearch rejects it.
  const [major = 9, minor = 0] = (version ?? '9.0').split('.').map(Number);
  const knowsLimit = name === 'elasticsearch' && (major > 8 || (major === 8 && minor >= 15));
  return knowsLimit
    ? { ...mapping, 'index.mapping.total_fields.ignore_dynamic_beyond_limit': true }
    : mapping;
}

function mappingsFor({ name }: TemplateProduct): Record<string, unknown> {
  const flattened = { type: name === 'opensearch' ? 'flat_object' : 'flattened' };
  const labels = ['*labels', '*annotations'].map((match) => ({
    [match.slice(1)]: { match, match_mapping_type: 'object', mapping: flattened },
  }));
  return {
    date_detection: false,
    numeric_detection: false,
    dynamic_templates: [
      ...labels,
      { messages: { match: 'message', match_mapping_type: 'string', mapping: { type: 'text' } } },
      { texts: { match_mapping_type: 'string', mapping: { type: 'keyword', ignore_above: KEYWORD_LENGTH } } },
    ],
    properties: {
      // A document without a valid time would be invisible in every view by time.
      '@timestamp': { type: 'date', ignore_malformed: false },
      message: { type: 'text' },
    },
  };
}
