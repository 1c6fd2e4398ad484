import { RE2JS } from 're2js';

/** A lookbehind at one character, as the patterns that are known have it. */
const NEGATIVE = /\(\?<!(\[(?:\\.|[^\]\\[])*\]|\\[^pPwWdDsS]|[^\\()[\]])\)/y;
const GROUP = /\((?:\?(?:P<\w+>|<[=!]|[a-z-]*:))?/y;
const FLAGS = /\(\?[a-z-]+\)/y;
const CLASS = /\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]/y;
const ESCAPE = /\\(?:[pP]\{\w+\}|x\{\w+\}|x\w\w|[\s\S])/y;
const REPEATED = /\{\d*,?\d*\}|[*?]/y;
/** What stands for itself behind a backslash, or is one character. */
const ESCAPED: Readonly<Record<string, string>> = { s: ' ', t: '\t', n: '\n', r: '\r' };

/** Stands for the character before the expression, which may be any. */
const START = '';

/**
 * Leaves out the negative lookbehinds that need not be: with one the engine must take its slowest way. One that cannot fail goes, since a
 * character stands before it that is known: ` (?<![0-9])[0-9]+` is ` [0-9]+`. One with which every match begins becomes a character that
 * is part of the match, since nobody sees where a match begins, only where its groups do.
 *
 * @param pattern in RE2's syntax
 */
export function withoutNeedlessLookbehinds(pattern: string): string {
  if (!pattern.includes('(?<!')) return pattern;
  const kept: string[] = [];
  /** The character before, undefined where it may be one of several; and that before each group that is open. */
  let before: string | undefined = START;
  const opened: (string | undefined)[] = [];
  /** Where the lookbehind stands with which the expression begins, and the class in it. */
  let first: { readonly at: number; readonly others: string } | undefined;
  /** Whether there is no way around it. */
  let everyMatch = true;
  for (const [piece, behind, next] of piecesOf(pattern)) {
    if (behind !== undefined) {
      const needless = before !== undefined && before !== START && !RE2JS.matches(behind, before);
      if (before === START && behind.startsWith('[') && !behind.startsWith('[^'))
        first ??= { at: kept.length, others: `[^${behind.slice(1)}` };
      if (!needless) kept.push(piece);
      continue;
    }
    kept.push(piece);
    if (piece.startsWith('(') && !piece.endsWith(')')) opened.push(before);
    else if (piece === '|') {
      before = opened.length === 0 ? START : opened.at(-1);
      everyMatch &&= before !== START;
    } else if (piece === ')') {
      if (opened.pop() === START && /^[?*{]/.test(pattern.slice(next, next + 1))) everyMatch = false;
      before = undefined;
    } else if (piece !== '+' && !piece.startsWith('(?')) before = literalOf(piece);
  }
  if (first === undefined || !everyMatch) return kept.join('');
  kept.splice(first.at, 1);
  return String.raw`(?:\A|${first.others})${kept.join('')}`;
}

type Piece = readonly [piece: string, behind: string | undefined, next: number];

/** The parts of a pattern, with what a negative lookbehind looks at, and where each ends. */
function* piecesOf(pattern: string): Generator<Piece> {
  for (let at = 0; at < pattern.length;) {
    const found = [NEGATIVE, FLAGS, GROUP, CLASS, ESCAPE, REPEATED].map((expression) => {
      expression.lastIndex = at;
      return expression.exec(pattern);
    });
    const [piece = pattern.charAt(at)] = found.find((one) => one !== null) ?? [];
    at += piece.length;
    yield [piece, found[0]?.[1], at];
  }
}

/** The one character that a piece stands for. */
function literalOf(piece: string): string | undefined {
  // Nothing, or a line feed.
  if (piece === '^') return '\n';
  if (/^\\[stnr]$/.test(piece)) return ESCAPED[piece.charAt(1)];
  if (/^\\[^\w]$/.test(piece)) return piece.charAt(1);
  return piece.length === 1 && !'$.*?+'.includes(piece) ? piece : undefined;
}
