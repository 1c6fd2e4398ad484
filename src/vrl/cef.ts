import { asString } from './types.ts';
import { type Fields, fieldOf, setField, VrlError } from './values.ts';

const HEADER = [
  'cefVersion',
  'deviceVendor',
  'deviceProduct',
  'deviceVersion',
  'deviceEventClassId',
  'name',
  'severity',
];

/** ArcSight's Common Event Format. With `translateCustomFields`, `cs1` gets the name that `cs1Label` says. */
export function parseCef(
  value: unknown,
  {
    translateCustomFields = false,
  }: { readonly translateCustomFields?: unknown; readonly strict?: unknown } = {},
): Fields {
  const text = asString(value);
  const start = text.indexOf('CEF:');
  if (start < 0) throw new VrlError('Could not parse whole line successfully');
  const parts = headerParts(text.slice(start + 4));
  if (parts.length < HEADER.length) throw new VrlError('Could not parse whole line successfully');
  const fields: Fields = {};
  HEADER.forEach((name, n) => setField(fields, name, (parts[n] ?? '').replace(/\\([\\|])/g, '$1')));
  for (const [key, one] of extension(parts[HEADER.length] ?? '')) setField(fields, key, one);
  return translateCustomFields === true ? translated(fields) : fields;
}

/** The seven parts of the header, and the extension. */
function headerParts(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length && parts.length < HEADER.length; at++) {
    if (text.charAt(at) === '\\') at++;
    else if (text.charAt(at) === '|') {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

function* extension(text: string): Generator<readonly [string, string]> {
  const found = [...text.matchAll(/(?:^|\s)([\w.[\]-]+)=/g)];
  for (const [n, one] of found.entries()) {
    const from = one.index + one[0].length;
    const raw = text.slice(from, found[n + 1]?.index ?? text.length).trim();
    yield [
      one[1] ?? '',
      raw
        .replace(/\\([\\=|])/g, '$1')
        .replaceAll('\\n', '\n')
        .replaceAll('\\r', '\r'),
    ];
  }
}

function translated(fields: Fields): Fields {
  const result: Fields = {};
  for (const [key, value] of Object.entries(fields)) {
    if (key.endsWith('Label') && fieldOf(fields, key.slice(0, -5)) !== undefined) continue;
    const label = fieldOf(fields, `${key}Label`);
    setField(result, typeof label === 'string' ? label : key, value);
  }
  return result;
}
