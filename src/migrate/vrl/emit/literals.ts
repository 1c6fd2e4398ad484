import { unreadableSpecifier } from '../../../vrl/strptime.ts';
import { checkGrok } from '../../../vrl/grok.ts';
import type * as ast from '../ast.ts';
import type { Unit } from './unit.ts';

/**
 * Reports formats and patterns that the functions of `logweir/vrl` cannot read, or read differently: the
 * transform would fail at every event.
 *
 * @param found the arguments by the names of their parameters
 */
export function checkLiterals(unit: Unit, call: ast.Call, found: ReadonlyMap<string, ast.Argument>): void {
  switch (call.name) {
    case 'parse_timestamp': {
      const format = textOf(found.get('format')?.value);
      const specifier = format === null ? null : unreadableSpecifier(format);
      if (specifier !== null)
        unit.problem(`parse_timestamp with the specifier ${specifier} is not translated`, call);
      return;
    }
    case 'format_timestamp': {
      const format = textOf(found.get('format')?.value) ?? '';
      const isInUtc = !found.has('timezone') || textOf(found.get('timezone')?.value) === 'UTC';
      // JavaScript does not know `CET` or `IST`.
      if (!isInUtc && format.replaceAll('%%', '').includes('%Z'))
        unit.problem('format_timestamp with the specifier %Z and a time zone is not translated', call);
      return;
    }
    case 'parse_grok': {
      const pattern = textOf(found.get('pattern')?.value);
      if (pattern !== null) report(unit, call, () => checkGrok(pattern));
      return;
    }
    case 'parse_groks':
      checkRules(unit, call, found);
      return;
    default:
  }
}

function report(unit: Unit, call: ast.Call, check: () => void): void {
  try {
    check();
  } catch (error) {
    unit.problem(`${call.name}: ${error instanceof Error ? error.message : String(error)}`, call);
  }
}

/** `%{NAME}` or `%{NAME:field}`. */
const PLAIN_REFERENCE = /^%\{(\w+)(?::[\w@-]+)?\}$/;

/** The rules of `parse_groks` are Datadog's: only those that are plain grok are translated. */
function checkRules(unit: Unit, call: ast.Call, found: ReadonlyMap<string, ast.Argument>): void {
  const patterns = textsOf(found.get('patterns')?.value);
  const aliases = found.has('aliases') ? aliasesOf(found.get('aliases')?.value) : {};
  if (patterns === null || aliases === null) {
    unit.problem('parse_groks with patterns or aliases that are no literals is not translated', call);
    return;
  }
  for (const pattern of [...patterns, ...Object.values(aliases)]) {
    for (const [reference] of pattern.matchAll(/%\{(?:"(?:\\.|[^"\\])*"|[^}"])*\}?/g)) {
      const name = PLAIN_REFERENCE.exec(reference)?.[1];
      if (name === undefined || !(name in aliases || /^[A-Z]/.test(name))) {
        unit.problem(
          `parse_groks with the matcher or filter ${reference} of Datadog is not translated`,
          call,
        );
        return;
      }
    }
  }
  for (const pattern of patterns) report(unit, call, () => checkGrok(pattern, aliases));
}

function textOf(expression: ast.Expression | undefined): string | null {
  const inner = expression?.kind === 'group' ? expression.value : expression;
  return inner?.kind === 'literal' && inner.type === 'string' ? inner.value : null;
}

function textsOf(expression: ast.Expression | undefined): string[] | null {
  if (expression?.kind !== 'array') return null;
  const texts = expression.items.flatMap((item) => textOf(item) ?? []);
  return texts.length === expression.items.length ? texts : null;
}

function aliasesOf(expression: ast.Expression | undefined): Record<string, string> | null {
  if (expression?.kind !== 'object') return null;
  const aliases: Record<string, string> = {};
  for (const [name, value] of expression.entries) {
    const text = textOf(value);
    if (text === null) return null;
    aliases[name] = text;
  }
  return aliases;
}
