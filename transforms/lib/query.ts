import type { Event } from 'logweir';
import { addRepeated } from './repeated.ts';

/**
 * The parameters of a query string, decoded; the values of one that comes again make a list. What is no percent-encoding stays as it is, and
 * bytes that are no UTF-8 become U+FFFD. Those without a name are left out, since no document can hold them.
 *
 * @param query with or without a question mark before it
 * @returns undefined where there is no parameter
 */
export function parseQuery(query: string): Event | undefined {
  const found: Event = {};
  // Node's takes quadratic time for names without the sign.
  const signed = query.split('&').map((part) => (part === '' || part.includes('=') ? part : `${part}=`));
  for (const [name, value] of new URLSearchParams(signed.join('&')))
    if (name !== '') addRepeated(found, name, value);
  return Object.keys(found).length === 0 ? undefined : found;
}
