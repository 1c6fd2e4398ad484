import { asString } from './types.ts';

interface CaseOption {
  /** Only this style's boundaries separate words: `snake_case`, `kebab-case`, `camelCase`, … */
  readonly originalCase?: unknown;
}

export function camelcase(value: unknown, options?: CaseOption): string {
  const [first = '', ...rest] = words(asString(value), options);
  return first.toLowerCase() + rest.map(capital).join('');
}

export function pascalcase(value: unknown, options?: CaseOption): string {
  return words(asString(value), options).map(capital).join('');
}

export function snakecase(value: unknown, options?: CaseOption): string {
  return words(asString(value), options).join('_').toLowerCase();
}

export function kebabcase(value: unknown, options?: CaseOption): string {
  return words(asString(value), options).join('-').toLowerCase();
}

export function screamingsnakecase(value: unknown, options?: CaseOption): string {
  return words(asString(value), options).join('_').toUpperCase();
}

/** At a capital after a small letter, around digits, and at the last capital of several. */
const LETTERS = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|(?<=\d)(?=\p{L})|(?<=\p{L})(?=\d)/u;
const BOUNDARIES: Readonly<Record<string, RegExp>> = {
  'kebab-case': /-/,
  snake_case: /_/,
  SCREAMING_SNAKE: /_/,
  SCREAMING_SNAKE_CASE: /_/,
  camelCase: LETTERS,
  PascalCase: LETTERS,
};
const ALL = new RegExp(`[ _-]+|${LETTERS.source}`, 'u');

function words(text: string, { originalCase }: CaseOption = {}): string[] {
  const boundary = originalCase === undefined ? ALL : (BOUNDARIES[asString(originalCase)] ?? ALL);
  return text.split(boundary).filter((word) => word !== '');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}
