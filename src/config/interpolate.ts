/**
 * Variables in the text of a setting, in the forms that shells, docker compose and Vector know:
 *
 *     $NAME  ${NAME}                      its value; missing is a fault
 *     ${NAME:-text}  ${NAME-text}         the text where it is missing (with the colon: or empty)
 *     ${NAME:?text}  ${NAME?text}         a fault that says the text where it is missing (or empty)
 *     ${NAME:+text}  ${NAME+text}         the text where it is there (and not empty), else nothing
 *     $$                                  a dollar sign
 *
 * The text may hold variables itself, and braces in pairs. A dollar sign that neither a name nor a brace follows is one
 * (`^foo$`, `$1`). What else begins with `${` is a fault, since it would silently be taken for text. Values are data: what
 * comes from the environment is not read again.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

/** What cannot be expanded. */
export interface Fault {
  /** Where its dollar sign stands in the text. */
  readonly at: number;
  /** What is wrong, and what to write; never a piece of the text but the variable's name. */
  readonly message: string;
}

export interface Interpolated {
  readonly text: string;
  /** Whether a variable was asked for, even where its default was taken. */
  readonly usesEnvironment: boolean;
  /** Whether `$$` was read as a dollar sign. */
  readonly hasDoubled: boolean;
  readonly faults: readonly Fault[];
}

/** Defaults of defaults of defaults: more is a mistake, and each level takes stack. */
const DEPTH_MAX = 20;
/** Of one text; nobody reads more. */
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
  /** Whether the rest of the text has no meaning. */
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
   * Reads up to the end, or to the brace that closes, which is not read.
   *
   * @param isUsed whether the text will be taken: a variable that is missing in another is no fault
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

  /** The text behind an operator, with the brace that closes it. */
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
        `the environment variable ${name} is not set; set it, or write \${${name}:-default}, or ${asText} for the text itself`,
      );
    }
    return '';
  }

  /** Goes behind the brace that closes what it cannot read. */
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
          : `what stands between \${ and } is no variable: write \${NAME} (letters, digits and _), \${NAME:-default}, ` +
              `\${NAME:?message} or \${NAME:+text}, or ${AS_TEXT}`,
      );
      return;
    }
    this.#loseRest(start, NOT_CLOSED);
  }

  /** Of what is nested in it only the innermost says so. */
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
