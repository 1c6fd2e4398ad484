import { z } from 'zod';

const path = z.string().min(1);

/** The options that every transform has that parses a text. */
export const parserOptions = {
  field: path.default('message').describe('The field that holds the text.'),
  target: path
    .optional()
    .describe('Where what is parsed goes, as an object; the top level of the event if left out.'),
  overwrite: z
    .boolean()
    .default(false)
    .describe('Whether what is parsed replaces a field that is already there.'),
};
