/**
 * The values of the first row that is not empty, as Rust's `csv` reads them: what follows a closing quote
 * belongs to the value, and a quote that is not closed ends with the text.
 *
 * @param delimiter one character
 */
export function firstRecord(text: string, delimiter: string): string[] {
  let at = 0;
  while (isLineEnd(text[at])) at++;
  if (at === text.length) return [];
  const values: string[] = [];
  for (;;) {
    let value = '';
    if (text[at] === '"') {
      const quoted = quotedAt(text, at + 1);
      value = quoted.value;
      at = quoted.end;
    }
    const start = at;
    while (at < text.length && text[at] !== delimiter && !isLineEnd(text[at])) at++;
    values.push(value + text.slice(start, at));
    if (text[at] !== delimiter) return values;
    at++;
  }
}

/** What stands up to the closing quote, and where the text goes on. */
function quotedAt(text: string, start: number): { value: string; end: number } {
  let value = '';
  for (let at = start; ;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return { value: value + text.slice(at), end: text.length };
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    at = quote + 2;
  }
}

function isLineEnd(char: string | undefined): boolean {
  return char === '\n' || char === '\r';
}
