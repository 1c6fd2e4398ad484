/** A source in two forms that rules can search without a parser. */
export interface Lexed {
  /** Has the source's length: comments and contents of literals are spaces; quotes and line breaks stay. */
  readonly code: string;
  /** The source without the contents of strings, templates and regular expressions; comments stay. */
  readonly unquoted: string;
}

const TOKEN = /\/\/[^\n]*|\/\*[^]*?\*\/|'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*"|[\w$]+|\s+|[^]/y;
const REGEXP = /\/(?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\\\]\n]|\\.)*\])+\/[a-z]*/y;
/** Up to the end of a template, or to the next expression in it. */
const TEMPLATE = /(?:[^`\\$]|\\[^]|\$(?!\{))*(?:`|\$\{)/y;

/** A slash after one of these starts a regular expression; after anything else it divides. */
const BEFORE_REGEXP =
  /^(?:|[(,=:[!&|?{}+\-*%<>~^;]|return|typeof|case|in|of|delete|void|throw|new|await|yield|else|do)$/;

export function lex(source: string): Lexed {
  const code: string[] = [];
  const unquoted: string[] = [];
  /** For each open brace: whether it belongs to a template. */
  const braces: boolean[] = [];
  let at = 0;
  let previous = '';

  const add = (token: string) => {
    code.push(token);
    unquoted.push(token);
    at += token.length;
  };
  /** The first and the last characters are code, the rest is content. */
  const addLiteral = (token: string, head: number, tail: number) => {
    const inner = token.slice(head, token.length - tail);
    const ends = [token.slice(0, head), token.slice(token.length - tail)];
    code.push(ends.join(blank(inner)));
    unquoted.push(ends.join(inner.replace(/[^\n]+/g, '')));
    at += token.length;
    previous = "'";
  };
  const addTemplate = (head: number) => {
    const token =
      source.slice(at, at + head) + (matched(TEMPLATE, source, at + head) ?? source.slice(at + head));
    const isOpen = token.endsWith('${');
    addLiteral(token, head, isOpen ? 2 : 1);
    if (isOpen) {
      braces.push(true);
      previous = '{';
    }
  };

  while (at < source.length) {
    const regExp =
      source[at] === '/' && BEFORE_REGEXP.test(previous) ? matched(REGEXP, source, at) : undefined;
    const token = regExp ?? matched(TOKEN, source, at) ?? '';
    if (regExp !== undefined) addLiteral(token, 1, 1);
    else if (token.startsWith('//') || token.startsWith('/*')) {
      code.push(blank(token));
      unquoted.push(token);
      at += token.length;
    } else if (token.length > 1 && /^['"]/.test(token)) addLiteral(token, 1, 1);
    else if (token === '`') addTemplate(1);
    else if (token === '}' && braces.pop() === true) addTemplate(1);
    else {
      if (token === '{') braces.push(false);
      add(token);
      if (token.trim() !== '') previous = token;
    }
  }
  return { code: code.join(''), unquoted: unquoted.join('') };
}

function matched(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}
