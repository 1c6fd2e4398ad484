import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a page of another site has made a browser send the request. Such a page cannot read the answer, but
 * could keep streams open. A link to the status page is fine: `navigable` allows following one.
 *
 * Browsers send `Sec-Fetch-Site` to loopback addresses and over HTTPS, and `Origin` with each request that
 * could be read across sites. Programs send neither.
 */
export function isCrossSite(headers: IncomingHttpHeaders, navigable: boolean): boolean {
  const { origin, host } = headers;
  if (origin !== undefined && hostOfOrigin(origin) !== host?.toLowerCase()) return true;
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  return !(navigable && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document');
}

/** With its port, as in a `Host` field; null if it is none, as for `Origin: null`. */
function hostOfOrigin(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
