import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LINES_AROUND = 2;
const OWN_SOURCES = fileURLToPath(new URL('../..', import.meta.url));

/** The position of an error in a file; lines and columns count from 1. */
interface Position {
  readonly path: string;
  readonly line: number;
  readonly column: number | undefined;
}

/**
 * The first position in an error's stack that is in a file of the user: not of Node, and not in
 * `node_modules`.
 *
 * @param path a file whose positions are preferred
 */
export function positionOf(error: unknown, path: string): Position | undefined {
  return positionInStack(error instanceof Error ? (error.stack ?? '') : '', path);
}

/** As {@link positionOf}, for the text of a stack. */
export function positionInStack(stack: string, path: string): Position | undefined {
  const positions = stack.split('\n').flatMap((text) => positionIn(text) ?? []);
  return (
    positions.find((position) => position.path === path) ?? positions.find(({ path: file }) => isOfUser(file))
  );
}

/** The lines around a position, with a mark at the line itself; empty if the file cannot be read. */
export function codeFrame({ path, line, column }: Position): string {
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch {
    return '';
  }
  const lines = source.split('\n');
  const first = Math.max(1, line - LINES_AROUND);
  const shown = lines.slice(first - 1, line + LINES_AROUND);
  const width = String(first + shown.length - 1).length;
  const framed = shown.flatMap((text, index) => {
    const number = first + index;
    const row = `${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${text}`;
    if (number !== line || column === undefined) return [row];
    return [row, `  ${' '.repeat(width)} | ${' '.repeat(Math.max(0, column - 1))}^`];
  });
  return framed.join('\n');
}

function positionIn(text: string): Position | undefined {
  const match = /((?:file:\/\/)?\/[^\s()]*?\.[mc]?[jt]s)(?:\?[^\s:()]*)?:(\d+)(?::(\d+))?/.exec(text);
  if (match === null) return undefined;
  const [, file = '', line, column] = match;
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  return { path, line: Number(line), column: column === undefined ? undefined : Number(column) };
}

function isOfUser(path: string): boolean {
  return !path.includes('/node_modules/') && !path.startsWith(OWN_SOURCES);
}
