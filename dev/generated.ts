import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { root } from '../test/support/paths.ts';

/**
 * Writes a generated file. With --check on the command line it only compares the file, and sets exit code 1
 * if the file is not current.
 *
 * @param target of the Makefile that writes the file
 */
export function writeOrCheck(file: string, text: string, target: string): void {
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`${relative(root, file)} is not current: run make ${target}\n`);
    process.exitCode = 1;
  }
}

/**
 * Formats the text of a Markdown file as prettier does.
 *
 * @param isWrapped whether prose is wrapped at the width of the sources
 */
export async function formatMarkdown(file: string, text: string, isWrapped = false): Promise<string> {
  const options = { ...(await resolveConfig(file)), parser: 'markdown' };
  return await format(text, isWrapped ? { ...options, proseWrap: 'always' } : options);
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map(cell))];
  return lines.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** A text as the cell of a table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
