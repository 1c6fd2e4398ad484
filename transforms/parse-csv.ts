import { type Event, define, defineTransform, mergeInto, parserOptions, textAt } from 'logweir';
import { z } from 'zod';
import { firstRow } from './lib/csv.ts';

export default defineTransform({
  lazy: true,
  description:
    'Parses a row of comma-separated values and merges its columns, as text, into the event. Values may be in double quotes, with `""` for a quote inside. Values without a column name are called `column1`, `column2` and so on, by position; an empty value is an empty text. Only the first of several rows is parsed, and the text is then kept. A text with an unclosed quote, or with more than 10,000 values, is left unchanged.',
  options: z.strictObject({
    ...parserOptions,
    columns: z
      .array(z.string().min(1))
      .refine((names) => new Set(names).size === names.length, 'a name occurs twice')
      .check(({ value, issues }) => {
        const taken = value.find((name) => isNameBeyond(name, value.length));
        if (taken === undefined) return;
        const message = `'${taken}' is the default name of a later value`;
        issues.push({ code: 'custom', message, input: value });
      })
      .default([])
      .describe('The names of the columns, in order. A row may have fewer, or more.'),
    delimiter: z
      .string()
      .length(1)
      .refine((character) => !'"\r\n'.includes(character), 'neither a quote nor the end of a line')
      .default(',')
      .describe('The character between two values.'),
    trim: z.boolean().default(false).describe('Whether to remove white space around values.'),
    remove: z.boolean().default(false).describe('Whether to remove the text after parsing.'),
  }),
  examples: [
    {
      title: 'Names for the first columns',
      with: { columns: ['time', 'user', 'action'], remove: true },
      input: [{ message: '2026-11-22T08:26:44Z,ada,"said ""hi"", left",17' }],
      output: [{ time: '2026-11-22T08:26:44Z', user: 'ada', action: 'said "hi", left', column4: '17' }],
    },
    {
      title: 'Another delimiter, under a target',
      with: { delimiter: ';', target: 'row', trim: true },
      input: [{ message: '7; "a;b" ;' }],
      output: [{ message: '7; "a;b" ;', row: { column1: '7', column2: 'a;b', column3: '' } }],
    },
  ],
  setup({ columns, delimiter, trim, ...options }) {
    return (event) => {
      const text = textAt(event, options.field);
      const row = text === undefined ? undefined : firstRow(text, { delimiter, trim });
      if (row === undefined) return event;
      const parsed: Event = {};
      for (const [at, value] of row.values.entries()) define(parsed, columns[at] ?? `column${at + 1}`, value);
      return mergeInto(event, parsed, { ...options, remove: options.remove && row.isOnly });
    };
  },
});

/** Whether this is the default name of a value after the named columns. */
function isNameBeyond(name: string, columns: number): boolean {
  const [, place] = /^column([1-9]\d{0,4})$/.exec(name) ?? [];
  return place !== undefined && Number(place) > columns;
}
