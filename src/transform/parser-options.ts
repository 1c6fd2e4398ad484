import { z } from 'zod';
import { fieldAt } from '../codec/field-path.ts';

const path = z.string().min(1);

/** The options that every transform has that parses a text. */
export const parserOptions = {
  field: path.default('message').describe('The field that holds the text.'),
  target: path
    .optional()
    .describe(
      'Where what is parsed goes, as an object; the top level of the event if left out. May be the field itself.',
    ),
  overwrite: z
    .boolean()
    .default(false)
    .describe('Whether what is parsed replaces a field that is already there.'),
  conflicts: path
    .default('parsed')
    .describe(
      'Without `overwrite`, where a parsed field goes that meets another value: as `timestamp` and `host` of an application do beside those of the agent. An object; what it holds already stays too, the other one gets `_2` behind its name.',
    ),
};

const BYTE_ORDER_MARK = '\uFEFF';

/** The text at a path, without the byte order mark that the first line of a file from Windows has. */
export function textAt(event: Record<string, unknown>, field: string): string | undefined {
  const text = fieldAt(event, field);
  if (typeof text !== 'string') return undefined;
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}
