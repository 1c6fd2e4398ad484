/** A part of a string literal: text, or a variable in `{{ }}`. */
export type StringPart = string | { readonly variable: string };

const SIMPLE: Readonly<Record<string, string>> = {
  "'": "'",
  '"': '"',
  '\\': '\\',
  n: '\n',
  r: '\r',
  t: '\t',
  '0': '\0',
  '{': '{',
  '}': '}',
};

/** An escape sequence that VRL does not have. `at` is the offset in the literal. */
export class BadEscape extends Error {
  readonly at: number;

  constructor(problem: string, at: number) {
    super(problem);
    this.at = at;
  }
}

/**
 * Resolves the escapes of a string literal and splits it at its templates.
 *
 * @param text what stands between the quotes
 * @throws BadEscape
 */
export function stringParts(text: string): StringPart[] {
  const parts: StringPart[] = [];
  let literal = '';
  for (let at = 0; at < text.length;) {
    const template = /^\{\{\s*([^}]*?)\s*\}\}/.exec(text.slice(at, at + 1024));
    if (template !== null) {
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push({ variable: template[1] ?? '' });
      at += template[0].length;
    } else if (text.charAt(at) === '\\') {
      const [value, length] = unescape(text, at);
      literal += value;
      at += length;
    } else literal += text.charAt(at++);
  }
  if (literal !== '' || parts.length === 0) parts.push(literal);
  return parts;
}

/** @returns the character and the length of the sequence */
function unescape(text: string, at: number): readonly [string, number] {
  const next = text.charAt(at + 1);
  const braces = text.slice(at + 1, at + 3);
  if (braces === '{{' || braces === '}}') return [braces, 3];
  if (next === '\n') return ['', 2 + (/^\s*/.exec(text.slice(at + 2))?.[0].length ?? 0)];
  if (next === 'u') {
    const found = /^\\u\{([0-9a-fA-F]{1,6})\}/.exec(text.slice(at, at + 12));
    const code = Number.parseInt(found?.[1] ?? '', 16);
    if (found === null || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
      throw new BadEscape('a Unicode escape is written \\u{1F600}, with 1 to 6 hexadecimal digits', at);
    return [String.fromCodePoint(code), found[0].length];
  }
  const simple = SIMPLE[next];
  if (simple === undefined) {
    throw new BadEscape(
      `\\${next} is no escape sequence of VRL; a backslash itself is written \\\\, or use a raw string s'…'`,
      at,
    );
  }
  return [simple, 2];
}
