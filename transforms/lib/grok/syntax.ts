/** Translates the grok extensions of regular expressions into RE2. */
export interface GrokParts {
  /** `(?<field>`. @returns the opening of the group */
  group(field: string): string;
  /** `%{NAME:field:type}`. @returns the whole group */
  reference(name: string, field: string | undefined, type: string | undefined): string;
}

/** `[outer][name]`, or a plain name. */
const FIELD = String.raw`(?:\[[^[\]{}]+\])+|[\w@.-]+`;
const REFERENCE = new RegExp(String.raw`%\{(\w+)(?::(${FIELD}))?(?::(\w+))?\}`, 'y');
const NAMED_GROUP = new RegExp(String.raw`\(\?(?:P?<(${FIELD})>|'(${FIELD})')`, 'y');
/** Flags of Oniguruma's Ruby syntax: its `m` is `s` in RE2. */
const FLAGS = /\(\?([imx]*)(?:-([imx]*))?([:)])/y;
const POSIX_CLASS = /\[:\^?[a-z]+:\]/y;
const WORD_CHARACTERS = String.raw`\p{L}\p{M}\p{N}_`;

/**
 * Translates the syntax of Oniguruma, which Logstash and Elasticsearch use, into RE2's in one pass.
 *
 * @throws Error if the syntax is invalid, or the engine does not support it
 */
export function translateGrok(text: string, parts: GrokParts): string {
  let translated = '';
  let at = 0;
  while (at < text.length) {
    const [piece, end] = nextPiece(text, at, parts);
    translated += piece;
    at = end;
  }
  return translated;
}

type Piece = readonly [piece: string, end: number];

function nextPiece(text: string, at: number, parts: GrokParts): Piece {
  switch (text[at]) {
    case '\\':
      return escapePiece(text, at);
    case '[':
      return classPiece(text, at);
    case '(':
      return groupPiece(text, at, parts);
    case '%':
      return text[at + 1] === '{' ? referencePiece(text, at, parts) : ['%', at + 1];
    case '+':
    case '*':
    case '?':
      // Possessive: without it all texts that match the original still match, and a few more.
      return [text[at] ?? '', text[at + 1] === '+' ? at + 2 : at + 1];
    default:
      return [text[at] ?? '', at + 1];
  }
}

function escapePiece(text: string, at: number): Piece {
  const letter = text[at + 1];
  const known: Record<string, string> = {
    h: '[0-9A-Fa-f]',
    H: '[^0-9A-Fa-f]',
    w: `[${WORD_CHARACTERS}]`,
    W: `[^${WORD_CHARACTERS}]`,
    Z: String.raw`(?:\n?\z)`,
    R: String.raw`(?:\r\n|[\n\v\f\r\x{85}\x{2028}\x{2029}])`,
  };
  return [(letter !== undefined && known[letter]) || text.slice(at, at + 2), at + 2];
}

function classPiece(text: string, start: number): Piece {
  let piece = '[';
  let at = start + 1;
  if (text[at] === '^') {
    piece += '^';
    at++;
  }
  // A leading bracket is one of the characters.
  if (text[at] === ']') {
    piece += String.raw`\]`;
    at++;
  }
  let depth = 1;
  while (at < text.length) {
    const character = text[at] ?? '';
    POSIX_CLASS.lastIndex = at;
    const posix = character === '[' ? POSIX_CLASS.exec(text)?.[0] : undefined;
    if (posix !== undefined) {
      piece += posix;
      at += posix.length;
    } else if (character === '\\') {
      const letter = text[at + 1];
      piece += letter === 'w' ? WORD_CHARACTERS : letter === 'h' ? '0-9A-Fa-f' : text.slice(at, at + 2);
      at += 2;
    } else if (character === '[') {
      if (text[at + 1] === '^') throw unknown(text, at, 'a negated class inside a class');
      depth++;
      at++;
    } else if (character === ']') {
      at++;
      if (--depth === 0) return [`${piece}]`, at];
    } else if (character === '&' && text[at + 1] === '&') {
      throw unknown(text, at, 'an intersection of classes');
    } else {
      piece += character;
      at++;
    }
  }
  throw unknown(text, start, 'a class that is not closed');
}

function groupPiece(text: string, at: number, parts: GrokParts): Piece {
  if (text[at + 1] !== '?') return ['(', at + 1];
  for (const lookahead of ['(?=', '(?!']) {
    if (text.startsWith(lookahead, at))
      throw unknown(text, at, 'a lookahead, which an engine with linear time does not support');
  }
  for (const lookbehind of ['(?<=', '(?<!']) {
    if (text.startsWith(lookbehind, at)) return [lookbehind, at + lookbehind.length];
  }
  if (text.startsWith('(?:', at)) return ['(?:', at + 3];
  // Atomic: without it all texts that match the original still match, and a few more.
  if (text.startsWith('(?>', at)) return ['(?:', at + 3];
  if (text.startsWith('(?#', at)) {
    const end = text.indexOf(')', at);
    if (end === -1) throw unknown(text, at, 'a comment that is not closed');
    return ['', end + 1];
  }
  NAMED_GROUP.lastIndex = at;
  const named = NAMED_GROUP.exec(text);
  if (named !== null) return [parts.group(named[1] ?? named[2] ?? ''), at + named[0].length];
  FLAGS.lastIndex = at;
  const flags = FLAGS.exec(text);
  if (flags !== null) return [flagsOf(flags, text, at), at + flags[0].length];
  throw unknown(text, at, 'an unknown kind of group');
}

function flagsOf([, on = '', off = '', end = '']: RegExpExecArray, text: string, at: number): string {
  if (on.includes('x') || off.includes('x')) throw unknown(text, at, 'the flag x');
  const translated = (flags: string): string => flags.replace('m', 's');
  return `(?${translated(on)}${off === '' ? '' : `-${translated(off)}`}${end}`;
}

function referencePiece(text: string, at: number, parts: GrokParts): Piece {
  REFERENCE.lastIndex = at;
  const found = REFERENCE.exec(text);
  if (found === null)
    throw unknown(text, at, 'a reference other than %{NAME}, %{NAME:field} and %{NAME:field:type}');
  return [parts.reference(found[1] ?? '', found[2], found[3]), at + found[0].length];
}

function unknown(text: string, at: number, what: string): Error {
  return new Error(`at character ${at + 1} of the grok expression '${text}': ${what}`);
}
