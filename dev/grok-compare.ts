/**
 * Compares the grok patterns with those of logstash-patterns-core, on texts that are made from the originals. Each text is also put into
 * another one, truncated, and has a character changed. The originals run in the engine of JavaScript, which can look around as theirs can.
 *
 *     node dev/grok-compare.ts FOLDER [part of a name]    FOLDER holds legacy/ and ecs-v1/ of a checkout's patterns/
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import vm from 'node:vm';
import { sample, stringMatching } from 'fast-check';
import { compileGrok } from '../transforms/lib/grok/grok.ts';
import { ecsGrokPatterns, grokPatterns } from '../transforms/lib/grok/patterns.ts';

/** What means something else here on purpose, as is said where it is defined. */
const ON_PURPOSE = new Set(
  'BASE16FLOAT DAY EMAILLOCALPART HAPROXYTIME IPORHOST IPV4 IPV6 LOGLEVEL MONTHNUM RT_FLOW_EVENT SECOND TIME MONGO_QUERY WORD'.split(
    ' ',
  ),
);
const LEGACY_ON_PURPOSE = ['HTTPD_COMMONLOG'];
/** JavaScript forgets what a group matched in an earlier round of a repetition, which Oniguruma and RE2 do not. */
const REPEATED = new Set(['EXIM_NAMED_FIELDS', 'EXIM_MESSAGE_ARRIVAL', 'EXIM']);
const TEXTS = 60;
const SEED = 16;
const BACKTRACKING_MS = 300;

type Patterns = Readonly<Record<string, string>>;
/** Values of each field, in the order of the expression. */
type Fields = Record<string, unknown[]>;
interface Original {
  /** Without what looks around, for making texts. */
  readonly plain: RegExp;
  match(text: string): Fields | 'no' | 'too long';
}

function patternsIn(folder: string): Patterns {
  const patterns: Record<string, string> = {};
  for (const file of readdirSync(folder)) {
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const [, name, pattern] = /^\s*([A-Z0-9_]+)\s+(.*)$/.exec(line) ?? [];
      if (name !== undefined && pattern !== undefined && !line.startsWith('#')) patterns[name] = pattern;
    }
  }
  return patterns;
}

/** Oniguruma's syntax, as far as the originals use it, in that of JavaScript. */
function compileOriginal(name: string, patterns: Patterns): Original {
  const fields: (readonly [path: string, type: string])[] = [];
  let groups = 0;
  const expand = (text: string): string => {
    const withGroups = text
      .replaceAll('[[:alnum:]]', 'A-Za-z0-9')
      .replaceAll(String.raw`\h`, '[0-9A-Fa-f]')
      .replaceAll(/(\.|\))\?\*/g, '(?:$1?)*')
      .replaceAll(/\(\?<([^=!>]+)>/g, (_, field: string) => `(?<f${fields.push([field, '']) - 1}>`)
      .replaceAll(
        /%\{(\w+)(?::([\w@.[\]?-]+))?(?::(\w+))?[^}]*\}/g,
        (_, inner: string, field?: string, type = '') => {
          const open =
            field === undefined ? '(?:' : `(?<f${fields.push([field.replaceAll('?', ''), type]) - 1}>`;
          return `${open}${expand(patterns[inner] ?? `MISSING ${inner}`)})`;
        },
      );
    return withGroups.startsWith('(?m)') ? `(?s:${withGroups.slice(4)})` : withGroups;
  };
  const onlyGroups = expand(`%{${name}}`);
  const plain = onlyGroups
    // The zone of an address matches all of the line in the original.
    .replaceAll('(%.+)?', '(%[a-z0-9]{1,5})?')
    .replaceAll('(?>', '(?:')
    .replaceAll(/\(\?<f\d+>/g, '(?:')
    .replaceAll('(?s:', '(?:')
    .replaceAll(/\(\?<?[=!](?:\[[^\]]*\]|[^()[\]]|\([^()]*\))*\)/g, '')
    .replaceAll(/\\b|\^(?!\])(?<!\[\^)/g, '')
    .replaceAll(/\((\?:)?\)|\|(?=\))/g, (empty) => (empty === '|' ? '|a{0}' : '(?:a{0})'));
  const atomic = (text: string): string => {
    for (let at = text.lastIndexOf('(?>'); at !== -1; at = text.lastIndexOf('(?>')) {
      const end = closing(text, at);
      text = `${text.slice(0, at)}(?:(?=(?<a${groups}>${text.slice(at + 3, end)}))\\k<a${groups++}>)${text.slice(end + 1)}`;
    }
    return text;
  };
  const sandbox = vm.createContext({ expression: new RegExp(atomic(onlyGroups), 'm'), text: '' });
  const script = new vm.Script('expression.exec(text)');
  return {
    plain: new RegExp(plain),
    match(text) {
      sandbox['text'] = text;
      try {
        const found = script.runInContext(sandbox, { timeout: BACKTRACKING_MS }) as RegExpExecArray | null;
        if (found === null) return 'no';
        const result: Fields = {};
        for (const [at, [path, type]] of fields.entries()) {
          const value = found.groups?.[`f${at}`];
          if (value === undefined || value === '' || path.startsWith('[@metadata]')) continue;
          const number = Number(value);
          const converted = type === 'int' ? Math.trunc(number) : number;
          (result[path] ??= []).push(type === '' || Number.isNaN(number) ? value : converted);
        }
        return result;
      } catch {
        return 'too long';
      }
    },
  };
}

function closing(text: string, open: number): number {
  let depth = 0;
  let inClass = false;
  for (let at = open; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (inClass) inClass = character !== ']';
    else if (character === '[') inClass = true;
    else if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return at;
  }
  return text.length;
}

/** Ours, with the names of fields as they stand in an expression. */
function flat(value: unknown, path = '', found: Fields = {}): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    for (const [key, inner] of Object.entries(value))
      flat(inner, path === '' ? key : `${path.startsWith('[') ? path : `[${path}]`}[${key}]`, found);
  } else found[path] = [value].flat().map((one) => (typeof one === 'bigint' ? Number(one) : one));
  return found;
}

function textsOf(plain: RegExp): string[] {
  return sample(stringMatching(plain), { numRuns: TEXTS, seed: SEED })
    .map((text) => text.replaceAll(/[\v\r]/g, ' '))
    .flatMap((text, at) => [
      text,
      `at ${text} end`,
      `x=${text};`,
      text.slice(0, -1),
      `${text.slice(0, at % (text.length + 1))}-${text.slice((at % (text.length + 1)) + 1)}`,
    ]);
}

type Verdict = 'agree' | 'differ on purpose' | 'wrong' | 'missing';

function compare(
  name: string,
  originals: Patterns,
  purposeful: Patterns,
  ours: Patterns,
): readonly [Verdict, string] {
  if (!Object.hasOwn(ours, name)) return ['missing', ''];
  const grok = compileGrok(`%{${name}}`, {}, ours);
  const original = compileOriginal(name, originals);
  let example = '';
  let purpose: Original | undefined;
  for (const text of textsOf(original.plain)) {
    const found = grok.match(text);
    const actual = found === undefined ? 'no' : flat(found);
    let expected = original.match(text);
    if (REPEATED.has(name) && typeof expected === 'object' && typeof actual === 'object')
      expected = { ...actual, ...expected };
    if (expected === 'too long' || isDeepStrictEqual(actual, expected)) continue;
    const said = `${JSON.stringify(text)}\n    theirs ${JSON.stringify(expected)}\n    ours   ${JSON.stringify(actual)}`;
    purpose ??= compileOriginal(name, purposeful);
    let meant = purpose.match(text);
    if (REPEATED.has(name) && typeof meant === 'object' && typeof actual === 'object')
      meant = { ...actual, ...meant };
    if (meant !== 'too long' && !isDeepStrictEqual(actual, meant)) return ['wrong', said];
    example ||= said;
  }
  return example === '' ? ['agree', ''] : ['differ on purpose', example];
}

const [folder = '', part = ''] = process.argv.slice(2);
for (const [set, ours, purpose] of [
  ['legacy', grokPatterns, [...ON_PURPOSE, ...LEGACY_ON_PURPOSE]],
  ['ecs-v1', ecsGrokPatterns, [...ON_PURPOSE]],
] as const) {
  const originals = patternsIn(join(folder, set));
  const purposeful = { ...originals, ...Object.fromEntries(purpose.map((name) => [name, ours[name] ?? ''])) };
  const counts: Partial<Record<Verdict, number>> = {};
  for (const name of Object.keys(originals).filter((one) => one.includes(part))) {
    const [verdict, example] = compare(name, originals, purposeful, ours);
    counts[verdict] = (counts[verdict] ?? 0) + 1;
    if (verdict !== 'agree') console.log(`${set} ${name}: ${verdict} ${example}`);
  }
  console.log(set, Object.keys(originals).length, counts);
}
