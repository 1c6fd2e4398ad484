import { type Event, define, hasKey, isFields } from 'logweir';
import { addRepeated } from './repeated.ts';

const NAME = /[^\s=\]"]{1,255}/y;
/** Accepts an unescaped bracket in a value and a space before it: RFC 5424 forbids them. */
const PARAMETER = / +([^\s=\]"]{1,255})= *"([^"\\]*(?:\\.[^"\\]*)*)"/sy;

/**
 * Parses `[id name="value" …][…]` of RFC 5424, and reads each character once. A repeated parameter becomes a
 * list of its values, also if its element is repeated.
 *
 * @returns undefined if the data does not end
 */
export function structuredData(text: string, start: number): { elements: Event; end: number } | undefined {
  const elements: Event = {};
  let at = start;
  if (text[at] === '-') return { elements, end: at + 1 };
  while (text[at] === '[') {
    NAME.lastIndex = at + 1;
    const name = NAME.exec(text)?.[0];
    if (name === undefined) return undefined;
    at += 1 + name.length;
    const known = hasKey(elements, name) ? elements[name] : undefined;
    const parameters = isFields(known) ? known : {};
    define(elements, name, parameters);
    while (text[at] === ' ') {
      PARAMETER.lastIndex = at;
      const match = PARAMETER.exec(text);
      if (match === null) break;
      addRepeated(parameters, match[1] ?? '', (match[2] ?? '').replaceAll(/\\(["\\\]])/g, '$1'));
      at += match[0].length;
    }
    while (text[at] === ' ') at++;
    if (text[at] !== ']') return undefined;
    at++;
  }
  return { elements, end: at };
}
