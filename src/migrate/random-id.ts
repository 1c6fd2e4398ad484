import type { Context } from './context.ts';
import type { Component } from './model.ts';
import { Report } from './report.ts';
import { findTopology } from './topology.ts';
import { asRemap } from './transforms/old.ts';
import { programOf } from './transforms/remap.ts';
import { pathOf } from './vector-template.ts';
import type { AssignmentTarget, Expression, Program, Segment } from './vrl/ast.ts';
import { contains } from './vrl/walk.ts';

const RANDOM = new Set(['uuid_v4', 'uuid_v7', 'random_bytes']);

/** Functions whose value is random where an argument is. */
const KEEPS_RANDOM = new Set(
  (
    'encode_base16 encode_base64 encode_percent string to_string downcase upcase replace join md5 sha1 sha2 sha3 ' +
    'truncate slice'
  ).split(' '),
);

/**
 * Whether each event that reaches the sink has a new random value in the field: every way from Kafka goes
 * through a program that assigns one without a condition, and no program assigns another. In doubt it does
 * not: then the field is an id of the user, which must not get lost.
 */
export function isRandomId(sink: Component, key: string, context: Context): boolean {
  const path = pathOf(key);
  const { edges, sources, transforms } = findTopology(context.config, new Report());
  const makers = new Set<Component>();
  for (const one of transforms) {
    const remap = one.type === 'remap' ? one : asRemap(one);
    if (remap === null) continue;
    const program = programOf(remap, context);
    if (program === null) return false;
    const effect = effectOf(program, path, remap.options['drop_on_abort'] !== false);
    if (effect === 'other') return false;
    if (effect === 'random') makers.add(one);
  }
  if (makers.size === 0) return false;
  const behind = new Set([sink]);
  // A set's iteration visits what is added on the way.
  for (const one of behind)
    for (const { from, to } of edges) if (to === one && !makers.has(from)) behind.add(from);
  return [...behind].every((one) => !sources.includes(one) && !replacesEvent(one, context));
}

/** What a program does to a field: always a new random value, perhaps another value, or nothing. */
function effectOf(
  program: Program,
  path: readonly Segment[],
  dropsOnAbort: boolean,
): 'random' | 'other' | 'none' {
  let isRandom = false;
  for (const one of program.body) {
    const isPlain = one.kind === 'assignment' && one.operator === '=' && one.error === undefined;
    if (isPlain && isPath(one.target, path) && isRandomValue(one.value)) {
      isRandom = true;
      continue;
    }
    if (contains(one, (part) => part.kind === 'assignment' && writes([part.target, part.error], path)))
      return 'other';
    const isEnd = (part: Expression): boolean =>
      part.kind === 'return' || (part.kind === 'abort' && !dropsOnAbort);
    if (!isRandom && contains(one, isEnd)) return 'none';
    if (isRandom && contains(one, isReplacement)) isRandom = false;
  }
  return isRandom ? 'random' : 'none';
}

/** Whether a transform may give an event another value of any field. */
function replacesEvent(one: Component, context: Context): boolean {
  if (one.section !== 'transforms') return false;
  const remap = one.type === 'remap' ? one : asRemap(one);
  if (remap === null) return one.type === 'lua';
  return programOf(remap, context)?.body.some((part) => contains(part, isReplacement)) ?? true;
}

function isReplacement(one: Expression): boolean {
  return one.kind === 'assignment' && writes([one.target, one.error], []);
}

/** Whether a target is the path, or something below it. The whole event is one only for the path `.`. */
function writes(targets: readonly (AssignmentTarget | undefined)[], path: readonly Segment[]): boolean {
  return targets.some((target) => {
    if (target === null || target === undefined || target.kind !== 'query' || target.target !== 'event')
      return false;
    if (path.length === 0) return target.path.length === 0;
    const length = Math.min(path.length, target.path.length);
    return length > 0 && path.slice(0, length).every((segment, at) => segment === target.path[at]);
  });
}

function isPath(target: AssignmentTarget, path: readonly Segment[]): boolean {
  return target?.kind === 'query' && target.path.length === path.length && writes([target], path);
}

function isRandomValue(one: Expression): boolean {
  switch (one.kind) {
    case 'group':
      return isRandomValue(one.value);
    case 'array':
      return one.items.some(isRandomValue);
    case 'binary':
      return one.operator === '+' && (isRandomValue(one.left) || isRandomValue(one.right));
    case 'call':
      if (one.closure !== null) return false;
      if (RANDOM.has(one.name)) return true;
      return KEEPS_RANDOM.has(one.name) && one.arguments.some(({ value }) => isRandomValue(value));
    default:
      return false;
  }
}
