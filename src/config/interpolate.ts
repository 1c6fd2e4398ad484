/**
 * Variables in the text of a setting, in the forms of shells, docker compose and Vector:
 *
 *     $NAME  ${NAME}                      the value; an unset variable is an error
 *     ${NAME:-text}  ${NAME-text}         the text if the variable is unset (with the colon: or empty)
 *     ${NAME:?text}  ${NAME?text}         an error with the text if the variable is unset (or empty)
 *     ${NAME:+text}  ${NAME+text}         the text if the variable is set (and not empty), else nothing
 *     $$                                  a dollar sign
 *
 * The text may contain variables, and braces in pairs. A dollar sign without a name or brace after it is
 * literal (`^foo$`, `$1`). Any other text that starts with `${` is an error, since it would silently be
 * literal. Values from the environment are not expanded again.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that cannot be expanded. */
interface Fault {
  /** Index of its dollar sign in the text. */
  readonly at: number;
  /** What is wrong, and what to write. Quotes the variable's name and nothing else of the text. */
  readonly message: string;
}

interface Interpolated {
  readonly text: string;
  /** Whether the text contains a variable, even if its default was used. */
  readonly usesEnvironment: boolean;
  /** Whether `$$` was read as a dollar sign. */
  readonly hasDoubled: boolean;
  readonly faults: readonly Fault[];
}

/** Nested defaults. A deeper text is a mistake, and each level needs stack. */
const DEPTH_MAX = 20;
/** Faults reported for one text. */
const FAULTS_MAX = 50;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /:?[-?+]/y;

const AS_TEXT = '$${ for a dollar sign and a brace';
const NOT_CLOSED = `\${ is not closed by a }; write \${NAME}, or ${AS_TEXT}`;

/** Expands the variables of a text, in one pass. */
export function interpolate(text: string, environment: Environment): Interpolated {
  if (!text.includes('$')) return { text, usesEnvironment: false, hasDoubled: false, faults: [] };
  return new Interpolation(text, environment).result();
}

class Interpolation {
  readonly #text: string;
  readonly #environment: Environment;
  readonly #faults: Fault[] = [];
  #at = 0;
  #depth = 0;
  /** Whether the rest of the text cannot be read. */
  #isLost = false;
  #usesEnvironment = false;
  #hasDoubled = false;

  constructor(text: string, environment: Environment) {
    this.#text = text;
    this.#environment = environment;
  }

  result(): Interpolated {
    const text = this.#until(null, true);
    return {
      text,
      usesEnvironment: this.#usesEnvironment,
      hasDoubled: this.#hasDoubled,
      faults: this.#faults,
    };
  }

  /**
   * Reads up to the end, or up to the closing brace, which is not consumed.
   *
   * @param isUsed whether the text is part of the result; an unset variable in an unused text is no fault
   */
  #until(closing: '}' | null, isUsed: boolean): string {
    const text = this.#text;
    let out = '';
    let open = 0;
    while (this.#at < text.length) {
      const char = text[this.#at];
      if (char === '$') {
        out += this.#dollar(isUsed);
        continue;
      }
      if (closing !== null) {
        if (char === '}' && open-- === 0) return out;
        if (char === '{') open++;
      }
      out += char;
      this.#at++;
    }
    return out;
  }

  #dollar(isUsed: boolean): string {
    const start = this.#at++;
    const next = this.#text[this.#at];
    if (next === '$') {
      this.#at++;
      this.#hasDoubled = true;
      return '$';
    }
    if (next === '{') {
      this.#at++;
      return this.#braced(start, isUsed);
    }
    const name = this.#match(NAME);
    return name === null ? '$' : this.#required(name, start, isUsed, `$$${name}`);
  }

  #braced(start: number, isUsed: boolean): string {
    const name = this.#match(NAME);
    const operator = name === null || this.#text[this.#at] === '}' ? null : this.#match(OPERATOR);
    if (name === null || (operator === null && this.#text[this.#at] !== '}')) {
      this.#notUnderstood(start);
      return '';
    }
    if (operator === null) {
      this.#at++;
      return this.#required(name, start, isUsed, `$\${${name}}`);
    }
    const value = this.#valueOf(name);
    const isThere = value !== undefined && (value !== '' || !operator.startsWith(':'));
    const form = operator.at(-1);
    const inner = this.#inner(start, isUsed && isThere === (form === '+'));
    if (form === '+') return isThere ? inner : '';
    if (isThere) return value;
    if (form === '-') return inner;
    const state = value === undefined ? 'not set' : 'empty';
    if (isUsed) {
      const why = inner === '' ? '' : `: ${inner}`;
      this.#fault(start, `the environment variable ${name} is ${state}${why}`);
    }
    return '';
  }

  /** The text after an operator; consumes the closing brace. */
  #inner(start: number, isUsed: boolean): string {
    if (this.#depth === DEPTH_MAX) {
      this.#loseRest(start, `variables are nested more than ${DEPTH_MAX} deep`);
      return '';
    }
    this.#depth++;
    const inner = this.#until('}', isUsed);
    this.#depth--;
    if (this.#at < this.#text.length) this.#at++;
    else this.#loseRest(start, NOT_CLOSED);
    return inner;
  }

  #required(name: string, start: number, isUsed: boolean, asText: string): string {
    const value = this.#valueOf(name);
    if (value !== undefined) return value;
    if (isUsed) {
      this.#fault(
        start,
        `the environment variable ${name} is not set; set it, or write \${${name}:-default}, ` +
          `or ${asText} for the text itself`,
      );
    }
    return '';
  }

  /** Reports an unknown form, and continues after its closing brace. */
  #notUnderstood(start: number): void {
    let open = 0;
    for (let at = this.#at; at < this.#text.length; at++) {
      if (this.#text[at] === '{') open++;
      if (this.#text[at] !== '}' || open-- > 0) continue;
      const isEmpty = at === this.#at && at === start + 2;
      this.#at = at + 1;
      this.#fault(
        start,
        isEmpty
          ? `\${} names no variable; write \${NAME}, or ${AS_TEXT}`
          : `the text between \${ and } is not a variable: write \${NAME} (letters, digits and _), ` +
              `\${NAME:-default}, \${NAME:?message} or \${NAME:+text}, or ${AS_TEXT}`,
      );
      return;
    }
    this.#loseRest(start, NOT_CLOSED);
  }

  /** Only the innermost of nested variables reports this. */
  #loseRest(start: number, message: string): void {
    this.#at = this.#text.length;
    if (!this.#isLost) this.#fault(start, message);
    this.#isLost = true;
  }

  #fault(at: number, message: string): void {
    if (this.#faults.length < FAULTS_MAX) this.#faults.push({ at, message });
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.#at = pattern.lastIndex;
    return found[0];
  }

  #valueOf(name: string): string | undefined {
    this.#usesEnvironment = true;
    return Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined;
  }
}
