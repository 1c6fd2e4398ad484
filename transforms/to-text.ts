import { type Event, define, defineTransform, fieldAt, isRawJson, setAt } from 'logweir';
import { z } from 'zod';

export default defineTransform({
  lazy: true,
  description:
    'Converts the numbers and booleans in some fields to text, at all depths. Applications use different types: if one logs `level: 50` and another `level: info`, Elasticsearch maps the field by the first event and rejects the other. Numbers that no type of Elasticsearch can hold (`1e400`) become text too. Two conflicts remain: a text and an object, and a text and a date, in the same field. In these cases map the field as `flattened`.',
  options: z.strictObject({
    fields: z
      .array(z.string().min(1))
      .min(1)
      .describe('Dotted paths of fields, or of objects including all their fields.'),
    except: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Dotted paths inside them that are left unchanged, such as a number that all applications log as one.',
      ),
  }),
  examples: [
    {
      title: 'The fields of applications, except a duration',
      with: { fields: ['app'], except: ['app.latency_ms'] },
      input: [
        { app: { level: 50, ok: true, latency_ms: 41, pid: null, codes: [1, 'E2'] } },
        { app: { level: 'info' }, level: 3 },
      ],
      output: [
        { app: { level: '50', ok: 'true', latency_ms: 41, pid: null, codes: ['1', 'E2'] } },
        { app: { level: 'info' }, level: 3 },
      ],
    },
  ],
  setup({ fields, except }) {
    const kept = new Set(except);
    return (event) => {
      for (const field of fields) {
        const value = fieldAt(event, field);
        if (value === undefined || kept.has(field)) continue;
        const text = asText(value, field, kept);
        if (text !== value) setAt(event, field, text);
      }
      return event;
    };
  },
});

/** @returns the same value if nothing in it changes */
function asText(value: unknown, path: string, kept: ReadonlySet<string>): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (isRawJson(value)) return value.rawJSON;
  if (Array.isArray(value)) return mapped(value, path, kept);
  const fields = value as Event;
  let copy: Event | undefined;
  for (const key of Object.keys(fields)) {
    const inner = kept.size === 0 ? path : `${path}.${key}`;
    const text = kept.size > 0 && kept.has(inner) ? fields[key] : asText(fields[key], inner, kept);
    if (text === fields[key]) continue;
    copy ??= { ...fields };
    define(copy, key, text);
  }
  return copy ?? value;
}

function mapped(list: readonly unknown[], path: string, kept: ReadonlySet<string>): readonly unknown[] {
  const texts = list.map((one) => asText(one, path, kept));
  return texts.some((text, at) => text !== list[at]) ? texts : list;
}
