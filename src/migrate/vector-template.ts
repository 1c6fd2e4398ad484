import { parseVrl } from './vrl/parser.ts';

/** A part of a template of Vector, such as `app-{{ service }}-%Y.%m.%d`. */
export type TemplatePart =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'field'; readonly path: readonly (string | number)[] }
  /** Formats of strftime, with the text between them. */
  | { readonly is: 'date'; readonly format: string };

const DATES: Readonly<Record<string, string>> = {
  '%Y': 'yyyy',
  '%m': 'MM',
  '%d': 'dd',
  '%H': 'HH',
  '%F': 'yyyy-MM-dd',
};

/** Splits a template. Vector formats dates first; what is between braces is a path. */
export function splitVectorTemplate(template: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  for (const piece of template.split(/(\{\{[^{}]+\}\})/)) {
    const path = /^\{\{\s*([^{}]+?)\s*\}\}$/.exec(piece)?.[1];
    if (path !== undefined) {
      parts.push({ is: 'field', path: pathOf(path) });
      continue;
    }
    // A run of dates with punctuation between them is one date.
    for (const text of piece.split(/((?:%[-_0]?[A-Za-z%])(?:[^%A-Za-z]?%[-_0]?[A-Za-z%])*)/))
      if (text !== '') parts.push(text.startsWith('%') ? { is: 'date', format: text } : { is: 'text', text });
  }
  return parts;
}

/** A path of Vector: `.a.b`, `a."b.c"`, `a[0]`. */
export function pathOf(path: string): readonly (string | number)[] {
  const trimmed = path.trim();
  try {
    const [query] = parseVrl(/^[.%]/.test(trimmed) ? trimmed : `.${trimmed}`).body;
    if (query?.kind === 'query' && query.target === 'event') return query.path;
  } catch {
    // Older versions of Vector allowed more in paths, like dashes.
  }
  return trimmed.replace(/^\./, '').replaceAll(/["\\]/g, '').split('.');
}

/** A path in Logweir's configuration; null for one that it cannot express. */
export function dotted(path: readonly (string | number)[]): string | null {
  return path.every((segment) => typeof segment === 'string' && !/[{}|]/.test(segment)) && path.length > 0
    ? path.join('.')
    : null;
}

/**
 * The template in Logweir's notation: dates come from `timeField`, else from the record.
 *
 * @returns null if it needs code
 */
export function logweirTemplate(parts: readonly TemplatePart[], timeField: string): string | null {
  let template = '';
  for (const part of parts) {
    if (part.is === 'text') template += part.text;
    else if (part.is === 'field') {
      const path = dotted(part.path);
      if (path === null) return null;
      template += `{{${path}}}`;
    } else {
      const format = dateFormat(part.format);
      if (format === null) return null;
      template += `{{${timeField}|${format}}}`;
    }
  }
  return template;
}

function dateFormat(format: string): string | null {
  const tokens = format.split(/(%[-_0]?[A-Za-z%])/).filter((token) => token !== '');
  const made = tokens.map((token) => (token.startsWith('%') ? (DATES[token] ?? null) : token));
  return made.includes(null) ? null : made.join('');
}

/** The first names of the fields of a template. */
export function fieldsOf(parts: readonly TemplatePart[]): string[] {
  return parts.flatMap((part) => (part.is === 'field' ? [String(part.path[0])] : []));
}
