import { isRawJson } from '../codec/raw-json.ts';
import { Timestamp } from './timestamp.ts';
import { type Fields, isFields, integer, kindOf, notNaN, VrlError } from './values.ts';

/**
 * `left ?? right`: the second value where the first expression fails. Only a {@link VrlError} is a failure:
 * `abort` is none, and a defect of the program must not hide behind the second value.
 */
export function recover<A, B>(first: () => A, second: () => B): A | B {
  try {
    return first();
  } catch (error) {
    if (error instanceof VrlError) return second();
    throw error;
  }
}

/**
 * `value, error = …`: the value and null, or a default and the text of the error. Errors other than
 * {@link VrlError} are thrown on.
 *
 * @param fallback VRL's default of the expression's type
 */
export function attempt<A, B>(
  expression: () => A,
  fallback: B,
): readonly [value: A | B, error: string | null] {
  try {
    return [expression(), null];
  } catch (error) {
    if (error instanceof VrlError) return [fallback, error.message];
    throw error;
  }
}

/** `left == right`: by value; numbers of different types are equal where they are the same number. */
export function equals(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  const kind = kindOf(left);
  if (isNumeric(left) && isNumeric(right)) return toNumber(left) === toNumber(right);
  if (kind !== kindOf(right)) return false;
  if (kind === 'null') return true;
  if (left instanceof Timestamp && right instanceof Timestamp) return left.ns === right.ns;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, n) => equals(item, right[n]));
  return isFields(left) && isFields(right) && haveEqualFields(left, right);
}

function haveEqualFields(left: Fields, right: Fields): boolean {
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && equals(left[key], right[key]))
  );
}

/** `left + right`: numbers, or texts, where null is the empty text. */
export function add(left: unknown, right: unknown): unknown {
  if (typeof left === 'number' && typeof right === 'number')
    return exactNumber(left + right, left, right, '+');
  const leftKind = kindOf(left);
  const rightKind = kindOf(right);
  if (leftKind === 'string' && rightKind === 'string') return `${left as string}${right as string}`;
  if (leftKind === 'string' && rightKind === 'null') return left;
  if (leftKind === 'null' && rightKind === 'string') return right;
  return arithmetic(left, right, '+');
}

export function subtract(left: unknown, right: unknown): unknown {
  return arithmetic(left, right, '-');
}

/** `left * right`: numbers, or a text and how often it is repeated. */
export function multiply(left: unknown, right: unknown): unknown {
  if (typeof left === 'string' && isInteger(right)) return repeated(left, right);
  if (isInteger(left) && typeof right === 'string') return repeated(right, left);
  return arithmetic(left, right, '*');
}

function repeated(text: string, count: number | bigint): string {
  const times = Math.max(0, Number(count));
  if (text.length * times > TEXT_MAX)
    throw new VrlError(`the text is too long to be repeated ${count} times`);
  return text.repeat(text === '' ? 0 : times);
}

/** `left / right`: always a float. */
export function divide(left: unknown, right: unknown): number {
  if (!isNumeric(left) || !isNumeric(right)) throw mismatch(left, right, 'divide');
  if (Number(right) === 0) throw new VrlError("can't divide by zero");
  return notNaN(Number(left) / Number(right));
}

/** Maximum length of a text of JavaScript. */
const TEXT_MAX = 2 ** 29 - 24;

const VERBS = { '+': 'add', '-': 'subtract', '*': 'multiply' } as const;

function arithmetic(left: unknown, right: unknown, operator: keyof typeof VERBS): number | bigint {
  if (!isNumeric(left) || !isNumeric(right)) throw mismatch(left, right, VERBS[operator]);
  if (!isInteger(left) || !isInteger(right)) return notNaN(inFloats(Number(left), Number(right), operator));
  const a = BigInt(left);
  const b = BigInt(right);
  const exact = operator === '+' ? a + b : operator === '-' ? a - b : a * b;
  return integer(BigInt.asIntN(64, exact));
}

function inFloats(a: number, b: number, operator: keyof typeof VERBS): number {
  return operator === '+' ? a + b : operator === '-' ? a - b : a * b;
}

function exactNumber(
  sum: number,
  left: number,
  right: number,
  operator: keyof typeof VERBS,
): number | bigint {
  const isExact = Number.isSafeInteger(sum) || !Number.isInteger(left) || !Number.isInteger(right);
  return isExact ? notNaN(sum) : arithmetic(left, right, operator);
}

export function isLess(left: unknown, right: unknown): boolean {
  return order(left, right) < 0;
}

export function isAtMost(left: unknown, right: unknown): boolean {
  return order(left, right) <= 0;
}

export function isGreater(left: unknown, right: unknown): boolean {
  return order(left, right) > 0;
}

export function isAtLeast(left: unknown, right: unknown): boolean {
  return order(left, right) >= 0;
}

/** Negative, 0 or positive, of two numbers, texts or timestamps. @throws VrlError for others */
function order(left: unknown, right: unknown): number {
  if (isNumeric(left) && isNumeric(right)) return compare(toNumber(left), toNumber(right));
  if (typeof left === 'string' && typeof right === 'string')
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  if (left instanceof Timestamp && right instanceof Timestamp) return compare(left.ns, right.ns);
  throw mismatch(left, right, 'compare');
}

function compare(left: number | bigint, right: number | bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** `left && right` and `left || right` of values that are not known to be booleans: null is false. */
export function isTrue(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (kindOf(value) === 'null') return false;
  throw new VrlError(`expected boolean, got ${kindOf(value)}`);
}

/** `left || right`: the right value where the left one is null or false. */
export function or(left: unknown, right: () => unknown): unknown {
  return left === null || left === undefined || left === false ? right() : left;
}

/** Of an object literal that might be an array, a text and so on: whether it is a number of either type. */
function isNumeric(value: unknown): value is number | bigint {
  const kind = kindOf(value);
  return kind === 'integer' || kind === 'float';
}

function isInteger(value: unknown): value is number | bigint {
  return kindOf(value) === 'integer';
}

function toNumber(value: number | bigint): number | bigint {
  return isRawJson(value) ? Number(value.rawJSON) : value;
}

/** With the words of VRL. */
function mismatch(left: unknown, right: unknown, verb: string): VrlError {
  const [l, r] = [kindOf(left), kindOf(right)];
  if (verb === 'add') return new VrlError(`can't add type ${r} to ${l}`);
  if (verb === 'subtract') return new VrlError(`can't subtract type ${r} from ${l}`);
  return new VrlError(`can't ${verb} type ${l} ${verb === 'compare' ? 'with' : 'by'} ${r}`);
}
