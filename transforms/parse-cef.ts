import { type Event, define, defineTransform, hasKey, parserOptions } from 'logweir';
import { z } from 'zod';
import { parseField } from './lib/parse-field.ts';
import { addRepeated } from './lib/repeated.ts';

/** The standard's names of the header fields. */
const HEADER = [
  'deviceVendor',
  'deviceProduct',
  'deviceVersion',
  'deviceEventClassId',
  'name',
  'severity',
] as const;

const START = /(?<!\w)CEF: ?(\d{1,3}(?:\.\d{1,3})?)\|/;
/** A header field without the bar at its end. */
const PART = /[^|\\]*(?:\\.[^|\\]*)*/sy;
/** Starts a pair of the extension. An invalid name (`a?b=` in a URL) belongs to the previous value. */
const KEY = /(?<!\S)([\p{L}\p{N}_][\p{L}\p{N}_.-]*(?:\[\d{1,9}\])?)=/gu;
const CUSTOM_LABEL =
  /^(c6a[1-4]|cfp[1-4]|cn[1-3]|cs[1-6]|deviceCustomDate[12]|flexDate1|flexNumber[12]|flexString[12])Label$/;

export default defineTransform({
  lazy: true,
  description:
    "Parses a line of ArcSight's Common Event Format and merges its parts, as text, into the event, under the names of the format. Text before `CEF:`, such as a syslog header, is skipped. Values may contain spaces, and a repeated key becomes a list. A text without a complete header is left unchanged.",
  options: z.strictObject({
    ...parserOptions,
    labels: z
      .boolean()
      .default(false)
      .describe(
        'Whether custom fields are named by their labels: `cs1Label=Rule cs1=deny` becomes `Rule: "deny"`.',
      ),
    remove: z.boolean().default(false).describe('Whether to remove the text after parsing.'),
  }),
  examples: [
    {
      title: 'With a syslog header, escapes, and custom fields named by their labels',
      with: { target: 'cef', labels: true, remove: true },
      input: [
        {
          message: String.raw`Nov 22 08:26:44 fw-1 CEF:0|Acme|Wall|1.2|100|Port \| scan|7|src=203.0.113.7 msg=3 ports\nof 10.0.0.1 cs1Label=Rule cs1=deny \= all`,
        },
      ],
      output: [
        {
          cef: {
            cefVersion: '0',
            deviceVendor: 'Acme',
            deviceProduct: 'Wall',
            deviceVersion: '1.2',
            deviceEventClassId: '100',
            name: 'Port | scan',
            severity: '7',
            src: '203.0.113.7',
            msg: '3 ports\nof 10.0.0.1',
            Rule: 'deny = all',
          },
        },
      ],
    },
  ],
  setup({ labels, ...options }) {
    const parse = (text: string): Event | undefined => {
      const parsed = parseCef(text);
      if (labels && parsed !== undefined) foldLabels(parsed);
      return parsed;
    };
    return (event) => parseField(event, options, parse);
  },
});

/** Reads each character a fixed number of times. @returns undefined if the header is incomplete */
function parseCef(text: string): Event | undefined {
  const start = START.exec(text);
  if (start === null) return undefined;
  const found: Event = { cefVersion: start[1] };
  let at = start.index + start[0].length;
  for (const name of HEADER) {
    PART.lastIndex = at;
    const part = PART.exec(text)?.[0] ?? '';
    at += part.length;
    // The last one may end with the text, unless it is empty.
    if (text[at] !== '|' && (name !== 'severity' || part === '')) return undefined;
    found[name] = plain(part.replaceAll(/\\([|\\])/g, '$1'));
    at++;
  }
  addExtension(found, text.slice(at));
  return found;
}

function addExtension(found: Event, text: string): void {
  let key: string | undefined;
  let start = 0;
  KEY.lastIndex = 0;
  for (let match = KEY.exec(text); match !== null; match = KEY.exec(text)) {
    if (key !== undefined) addRepeated(found, key, valueOf(text.slice(start, match.index)));
    key = match[1];
    start = KEY.lastIndex;
  }
  if (key !== undefined) addRepeated(found, key, valueOf(text.slice(start)));
}

/** A backslash before any other character is kept, as in Windows paths. */
function valueOf(text: string): string {
  return plain(
    text.replaceAll(/\\([\\=nr])/g, (_whole, char: string) => (char === 'n' || char === 'r' ? '\n' : char)),
  );
}

/** Without surrounding white space and quotes, which some devices write. */
function plain(text: string): string {
  const value = text.trim();
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/** A label that names an existing field, or that has no field, is kept, so that nothing is lost. */
function foldLabels(found: Event): void {
  for (const key of Object.keys(found)) {
    const [, field] = CUSTOM_LABEL.exec(key) ?? [];
    const label = found[key];
    if (field === undefined || typeof label !== 'string' || label === '') continue;
    if (!hasKey(found, field) || hasKey(found, label)) continue;
    define(found, label, found[field]);
    delete found[key];
    delete found[field];
  }
}
