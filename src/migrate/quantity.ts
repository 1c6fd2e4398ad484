import { quoted } from './names.ts';

/** How a number of Vector becomes one of Logweir. */
export interface Scale {
  /** 1000 where Vector has seconds and Logweir milliseconds. */
  readonly by: 1 | 1000;
  readonly min: number;
  readonly max: number;
}

export const MILLISECONDS = { by: 1000, min: 1, max: Number.MAX_SAFE_INTEGER } as const satisfies Scale;

interface Scaled {
  /** Undefined if there is none. */
  readonly value: number | string | undefined;
  /** What is left to do about it. */
  readonly problem: string | null;
  /** What is different: Logweir's bounds. */
  readonly note: string | null;
}

interface Variable {
  readonly name: string;
  /** Null without a default. */
  readonly operator: '-' | ':-' | null;
  readonly otherwise: string;
}

/** A text that is one variable: `${SECONDS:-5}`, `$SECONDS`. */
export function variableOf(value: unknown): Variable | null {
  if (typeof value !== 'string') return null;
  const found = /^\$(?:\{([A-Za-z_]\w*)(?:(:?-)([^{}]*))?\}|([A-Za-z_]\w*))$/.exec(value.trim());
  if (found === null) return null;
  const [, braced, operator, otherwise = '', plain] = found;
  const name = braced ?? plain ?? '';
  return { name, operator: operator === ':-' || operator === '-' ? operator : null, otherwise };
}

/** A number, or a variable for one, with Logweir's unit and within its bounds. */
export function scaled(value: unknown, scale: Scale): Scaled {
  const number = numberOf(value);
  if (number !== null) {
    const made = within(number, scale);
    const isBounded = made !== Math.round(number * scale.by);
    return { value: made, problem: null, note: isBounded ? `${made} here; ${boundsOf(scale)}` : null };
  }
  const variable = variableOf(value);
  if (variable === null) {
    if (typeof value === 'string' && value.includes('$') && scale.by === 1)
      return { value, problem: null, note: null };
    return { value: undefined, problem: 'is no number; left out.', note: null };
  }
  return ofVariable(variable, scale);
}

function ofVariable({ name, operator, otherwise }: Variable, scale: Scale): Scaled {
  const given = operator === null ? null : numberOf(otherwise);
  const kept = given === null ? '' : `${operator ?? ''}${within(given, scale)}`;
  const value = `\${${name}${kept}}`;
  if (scale.by === 1) return { value, problem: null, note: null };
  const converted = kept === '' ? '' : `; its default is converted: \`${value}\``;
  return {
    value,
    problem: `the variable ${name} must have milliseconds for Logweir, in Vector it has seconds${converted}.`,
    note: null,
  };
}

function numberOf(value: unknown): number | null {
  const text = typeof value === 'string' ? value.trim() : null;
  const number = text === null ? value : /^[-+]?(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : null;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function within(number: number, { by, min, max }: Scale): number {
  return Math.min(max, Math.max(min, Math.round(number * by)));
}

function boundsOf({ min, max }: Scale): string {
  return `Logweir allows ${min} to ${max}.`;
}

/**
 * A number, or a variable for one, as an expression of generated code; null for another value. `parseFloat`
 * is that of `logweir/vrl`, which throws when the code is loaded and the variable has no number.
 */
export function numberCode(
  value: unknown,
  { by = 1, min = 0 }: { readonly by?: number; readonly min?: number } = {},
): string | null {
  const number = numberOf(value);
  if (number !== null) return String(Math.max(min, Math.round(number * by)));
  const variable = variableOf(value);
  if (variable === null) return null;
  const { name, operator, otherwise } = variable;
  if (operator !== null && numberOf(otherwise) === null) return null;
  const or = operator === null ? '' : ` ${operator === ':-' ? '||' : '??'} ${quoted(otherwise)}`;
  const text = `parseFloat(process.env[${quoted(name)}]${or})`;
  return by === 1 ? text : `${text} * ${by}`;
}

/** What generated lines with {@link numberCode} import of `logweir/vrl`. */
export function numberImports(lines: readonly string[]): string[] {
  return lines.some((line) => line.includes('parseFloat(process.env[')) ? ['parseFloat'] : [];
}
