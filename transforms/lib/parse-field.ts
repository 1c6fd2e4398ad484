import { type Event, type MergeOptions, mergeInto, parserOptions, textAt } from 'logweir';
import { z } from 'zod';
import { zoneOption } from './time/zone.ts';

/** The options of parsers for whole lines, whose message replaces the line. */
export const lineOptions = {
  ...parserOptions,
  overwrite: z
    .boolean()
    .default(true)
    .describe("Whether parts replace existing fields, as the line's message replaces the line."),
  zone: zoneOption,
};

/** Parses the text of a field and merges the result into the event, if there is a result. */
export function parseField(
  event: Event,
  options: MergeOptions & { readonly field: string },
  parse: (text: string) => Event | undefined,
): Event {
  const text = textAt(event, options.field);
  const parsed = text === undefined ? undefined : parse(text);
  return parsed === undefined ? event : mergeInto(event, parsed, options);
}
