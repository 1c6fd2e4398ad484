import { type Event, type MergeOptions, mergeInto, parserOptions, textAt } from 'logweir';
import { z } from 'zod';
import { zoneOption } from './time/zone.ts';

/** The options of parsers for whole lines, whose message takes the place of the line. */
export const lineOptions = {
  ...parserOptions,
  overwrite: z
    .boolean()
    .default(true)
    .describe(
      "Whether a part replaces a field that is there already, as the line's message does with the line.",
    ),
  zone: zoneOption,
};

/** Parses the text of a field and merges what is found into the event, which stays as it is where there is nothing. */
export function parseField(
  event: Event,
  options: MergeOptions & { readonly field: string },
  parse: (text: string) => Event | undefined,
): Event {
  const text = textAt(event, options.field);
  const parsed = text === undefined ? undefined : parse(text);
  return parsed === undefined ? event : mergeInto(event, parsed, options);
}
