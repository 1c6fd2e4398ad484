import { RE2JS } from 're2js';

/** A lookbehind of one character, as in the known patterns. */
const NEGATIVE = /\(\?<!(\[(?:\\.|[^\]\\[])*\]|\\[^pPwWdDsS]|[^\\()[\]])\)/y;
const GROUP = /\((?:\?(?:P<\w+>|<[=!]|[a-z-]*:))?/y;
const FLAGS = /\(\?[a-z-]+\)/y;
const CLASS = /\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]/y;
const ESCAPE = /\\(?:[pP]\{\w+\}|x\{\w+\}|x\w\w|[\s\S])/y;
const REPEATED = /\{\d*,?\d*\}|[*?]/y;
/** Escapes that stand for one character. */
const ESCAPED: Readonly<Record<string, string>> = { s: ' ', t: '\t', n: '\n', r: '\r' };

/** Marks the position before the expression, where any character is possible. */
const START = '';

/**
 * Removes unnecessary negative lookbehinds, because they force the engine into its slowest mode. A lookbehind
 * that cannot fail, because the character before it is known, is removed: ` (?<![0-9])[0-9]+` is ` [0-9]+`. A
 * lookbehind at the start of every match is replaced by a character in the match: only the positions of
 * groups are used, not the start of the match.
 *
 * @param pattern in RE2's syntax
 */
export function withoutNeedlessLookbehinds(pattern: string): string {
  if (!pattern.includes('(?<!')) return pattern;
  const kept: string[] = [];
  /** The previous character, undefined if several are possible; and the one before each open group. */
  let before: string | undefined = START;
  const opened: (string | undefined)[] = [];
  /** The position of the lookbehind at the start of the expression, and the negation of its class. */
  let first: { readonly at: number; readonly others: string } | undefined;
  /** Whether every match passes it. */
  let everyMatch = true;
  for (const [piece, operand, next] of piecesOf(pattern)) {
    if (operand !== undefined) {
      const needless = before !== undefined && before !== START && !RE2JS.matches(operand, before);
      if (before === START && operand.startsWith('[') && !operand.startsWith('[^'))
        first ??= { at: kept.length, others: `[^${operand.slice(1)}` };
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

type Piece = readonly [piece: string, operand: string | undefined, next: number];

/** The parts of a pattern, with the operand of a negative lookbehind, and the end position of each. */
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

/** The single character that a piece matches. */
function literalOf(piece: string): string | undefined {
  // The previous character is a line feed, or there is none.
  if (piece === '^') return '\n';
  if (/^\\[stnr]$/.test(piece)) return ESCAPED[piece.charAt(1)];
  if (/^\\[^\w]$/.test(piece)) return piece.charAt(1);
  return piece.length === 1 && !'$.*?+'.includes(piece) ? piece : undefined;
}
