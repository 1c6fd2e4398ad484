import type { Cell, Table, View } from '../admin/view-model.ts';
import { UNKNOWN, numberText } from '../admin/wording.ts';
import { printable } from './instance.ts';
import type { Pace } from './pace.ts';

/** Tables that are shown without rows, too: what they say then matters. */
const ALWAYS = new Set(['blocked', 'partitions']);
const FACT_COLUMNS = 36;

/** The view as lines, cut at a width in columns. */
export function screenOf({ title, summary, facts, tables }: View, pace: Pace, columns: number): string[] {
  const lines = [`logweir  ${title}`, '', ...wrapped(summary.sentence, columns)];
  if (summary.action !== null) lines.push(...wrapped(`What to do: ${summary.action}`, columns));
  lines.push('', ...factLines(facts, columns));
  for (const table of tables) {
    if (table.rows.length === 0 && !ALWAYS.has(table.id)) continue;
    lines.push('', ...tableLines(withPace(table, pace)));
  }
  return lines.map((line) => cut(printable(line), columns));
}

/** Facts side by side, in as many columns as there is room for. */
function factLines(facts: View['facts'], columns: number): string[] {
  const each = Math.max(1, Math.floor(columns / FACT_COLUMNS));
  const texts = facts
    .filter(({ value }) => value !== UNKNOWN)
    .map(({ label, value }) => `${label}: ${value}`);
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const text of texts) {
    const cells = Math.ceil((text.length + 2) / FACT_COLUMNS);
    if (used > 0 && used + cells > each) {
      lines.push(line.trimEnd());
      line = '';
      used = 0;
    }
    line += text.padEnd(cells * FACT_COLUMNS);
    used += cells;
  }
  if (line !== '') lines.push(line.trimEnd());
  return lines;
}

/** Charts have no place in a terminal; the rate since the last look takes it. */
function withPace(table: Table, pace: Pace): Table {
  const shown = table.columns.map((_, index) => table.rows.every((row) => row[index]?.chart === undefined));
  const rateOf = (row: readonly Cell[], index: number): number | null | undefined =>
    table.id === 'partitions' ? pace.partitions.get(row[0]?.text ?? '') : pace.transforms[index];
  const isPaced = table.id === 'partitions' || table.id === 'transforms';
  const extra = (text: string): Cell[] => (isPaced ? [{ text }] : []);
  return {
    ...table,
    columns: [...table.columns.filter((_, index) => shown[index]), ...(isPaced ? ['Rate'] : [])],
    rows: table.rows.map((row, index) => {
      const rate = rateOf(row, index);
      const text = rate === null || rate === undefined ? UNKNOWN : `${numberText(rate)} /s`;
      return [...row.filter((_, column) => shown[column]), ...extra(text)];
    }),
  };
}

function tableLines({ title, columns, rows, empty }: Table): string[] {
  if (rows.length === 0) return [`${title}: ${empty}`];
  const texts = [columns, ...rows.map((row) => row.map(({ text }) => text))];
  const widths = columns.map((_, column) => Math.max(...texts.map((row) => (row[column] ?? '').length)));
  const lines = texts.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [title, ...lines.map((line) => `  ${line}`)];
}

/** At spaces, where that is possible. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function cut(line: string, columns: number): string {
  return line.length > columns ? `${line.slice(0, columns - 1)}…` : line;
}
