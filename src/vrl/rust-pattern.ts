/**
 * Regular expressions of Rust in the syntax of RE2, which is nearly the same. What RE2 would read differently
 * is an error, as is what it cannot read.
 */

/** What Rust's classes contain, as items of a class in brackets. */
interface Classes {
  readonly w: string;
  readonly d: string;
  readonly s: string;
  /** The opposites, for a place in brackets. */
  readonly W: () => string;
  readonly D: () => string;
  readonly S: () => string;
}

const NO_SPACE = '\\x{0}-\\x{8}\\x{E}-\\x{1F}\\x{21}-';

/** For texts of ASCII, and under `(?-u)`. */
const ASCII: Classes = {
  w: '\\w',
  d: '\\d',
  s: '\\s\\v',
  W: () => '\\W',
  D: () => '\\D',
  S: () => `${NO_SPACE}\\x{10FFFF}`,
};

/** Letters and digits of all languages; RE2's own classes have those of ASCII only. */
const UNICODE: Classes = {
  w:
    '\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{200C}\\x{200D}\\x{24B6}-\\x{24E9}' +
    '\\x{1F130}-\\x{1F149}\\x{1F150}-\\x{1F169}\\x{1F170}-\\x{1F189}',
  d: '\\p{Nd}',
  s: '\\s\\v\\x{85}\\p{Z}',
  W: () => (noWord ??= rangesWithout(/[\p{Alphabetic}\p{M}\p{Nd}\p{Nl}\p{Pc}\u200c\u200d]/u)),
  D: () => '\\P{Nd}',
  S: () =>
    `${NO_SPACE}\\x{84}\\x{86}-\\x{9F}\\x{A1}-\\x{167F}\\x{1681}-\\x{1FFF}\\x{200B}-\\x{2027}` +
    '\\x{202A}-\\x{202E}\\x{2030}-\\x{205E}\\x{2060}-\\x{2FFF}\\x{3001}-\\x{10FFFF}',
};

/** The opposite of Unicode's `\w`, made when it is needed first. */
let noWord: string | undefined;

function rangesWithout(excluded: RegExp): string {
  let ranges = '';
  let start = -1;
  for (let point = 0; point <= 0x110000; point++) {
    const isIn = point < 0x110000 && !excluded.test(String.fromCodePoint(point));
    if (isIn && start < 0) start = point;
    if (isIn || start < 0) continue;
    ranges += `\\x{${start.toString(16)}}-\\x{${(point - 1).toString(16)}}`;
    start = -1;
  }
  return ranges;
}

/** What flags of a group decide. */
interface Flags {
  /** `x`: white space and comments are ignored. */
  readonly isVerbose: boolean;
  readonly isUnicode: boolean;
}

/**
 * @param isAsciiText whether the expression is for texts of ASCII only
 * @throws Error with a sentence if RE2 has nothing that means the same
 */
export function fromRust(source: string, isAsciiText: boolean): string {
  return new Translation(source, isAsciiText).run();
}

class Translation {
  readonly #source: string;
  readonly #isAsciiText: boolean;
  #at = 0;
  #flags: Flags = { isVerbose: false, isUnicode: true };
  /** The flags outside of each open group. */
  readonly #outer: Flags[] = [];

  constructor(source: string, isAsciiText: boolean) {
    this.#source = source;
    this.#isAsciiText = isAsciiText;
  }

  run(): string {
    let result = '';
    while (this.#at < this.#source.length) result += this.#next();
    return result;
  }

  get #classes(): Classes {
    return this.#flags.isUnicode && !this.#isAsciiText ? UNICODE : ASCII;
  }

  #next(): string {
    const char = this.#source.charAt(this.#at);
    if (char === '\\') return this.#escape(false);
    if (char === '[') return this.#class();
    if (char === '(') return this.#group();
    if (char === ')') this.#flags = this.#outer.pop() ?? this.#flags;
    const counts = this.#take(/\{\s*,\s*(\d+)\s*\}/y);
    if (counts !== null) return `{0,${counts[1] ?? ''}}`;
    if (this.#flags.isVerbose && this.#take(/\s+|#[^\n]*/y) !== null) return '';
    this.#at++;
    return char;
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }

  #escape(isInClass: boolean): string {
    const point = this.#take(/\\[uU](?:\{\s*([0-9A-Fa-f]+)\s*\}|([0-9A-Fa-f]{8}|[0-9A-Fa-f]{4}))/y);
    if (point !== null) return `\\x{${point[1] ?? point[2] ?? ''}}`;
    const border = this.#take(/\\(?:[<>]|b\{[^}]*\})/y);
    if (border !== null) throw new Error(`the start or end of a word (${border[0]}) has no translation`);
    const letter = this.#source.charAt(this.#at + 1);
    this.#at += 2;
    const classes = this.#classes;
    switch (letter) {
      case 'w':
      case 'd':
      case 's':
        return isInClass ? classes[letter] : bracketed('', classes[letter]);
      case 'W':
      case 'D':
      case 'S':
        if (isInClass) return classes[letter]();
        return bracketed('^', classes[letter === 'W' ? 'w' : letter === 'D' ? 'd' : 's']);
      default:
        return `\\${letter}`;
    }
  }

  /** The start of a group, or flags for the rest of the one around. */
  #group(): string {
    const flags = this.#take(/\(\?([A-Za-z]*)(-[A-Za-z]*)?([:)])/y);
    if (flags === null) {
      this.#outer.push(this.#flags);
      this.#at++;
      const named = this.#take(/\?P?<\w+>/y)?.[0] ?? '';
      return `(${named}`;
    }
    const [, on = '', off = '', end] = flags;
    if (`${on}${off}`.includes('R')) throw new Error('the flag R has no translation');
    if (end === ':') this.#outer.push(this.#flags);
    const { isVerbose, isUnicode } = this.#flags;
    this.#flags = {
      isVerbose: on.includes('x') || (isVerbose && !off.includes('x')),
      isUnicode: on.includes('u') || (isUnicode && !off.includes('u')),
    };
    const [kept, removed] = [on, off].map((letters) => letters.replace(/[ux]/g, ''));
    const text = `${kept ?? ''}${removed === '-' ? '' : (removed ?? '')}`;
    return text === '' ? (end === ':' ? '(?:' : '') : `(?${text}${end ?? ''}`;
  }

  #class(): string {
    // A bracket that is first in brackets is itself.
    let result = (this.#take(/\[\^?(?:\])?/y)?.[0] ?? '').replace(/\]$/, '\\]');
    while (this.#at < this.#source.length) {
      const char = this.#source.charAt(this.#at);
      if (char === '\\') {
        result += this.#escape(true);
        continue;
      }
      const posix = this.#take(/\[:\^?[a-z]+:\]/y);
      if (posix !== null) {
        result += posix[0];
        continue;
      }
      const operator = this.#take(/&&|--|~~|\[/y);
      if (operator !== null)
        throw new Error(`a class in a class, and operators as ${operator[0]} in one, have no translation`);
      if (this.#flags.isVerbose && this.#take(/\s+|#[^\n]*/y) !== null) continue;
      this.#at++;
      result += char;
      if (char === ']') return result;
    }
    return result;
  }
}

/** A class as it is written outside of brackets. */
function bracketed(not: string, items: string): string {
  if (/^\\[wd]$/.test(items)) return not === '' ? items : items.toUpperCase();
  return `[${not}${items}]`;
}
