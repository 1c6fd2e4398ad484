import { type Event, define, defineTransform, holderOf, lastKey } from 'logweir';
import { z } from 'zod';

/**
 * Linear in the length of the text: each repetition is bounded, and a match that fails is not tried again a character later
 * but for the 64 that a local part may have (RFC 5321). What stands before or behind an address does not save it from
 * being found: in `…%26email%3Djane@example.com_2024` it is redacted with what is glued to it.
 */
const EMAIL = /[\w.%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}/g;

/** Replaces e-mail addresses in the given fields, or in every text of the event, however deep. */
export default defineTransform({
  options: z.strictObject({
    fields: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Dotted paths; every text of the event if left out.'),
    replacement: z.string().default('[redacted]'),
  }),
  setup({ fields, replacement }) {
    // A function, so that a $ in the replacement stands for itself.
    const redactText = (text: string): string =>
      text.includes('@') ? text.replaceAll(EMAIL, () => replacement) : text;
    return (event) => {
      if (fields === undefined) return redactInside(event, redactText) as Event;
      for (const path of fields) {
        const holder = holderOf(event, path);
        const key = lastKey(event, path);
        if (holder !== undefined) define(holder, key, redactInside(holder[key], redactText));
      }
      return event;
    };
  },
});

function redactInside(value: unknown, redactText: (text: string) => string): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    const before = holder[key];
    const after = redactInside(before, redactText);
    if (after !== before) define(holder, key, after);
  }
  return value;
}
