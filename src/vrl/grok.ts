import { compileGrok, type Grok } from '../../transforms/lib/grok/grok.ts';
import { BoundedMap } from '../memory/bounded-map.ts';
import { asArray, asObject, asString } from './types.ts';
import { type Fields, VrlError } from './values.ts';

const compiled = new BoundedMap<string, Grok>(1000);

function grokOf(pattern: string, own: Readonly<Record<string, string>> = {}): Grok {
  const key = JSON.stringify([pattern, own]);
  let grok = compiled.get(key);
  if (grok === undefined) {
    try {
      grok = compileGrok(pattern, own);
    } catch (error) {
      throw new VrlError(`invalid grok pattern: ${error instanceof Error ? error.message : String(error)}`);
    }
    compiled.set(key, grok);
  }
  return grok;
}

/** The type of `%{NAME:field:type}` means nothing to VRL: each value is a text. */
function withoutTypes(pattern: string): string {
  return pattern.replace(/%\{(\w+):([^:}]*):[^}]*\}/g, '%{$1:$2}');
}

/** @throws VrlError if the pattern cannot be read */
export function checkGrok(pattern: string, aliases: Readonly<Record<string, string>> = {}): void {
  grokOf(withoutTypes(pattern), aliases);
}

export function parseGrok(value: unknown, pattern: unknown): Fields {
  const found = grokOf(withoutTypes(asString(pattern))).match(asString(value), { keepsEmpty: true });
  if (found === undefined) throw new VrlError('unable to parse input with grok pattern');
  return found;
}

/** The first pattern that matches the whole text. */
export function parseGroks(
  value: unknown,
  patterns: unknown,
  { aliases = {} }: { readonly aliases?: unknown } = {},
): Fields {
  const text = asString(value);
  const own: Record<string, string> = {};
  for (const [name, pattern] of Object.entries(asObject(aliases))) own[name] = asString(pattern);
  for (const pattern of asArray(patterns)) {
    const found = grokOf(`(?m)\\A(?:${asString(pattern)})\\z`, own).match(text);
    if (found !== undefined) return found;
  }
  throw new VrlError('unable to parse grok: value does not match any rule');
}
