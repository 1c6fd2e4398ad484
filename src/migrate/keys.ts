import { closest, distance } from 'fastest-levenshtein';
import { type Component, type Fields, isMap, kindOf } from './model.ts';
import { type Scale, scaled } from './quantity.ts';
import type { Report } from './report.ts';

/** What becomes of a setting of Vector. */
export type Rule =
  /** It has an equivalent. */
  | {
      readonly is: 'set';
      readonly to: string;
      readonly value?: (value: unknown) => unknown;
      readonly note?: string;
    }
  /** It has an equivalent that is a number, perhaps in another unit. */
  | { readonly is: 'number'; readonly to: string; readonly scale: Scale }
  /** Code in another place maps it. */
  | { readonly is: 'handled' }
  /** It is left out, and nothing is lost. */
  | { readonly is: 'dropped'; readonly why: string }
  /** It is left out, and the user should look at it. */
  | { readonly is: 'check'; readonly why: string }
  /** It has no equivalent. */
  | { readonly is: 'todo'; readonly why: string };

export type RuleTable = Readonly<Record<string, Rule>>;

export const same = (to: string): Rule => ({ is: 'set', to });
export const dropped = (why: string): Rule => ({ is: 'dropped', why });
export const check = (why: string): Rule => ({ is: 'check', why });
export const todo = (why: string): Rule => ({ is: 'todo', why });
export const handled: Rule = { is: 'handled' };

/**
 * Maps the options of a component by a table. A key of the table may be a path (`tls.ca_file`), or end with
 * `.*`: everything below.
 *
 * @returns settings of logweir.yaml by their paths
 */
export function applyRules(component: Component, table: RuleTable, report: Report): Map<string, unknown> {
  const settings = new Map<string, unknown>();
  for (const [path, value] of leavesOf(component.options, table)) {
    const rule = ruleOf(table, path);
    if (isSection(table, path)) {
      if (value !== null)
        report.add(
          'todo',
          component,
          `\`${path}\`: a map of options is expected, not ${kindOf(value)}; left out.`,
        );
      continue;
    }
    if (rule === undefined) {
      report.add(
        'todo',
        component,
        `\`${path}\`: Vector's ${component.type} does not document it; left out.${nearest(path, table)}`,
      );
      continue;
    }
    if (rule.is === 'handled') continue;
    if (rule.is === 'set') {
      settings.set(rule.to, rule.value === undefined ? value : rule.value(value));
      const note = rule.note === undefined ? '' : `: ${rule.note}`;
      report.add('done', component, `\`${path}\`${renamed(path, rule.to)}${note}.`);
    } else if (rule.is === 'number') {
      const { value: number, problem, note } = scaled(value, rule.scale);
      if (number !== undefined) settings.set(rule.to, number);
      const unit = rule.scale.by === 1 ? '' : ', in milliseconds';
      const level = problem !== null ? 'todo' : note !== null ? 'check' : 'done';
      const more = problem ?? note;
      report.add(
        level,
        component,
        `\`${path}\`${renamed(path, rule.to)}${unit}${more === null ? '.' : `: ${more}`}`,
      );
    } else report.add(rule.is === 'dropped' ? 'done' : rule.is, component, `\`${path}\`: ${rule.why}`);
  }
  return settings;
}

/** The known setting whose name is most like this one, if one is. */
function nearest(path: string, table: RuleTable): string {
  const name = closest(path, Object.keys(table));
  return distance(path, name) > Math.max(2, path.length / 4) ? '' : ` Did you mean \`${name}\`?`;
}

/** Whether a path of the table is below this one, which has no rule itself. */
function isSection(table: RuleTable, path: string): boolean {
  return !Object.hasOwn(table, path) && Object.keys(table).some((name) => name.startsWith(`${path}.`));
}

function renamed(path: string, to: string): string {
  return path === to.slice(to.indexOf('.') + 1) ? '' : ` is \`${to}\``;
}

function ruleOf(table: RuleTable, path: string): Rule | undefined {
  const exact = Object.hasOwn(table, path) ? table[path] : undefined;
  if (exact !== undefined) return exact;
  const parts = path.split('.');
  for (let length = parts.length; length > 0; length--) {
    const name = `${parts.slice(0, length).join('.')}.*`;
    if (Object.hasOwn(table, name)) return table[name];
  }
  return undefined;
}

/** The options by path, as deep as the table goes. */
function leavesOf(options: Fields, table: RuleTable, above = ''): [path: string, value: unknown][] {
  return Object.entries(options).flatMap(([key, value]): [string, unknown][] => {
    const path = `${above}${key}`;
    const goesDeeper = Object.keys(table).some((name) => name.startsWith(`${path}.`) && name !== `${path}.*`);
    const isWhole = Object.hasOwn(table, path) && !(isMap(value) && goesDeeper);
    const isOpen = Object.hasOwn(table, `${path}.*`) && !goesDeeper;
    if (isMap(value) && isOpen) return Object.entries(value).map(([name, one]) => [`${path}.${name}`, one]);
    return isMap(value) && goesDeeper && !isWhole ? leavesOf(value, table, `${path}.`) : [[path, value]];
  });
}
