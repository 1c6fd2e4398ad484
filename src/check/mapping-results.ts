import type { TargetName } from '../elasticsearch/target.ts';
import { whyNot } from './cluster-results.ts';
import { type CheckResult, counted, failed, ok, unchecked, warning } from './result.ts';
import type { ClusterFacts } from './search-facts.ts';

const CHECK = 'elasticsearch.mapping';
const FIELDS = 'elasticsearch.fields';
/** Share of the limit of fields above which a warning is due. */
const FIELDS_NEAR = 0.8;
const FIELDS_LIMIT = 1000;
const INSTALL = 'logweir template prints a mapping that avoids this.';

/** The results of the mapping of the newest index, or of the template that will make it. */
export function mappingResults({ index, simulated }: ClusterFacts, { name }: TargetName): CheckResult[] {
  if (index.kind === 'got') {
    const { mappings, settings } = index.value;
    return [mappingResult(mappings, index.value.name), fieldsResult(mappings, settings, index.value.name)];
  }
  if (simulated.kind === 'got' && hasMapping(simulated.value.mappings))
    return [mappingResult(simulated.value.mappings, `the template of ${name}`)];
  const why = index.kind === 'missing' ? 'there is no index yet, and no template is visible' : whyNot(index);
  return [
    unchecked(
      CHECK,
      why,
      'Grant the index privilege view_index_metadata, or check again with the first document.',
    ),
  ];
}

function hasMapping(mappings: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(mappings).length > 0;
}

function mappingResult(mappings: Readonly<Record<string, unknown>>, of: string): CheckResult {
  const { dynamic: given = 'true' } = mappings;
  const dynamic = typeof given === 'string' || typeof given === 'boolean' ? String(given) : '';
  const timestamp = propertiesIn(mappings)['@timestamp'];
  const type = typeOf(timestamp);
  if (type !== undefined && type !== 'date' && type !== 'date_nanos')
    return warning(
      CHECK,
      `@timestamp of ${of} is mapped as ${type}, not as a date`,
      `Map it as date in a new index. ${INSTALL}`,
    );
  if (dynamic === 'strict')
    return warning(
      CHECK,
      `the mapping of ${of} is strict: events with other fields are dead-lettered`,
      'Map all fields, or use dynamic: true or false.',
    );
  if (dynamic === 'true' && mappings['date_detection'] !== false)
    return warning(
      CHECK,
      `date_detection is on in ${of}: a text that looks like a date makes its field a date, and later texts are dead-lettered`,
      `Set date_detection: false in the template. ${INSTALL}`,
    );
  return ok(CHECK, `the mapping of ${of} does not guess dates`);
}

function fieldsResult(
  mappings: Readonly<Record<string, unknown>>,
  settings: Readonly<Record<string, string>>,
  of: string,
): CheckResult {
  const limit = Number(settings['index.mapping.total_fields.limit'] ?? FIELDS_LIMIT);
  const count = fieldCount(mappings);
  const is = `${counted(count, 'field')} of ${of}, limit ${limit}`;
  if (settings['index.mapping.total_fields.ignore_dynamic_beyond_limit'] === 'true')
    return ok(FIELDS, `${is}; further fields are stored, but not indexed`);
  const remedy =
    'Keep unbounded names (labels, parsed objects) in one flattened field, limit them with limit-fields, ' +
    'or raise index.mapping.total_fields.limit.';
  if (count >= limit) return failed(FIELDS, `${is}: events with new fields are dead-lettered`, remedy);
  return count > FIELDS_NEAR * limit ? warning(FIELDS, is, remedy) : ok(FIELDS, is);
}

/** Counts as Elasticsearch does: fields, objects and multi-fields. Bounded by the depth of mappings (20). */
export function fieldCount(mapping: unknown): number {
  let count = 0;
  for (const field of Object.values(propertiesIn(mapping)))
    count += 1 + fieldCount(field) + Object.keys(objectAt(field, 'fields')).length;
  return count;
}

function propertiesIn(mapping: unknown): Record<string, unknown> {
  return objectAt(mapping, 'properties');
}

function objectAt(value: unknown, key: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return {};
  const inner = (value as Record<string, unknown>)[key];
  return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
}

function typeOf(field: unknown): string | undefined {
  if (typeof field !== 'object' || field === null || !('type' in field)) return undefined;
  return typeof field.type === 'string' ? field.type : undefined;
}
