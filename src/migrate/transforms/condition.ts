import { isMap, mapOf, textOf } from '../model.ts';
import { parseProgram, type Condition, translateCondition } from '../program.ts';
import type { Expression, Literal } from '../vrl/ast.ts';
import { VrlSyntaxError } from '../vrl/syntax-error.ts';
import { dotted } from '../vector-template.ts';

/** Options of the built-in `filter`. */
type FilterOptions = Readonly<Record<string, unknown>>;

/** @returns the problem if the condition is not one of VRL */
export function conditionSource(value: unknown): string | { readonly problem: string } {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (!isMap(value)) return { problem: 'a condition is missing' };
  const type = value['type'] ?? 'check_fields';
  if (type === 'vrl' || type === 'remap') return textOf(value['source'] ?? '');
  if (type === 'is_log') return 'true';
  if (type === 'check_fields') return checkFields(value);
  return { problem: `a condition of type ${textOf(type)} is not translated` };
}

/** Conditions before Vector 0.20: `message.contains: error`. */
function checkFields(value: Readonly<Record<string, unknown>>): string | { readonly problem: string } {
  const parts: string[] = [];
  for (const [key, operand] of flat(mapOf(value))) {
    const field = `.${key.slice(0, key.lastIndexOf('.'))}`;
    const operator = key.slice(key.lastIndexOf('.') + 1);
    const made = oneOf(field, operator, operand);
    if (made === null) return { problem: `check_fields with \`${key}\` is not translated` };
    parts.push(made);
  }
  return parts.length === 0 ? { problem: 'a condition is empty' } : parts.join(' && ');
}

function flat(value: Readonly<Record<string, unknown>>, above = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([key, one]): [string, unknown][] => {
    if (above === '' && key === 'type') return [];
    return isMap(one) ? flat(one, `${above}${key}.`) : [[`${above}${key}`, one]];
  });
}

function oneOf(field: string, operator: string, operand: unknown): string | null {
  const literal = JSON.stringify(operand);
  const list = JSON.stringify(Array.isArray(operand) ? operand : [operand]);
  if (operator.startsWith('not_')) {
    const inner = oneOf(field, operator.slice(4), operand);
    return inner === null ? null : `!(${inner})`;
  }
  switch (operator) {
    case 'eq':
    case 'equals':
      return Array.isArray(operand) ? `includes(${list}, ${field})` : `${field} == ${literal}`;
    case 'neq':
      return `${field} != ${literal}`;
    case 'exists':
      return operand === false ? `!exists(${field})` : `exists(${field})`;
    case 'contains':
    case 'starts_with':
    case 'ends_with':
      return `${operator}(to_string(${field}) ?? "", ${literal})`;
    case 'regex':
      return `(match(to_string(${field}) ?? "", r'${String(operand).replaceAll("'", String.raw`\'`)}') ?? false)`;
    default:
      return null;
  }
}

/** A condition as the body of a function. @returns the problems if it cannot be translated */
export function conditionCode(value: unknown, timezone: string | undefined): Condition | readonly string[] {
  const source = conditionSource(value);
  if (typeof source !== 'string') return [source.problem];
  return translateCondition(source, { dropsOnAbort: true, timezone, hasVariables: true });
}

/** The options of `filter` that keep the events for which a condition holds; null if there are none. */
export function filterOptions(value: unknown): FilterOptions | null {
  const source = conditionSource(value);
  if (typeof source !== 'string') return null;
  try {
    const { body } = parseProgram(source, { dropsOnAbort: true, timezone: undefined, hasVariables: false });
    const [only] = body;
    return body.length === 1 && only !== undefined ? optionsOf(only) : null;
  } catch (error) {
    if (error instanceof VrlSyntaxError) return null;
    throw error;
  }
}

function optionsOf(one: Expression): FilterOptions | null {
  if (one.kind === 'group') return optionsOf(one.value);
  if (one.kind === 'not') return negated(optionsOf(one.value));
  if (one.kind === 'binary') return ofBinary(one.operator, one.left, one.right);
  if (one.kind !== 'call' || one.closure !== null) return null;
  const [first, second] = one.arguments.map(({ value }) => value);
  if (one.arguments.some(({ name }) => name !== null)) return null;
  const field = fieldOf(one.name === 'includes' ? second : first);
  if (field === null) return null;
  if (one.name === 'exists' && one.arguments.length === 1) return { field, exists: true };
  if (one.name === 'contains' && second !== undefined && one.arguments.length === 2) {
    const text = literalOf(second);
    return typeof text === 'string' && text !== '' ? { field, contains: text } : null;
  }
  if (one.name === 'includes' && first?.kind === 'array') {
    const list = first.items.map(literalOf);
    return list.length === 0 || list.includes(undefined) ? null : { field, in: list };
  }
  return null;
}

function negated(options: FilterOptions | null): FilterOptions | null {
  if (options === null) return null;
  if (typeof options['exists'] === 'boolean') return { ...options, exists: !options['exists'] };
  const { action, ...rest } = options;
  return action === 'drop' ? rest : { ...rest, action: 'drop' };
}

function ofBinary(operator: string, left: Expression, right: Expression): FilterOptions | null {
  if (operator === '==' || operator === '!=') {
    const field = fieldOf(left) ?? fieldOf(right);
    const value = literalOf(fieldOf(left) === null ? left : right);
    // A missing field equals null in VRL, and not in the built-in.
    if (field === null || value === undefined || value === null) return null;
    const options = { field, equals: value };
    return operator === '==' ? options : negated(options);
  }
  if (operator !== '||') return null;
  const [one, other] = [optionsOf(left), optionsOf(right)];
  if (one === null || other === null || one['field'] !== other['field']) return null;
  const lists = [one, other].map(listOf);
  return lists.includes(null) ? null : { field: one['field'], in: lists.flat() };
}

function listOf({ action, equals, in: list }: FilterOptions): readonly unknown[] | null {
  if (action !== undefined) return null;
  if (Array.isArray(list)) return list;
  return equals === undefined ? null : [equals];
}

/** A path of fields, also within `string!(…)`. */
function fieldOf(one: Expression | undefined): string | null {
  if (one?.kind === 'group') return fieldOf(one.value);
  if (one?.kind === 'call' && (one.name === 'string' || one.name === 'to_string')) {
    const [argument] = one.arguments;
    return one.name === 'string' ? fieldOf(argument?.value) : null;
  }
  if (one?.kind !== 'query' || one.target !== 'event') return null;
  if (one.path.some((segment) => String(segment).includes('.'))) return null;
  return dotted(one.path);
}

/** The value of a literal that JSON has; undefined for others. */
export function literalOf(one: Expression | undefined): string | number | boolean | null | undefined {
  return one?.kind === 'literal' ? valueOf(one) : undefined;
}

function valueOf({ type, value }: Literal): string | number | boolean | null | undefined {
  if (type === 'string') return value;
  if (type === 'boolean') return value === 'true';
  if (type === 'null') return null;
  if (type === 'regex' || type === 'timestamp') return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) || (type === 'float' && Number.isFinite(number)) ? number : undefined;
}
