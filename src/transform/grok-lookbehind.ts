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

/**
 * Leaves out each negative lookbehind that cannot fail, since a character stands before it that is known: ` (?<![0-9])[0-9]+` is
 * ` [0-9]+`. With a lookbehind the engine must take its slowest way.
 *
 * @param pattern in RE2's syntax
 */
export function withoutNeedlessLookbehinds(pattern: string): string {
  if (!pattern.includes('(?<!')) return pattern;
  let kept = '';
  /** The character before, undefined where it may be one of several; and that before each group that is open. */
  let before: string | undefined;
  const opened: (string | undefined)[] = [];
  let at = 0;
  const next = (expression: RegExp): RegExpExecArray | undefined => {
    expression.lastIndex = at;
    return expression.exec(pattern) ?? undefined;
  };
  while (at < pattern.length) {
    const negative = next(NEGATIVE);
    const whole = (negative ?? next(FLAGS) ?? next(GROUP) ?? next(CLASS) ?? next(ESCAPE) ?? next(REPEATED))?.[0];
    const piece = whole ?? pattern.charAt(at);
    at += piece.length;
    if (negative !== undefined) {
      const needless = before !== undefined && !RE2JS.matches(negative[1] ?? '', before);
      if (!needless) kept += piece;
      continue;
    }
    kept += piece;
    if (piece.startsWith('(') && !piece.endsWith(')')) opened.push(before);
    else if (piece === '|') before = opened.at(-1);
    else if (piece === ')') {
      opened.pop();
      before = undefined;
    } else if (piece !== '+' && !piece.startsWith('(?')) before = literalOf(piece);
  }
  return kept;
}

/** The one character that a piece stands for. */
function literalOf(piece: string): string | undefined {
  // Nothing, or a line feed.
  if (piece === '^') return '\n';
  if (/^\\[stnr]$/.test(piece)) return ESCAPED[piece.charAt(1)];
  if (/^\\[^\w]$/.test(piece)) return piece.charAt(1);
  return piece.length === 1 && !'$.*?+'.includes(piece) ? piece : undefined;
}
