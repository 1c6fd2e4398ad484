import { z } from 'zod';
import { optionalText, text } from './schema-values.ts';

const endpoint = z
  .string()
  .default('')
  .refine(
    (value) => value === '' || (/^https?:\/\/[^/?#]/.test(value) && URL.canParse(value)),
    'must be a URL like http://collector:4318, or empty for none',
  )
  .refine(
    (value) => !URL.canParse(value) || new URL(value).username === '',
    'must not contain a login: write the header Authorization into the file of headers_file',
  )
  .describe(
    'Base URL of a collector that takes OTLP over HTTP, like `http://collector:4318`; `/v1/traces` is appended. ' +
      'Empty: no traces.',
  );

export const tracingSchema = z.strictObject({
  endpoint,
  sample_ratio: z
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('Ratio of bulk requests that get a span, 0 to 1.'),
  service_name: text.max(200).default('logweir').describe('`service.name` of the spans.'),
  headers_file: optionalText.describe(
    'File with HTTP headers for the collector, one a line as `Name: value`, such as a token. ' +
      'It is read again for each export.',
  ),
});
