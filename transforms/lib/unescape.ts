/** The letters of JSON. Those that Go alone has (`\a`, `\v`) are far more often a path of Windows than a bell. */
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

/** Go writes `\x` for control characters, and for bytes that are no text. `C:\x64` is a path. */
const ESCAPE = /\\(?:u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|x([01][\dA-Fa-f]|7[Ff])|(.))/gs;
const CODE_POINT_MAX = 0x10_ff_ff;

/**
 * What a text in quotes means. A backslash before anything else stays, as it does in paths of Windows. Half of a surrogate pair, which
 * no document can hold, becomes U+FFFD.
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
