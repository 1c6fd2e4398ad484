import { isIP, isIPv4, isIPv6 } from 'node:net';

/**
 * Who may ask the endpoint. A page of an attacker can make the browser of somebody inside ask us, by having its own name lead
 * to our address (DNS rebinding); the browser still sends that name as the host. An address is never an attacker's name, so
 * that probes by a pod's address work; other names must be known.
 */

const NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;
/** Longer than a name can be. */
const LENGTH_MAX = 300;

export interface HostRules {
  /** The host of `admin.listen`. */
  readonly listens: string;
  /** `admin.hosts`. */
  readonly hosts: readonly string[];
}

/** The host of a `Host` field or of a URL, without its port, in lower case and without the dot of the root; null where it is none. */
export function hostOf(field: string): string | null {
  if (field.length > LENGTH_MAX) return null;
  const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{0,5}))?$/.exec(field.trim().toLowerCase());
  if (parts === null || Number(parts[2] ?? 0) > 65_535) return null;
  const host = parts[1] ?? '';
  if (host.startsWith('[')) {
    const address = host.slice(1, -1);
    // A zone is written with %25 in a URL.
    return isIPv6(address.replace(/%(25)?[a-z0-9._-]+$/, '')) ? address : null;
  }
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return NAME.test(name) ? name : null;
}

/** @param host as {@link hostOf} gives it */
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
