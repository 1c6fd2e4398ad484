import { applyRules, check, dropped, handled, type RuleTable, todo } from '../keys.ts';
import type { Component } from '../model.ts';
import type { Report } from '../report.ts';

const METRICS = dropped('left out: it is about metrics.');
const GRAPH: RuleTable = { 'graph.*': dropped("left out: it is for Vector's drawing.") };
const NO_EMPTY = todo('left out: objects that become empty stay. Remove them in a transform.');
const OVERWRITES = check('left out: the target is overwritten.');

/** Every option of the transforms that are translated, with those that Vector has removed. */
export const transformRules: Readonly<Record<string, RuleTable>> = {
  remap: {
    source: handled,
    file: handled,
    files: handled,
    timezone: handled,
    drop_on_error: handled,
    drop_on_abort: handled,
    reroute_dropped: handled,
    metric_tag_values: METRICS,
  },
  filter: { condition: handled },
  route: {
    route: handled,
    reroute_unmatched: dropped('left out: events of an output without a reader are dropped.'),
  },
  swimlanes: { lanes: handled },
  exclusive_route: { routes: handled },
  throttle: {
    threshold: handled,
    window_secs: handled,
    key_field: handled,
    exclude: handled,
    'internal_metrics.*': METRICS,
  },
  dedupe: {
    'fields.match': handled,
    'fields.ignore': handled,
    'cache.num_events': handled,
    'time_settings.max_age_ms': handled,
    'time_settings.refresh_on_drop': todo('left out: the age of an event is that of its first occurrence.'),
  },
  sample: {
    rate: handled,
    ratio: handled,
    key_field: handled,
    group_by: handled,
    exclude: handled,
    sample_rate_key: handled,
    rate_field: todo('left out: Logweir samples all events at one rate.'),
    ratio_field: todo('left out: Logweir samples all events at one rate.'),
  },
  reduce: {
    group_by: handled,
    starts_when: handled,
    ends_when: handled,
    merge_strategies: handled,
    max_events: handled,
    expire_after_ms: handled,
    flush_period_ms: dropped('left out: Logweir completes a group when its time has passed.'),
    end_every_period_ms: todo('left out: bound a group with `max_events` or `expire_after_ms`.'),
    identifier_fields: todo('left out: it is the old name of `group_by`. Rename it and migrate again.'),
  },
  json_parser: {
    field: handled,
    drop_field: handled,
    drop_invalid: handled,
    target_field: handled,
    overwrite_target: OVERWRITES,
  },
  regex_parser: {
    field: handled,
    patterns: handled,
    regex: handled,
    types: handled,
    drop_field: handled,
    drop_failed: handled,
    target_field: handled,
    overwrite_target: OVERWRITES,
  },
  add_fields: { fields: handled, overwrite: check('left out: a field that is there is overwritten.') },
  remove_fields: { fields: handled, drop_empty: NO_EMPTY },
  rename_fields: { fields: handled, drop_empty: NO_EMPTY },
};

/** Names each option of the transforms that is not translated. */
export function reportOptions(transforms: readonly Component[], report: Report): void {
  for (const one of transforms) {
    // The options of other types stand beside their skeleton.
    const rules = Object.hasOwn(transformRules, one.type) ? transformRules[one.type] : undefined;
    if (rules !== undefined) applyRules(one, { ...rules, ...GRAPH }, report);
  }
}
