import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LINES_AROUND = 2;
const OWN_SOURCES = fileURLToPath(new URL('..', import.meta.url));

/** Where in a file something is wrong; lines and columns count from 1. */
export interface Place {
  readonly path: string;
  readonly line: number;
  readonly column: number | undefined;
}

/**
 * The place that an error's stack names first among files of the user: not of Node, and not in `node_modules`.
 *
 * @param path the file to look for first
 */
export function placeOf(error: unknown, path: string): Place | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const places = stack.split('\n').flatMap((text) => placeIn(text) ?? []);
  return places.find((place) => place.path === path) ?? places.find(({ path: file }) => isOfUser(file));
}

/** The lines around a place, the line itself marked; empty where the file cannot be read. */
export function codeFrame({ path, line, column }: Place): string {
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

function placeIn(text: string): Place | undefined {
  const match = /((?:file:\/\/)?\/[^\s()]*?\.[mc]?[jt]s)(?:\?[^\s:()]*)?:(\d+)(?::(\d+))?/.exec(text);
  if (match === null) return undefined;
  const [, file = '', line, column] = match;
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  return { path, line: Number(line), column: column === undefined ? undefined : Number(column) };
}

function isOfUser(path: string): boolean {
  return !path.includes('/node_modules/') && !path.startsWith(OWN_SOURCES);
}
