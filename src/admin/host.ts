import { isIP, isIPv4, isIPv6 } from 'node:net';

/**
 * Rules for the host of a request. A web page of an attacker can make a browser inside the network send
 * requests to this endpoint, by resolving its own name to our address (DNS rebinding). The browser then sends
 * that name as the host. An IP address is never such a name, so probes by a pod's address work; other names
 * must be configured.
 */

const NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;
/** Longer than any valid host. */
const LENGTH_MAX = 300;

export interface HostRules {
  /** Host of `admin.listen`. */
  readonly listens: string;
  /** `admin.hosts`. */
  readonly hosts: readonly string[];
}

/**
 * The host of a `Host` field or a URL, in lower case, without port and final dot; null if it is not valid.
 */
export function hostOf(field: string): string | null {
  if (field.length > LENGTH_MAX) return null;
  const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{0,5}))?$/.exec(field.trim().toLowerCase());
  if (parts === null || Number(parts[2] ?? 0) > 65_535) return null;
  const host = parts[1] ?? '';
  if (host.startsWith('[')) {
    const address = host.slice(1, -1);
    // In a URL the % before a zone is encoded as %25.
    return isIPv6(address.replace(/%(25)?[a-z0-9._-]+$/, '')) ? address : null;
  }
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return NAME.test(name) ? name : null;
}

/** @param host from {@link hostOf} */
export function isAllowedHost(host: string, { listens, hosts }: HostRules): boolean {
  if (isIPv4(host) || host.includes(':')) return true;
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  return [listens, ...hosts].some((one) => fits(host, one));
}

function fits(host: string, allowed: string): boolean {
  if (allowed === '*') return true;
  if (allowed.startsWith('*.')) return host.endsWith(normal(allowed.slice(1)));
  return isIP(allowed) === 0 && host === normal(allowed);
}

function normal(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
