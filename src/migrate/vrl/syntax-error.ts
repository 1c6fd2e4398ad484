/** Where a piece of VRL stands in its program: character offsets, the end excluded. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A program that is not VRL. The message says what is wrong, where, and shows the line. */
export class VrlSyntaxError extends Error {
  override readonly name = 'VrlSyntaxError';
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;

  constructor(problem: string, source: string, { start, end }: Span) {
    const { line, column, text } = lineAt(source, start);
    const length = Math.max(1, Math.min(end - start, text.length - column + 1));
    const number = String(line);
    const margin = ' '.repeat(number.length);
    super(
      `line ${line}, column ${column}: ${problem}\n` +
        `${number} | ${text}\n${margin} | ${' '.repeat(column - 1)}${'^'.repeat(length)}`,
    );
    this.line = line;
    this.column = column;
  }
}

/** The line that contains a character offset. */
export function lineAt(source: string, offset: number): { line: number; column: number; text: string } {
  const before = source.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  const lineEnd = source.indexOf('\n', offset);
  return {
    line: before.split('\n').length,
    column: offset - lineStart + 1,
    text: source.slice(lineStart, lineEnd < 0 ? source.length : lineEnd).replace(/\r$/, ''),
  };
}
