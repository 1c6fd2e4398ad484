import { z } from 'zod';
import { fieldAt } from '../../codec/field-path.ts';

const path = z.string().min(1);

/** The options of every transform that parses a text. */
export const parserOptions = {
  field: path.default('message').describe('The field with the text.'),
  target: path
    .optional()
    .describe(
      'The path of an object for the parsed fields; by default the top level of the event. May be the field itself.',
    ),
  overwrite: z.boolean().default(false).describe('Whether parsed fields replace existing ones.'),
  conflicts: path
    .default('parsed')
    .describe(
      'Without `overwrite`, the path of an object for parsed fields that differ from existing ones, such as the `timestamp` and `host` of an application and those of the agent. Its existing fields stay too: a parsed field of the same name gets the suffix `_2`.',
    ),
};

const BYTE_ORDER_MARK = '\uFEFF';

/** The text at a path, without a byte order mark (the first line of a file from Windows may have one). */
export function textAt(event: Record<string, unknown>, field: string): string | undefined {
  const text = fieldAt(event, field);
  if (typeof text !== 'string') return undefined;
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}
