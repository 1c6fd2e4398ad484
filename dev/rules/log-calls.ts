import { type SourceTree, filesIn } from './source-tree.ts';

export interface LogCalls {
  /** Calls whose first argument does not start with a `code`. */
  readonly withoutCode: readonly string[];
  readonly unknown: readonly string[];
  readonly unused: readonly string[];
  /** Calls whose level is not that of the list. */
  readonly wrongLevel: readonly string[];
}

const CALL = /(?:\blog|#log)\.(trace|debug|info|warn|error|fatal)\(\s*/g;

/**
 * Each log call of src/ starts with a `code` of the list, and each code of the list stands somewhere in src/.
 *
 * @param listFiles have the codes, as the keys of an object
 */
export function logCalls(tree: SourceTree, listFiles: readonly string[]): LogCalls {
  const lists = listFiles.map((file) => tree.get(file));
  const levels = levelsOf(lists.map((list) => list?.text ?? '').join('\n'));
  const [listFile = ''] = listFiles;
  const wrongLevel: string[] = [];
  const allCode = lists.map((list) => list?.code ?? '').join('\n');
  const codes = [...allCode.matchAll(/^ {2}(\w+): \{/gm)].map((match) => match[1] ?? '');
  const withoutCode: string[] = [];
  const unknown: string[] = [];
  const rest = filesIn(tree, ['src']).filter(({ path }) => !listFiles.includes(path));
  for (const { path, text, code } of rest)
    for (const match of code.matchAll(CALL)) {
      const place = `${path}:${code.slice(0, match.index).split('\n').length}`;
      const start = match.index + match[0].length;
      const field = /^\{\s*code\b/.exec(code.slice(start))?.[0];
      if (field === undefined) {
        withoutCode.push(
          `${place}: a log call starts with a code: log.warn({ code: 'name', ... }, 'message')`,
        );
        continue;
      }
      const from = start + field.length;
      const used = match[1] ?? '';
      for (const name of literals(text.slice(from, endOfField(code, from)))) {
        if (!codes.includes(name)) unknown.push(`${place}: the log code '${name}' is not in ${listFile}`);
        const level = levels.get(name) ?? used;
        if (level !== used)
          wrongLevel.push(`${place}: '${name}' is logged as ${used}, and listed as ${level}`);
      }
    }
  const unused = codes
    .filter((name) => !rest.some(({ text }) => text.includes(`'${name}'`)))
    .map((name) => `${listFile}: no log call of src/ has the code '${name}'`);
  return { withoutCode, unknown, unused, wrongLevel };
}

/** The level of each code of the list that has one. */
function levelsOf(list: string): ReadonlyMap<string, string> {
  return new Map(
    [...list.matchAll(/^ {2}(\w+): \{\s*level: '(\w+)'/gm)].map(([, name = '', level = '']) => [name, level]),
  );
}

/** Where the value of a field ends: at the next comma or the closing brace of its object. */
function endOfField(code: string, from: number): number {
  let depth = 0;
  for (let at = from; at < code.length; at++) {
    const char = code[at] ?? '';
    if ('([{'.includes(char)) depth++;
    else if (depth === 0 && ',}'.includes(char)) return at;
    else if (')]}'.includes(char)) depth--;
  }
  return code.length;
}

/** The strings that an expression may result in, without those that it compares with. */
function literals(expression: string): string[] {
  const results = expression.replace(/[!=]==\s*'[^']*'/g, '');
  return [...results.matchAll(/'([^']*)'/g)].map((match) => match[1] ?? '');
}
