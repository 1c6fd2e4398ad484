/** The escapes of JSON. Those of Go only (`\a`, `\v`) are much more often part of a Windows path. */
const LETTERS: Record<string, string> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Go writes `\x` for control characters and for bytes that are not text. `C:\x64` is a path. */
const ESCAPE = /\\(?:u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|x([01][\dA-Fa-f]|7[Ff])|(.))/gs;
const CODE_POINT_MAX = 0x10_ff_ff;

/**
 * The value of a quoted text. A backslash before any other character is kept, as in Windows paths. Half of a
 * surrogate pair becomes U+FFFD, as no document can contain it.
 */
export function unescapeQuoted(text: string): string {
  if (!text.includes('\\')) return text;
  let hasUnits = false;
  const plain = text.replaceAll(
    ESCAPE,
    (whole, unit?: string, point?: string, byte?: string, letter?: string) => {
      if (letter !== undefined) return LETTERS[letter] ?? whole;
      hasUnits = true;
      const code = Number.parseInt(unit ?? point ?? byte ?? '', 16);
      return code > CODE_POINT_MAX ? whole : String.fromCodePoint(code);
    },
  );
  return hasUnits ? plain.toWellFormed() : plain;
}
