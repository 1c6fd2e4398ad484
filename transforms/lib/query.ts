import type { Event } from 'logweir';
import { addRepeated } from './repeated.ts';

/**
 * The decoded parameters of a query string; the values of a repeated one become a list. Invalid
 * percent-encoding is left unchanged, and bytes that are not UTF-8 become U+FFFD. Parameters without a name
 * are skipped, since no document can contain them.
 *
 * @param query with or without a leading question mark
 * @returns undefined if there is no parameter
 */
export function parseQuery(query: string): Event | undefined {
  const found: Event = {};
  // Adds missing equals signs: URLSearchParams takes quadratic time for names without one.
  const signed = query.split('&').map((part) => (part === '' || part.includes('=') ? part : `${part}=`));
  for (const [name, value] of new URLSearchParams(signed.join('&')))
    if (name !== '') addRepeated(found, name, value);
  return Object.keys(found).length === 0 ? undefined : found;
}
