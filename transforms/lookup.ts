import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { type Event, define, defineTransform, fieldAt, setAt } from 'logweir';
import { z } from 'zod';
import { textOf } from './lib/text-of.ts';

const ROWS_MAX = 1_000_000;

export default defineTransform({
  lazy: true,
  description:
    'Looks up a value in a CSV file and adds the columns of its row. The file is read when the chain is loaded: reload after a change.',
  options: z.strictObject({
    file: z
      .string()
      .min(1)
      .describe('The path of a CSV file with a header line, relative to the configuration.'),
    key: z.string().min(1).describe('The column to search.'),
    field: z.string().min(1).describe("The event's field with the value to look up."),
    target: z.string().min(1).describe('The path of an object for the row.'),
    columns: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('The columns to add; by default all except the key.'),
  }),
  setup({ file, key, field, target, columns }, { directory }) {
    const path = resolve(directory, file);
    const rows = parse(readFileSync(path), {
      columns: true,
      skip_empty_lines: true,
      bom: true,
      to: ROWS_MAX,
    }) as Record<string, string>[];
    const known = Object.keys(rows[0] ?? {});
    const missing = [key, ...(columns ?? [])].filter((column) => !known.includes(column));
    if (missing.length > 0)
      throw new Error(`${path} has no column ${missing.join(', ')}; it has ${known.join(', ') || 'none'}`);
    const wanted = columns ?? known.filter((column) => column !== key);
    const byKey = new Map(rows.map((row) => [row[key], row]));
    return (event) => {
      const value = textOf(fieldAt(event, field));
      const row = value === undefined ? undefined : byKey.get(value);
      if (row === undefined) return event;
      const found: Event = {};
      for (const column of wanted) define(found, column, row[column]);
      setAt(event, target, found);
      return event;
    };
  },
});
