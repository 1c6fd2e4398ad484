import { isIP } from 'node:net';
import { asString } from './types.ts';
import { VrlError } from './values.ts';

/** Whether an address is in a network, or in one of several. */
export function ipCidrContains(cidr: unknown, value: unknown): boolean {
  const address = asString(value);
  const bits = bitsOf(address);
  if (bits === null) throw new VrlError(`unable to parse IP address: ${address}`);
  const networks = Array.isArray(cidr) ? cidr.map(asString) : [asString(cidr)];
  return networks.some((network) => {
    const [base = '', given] = network.split('/');
    const first = bitsOf(base);
    const prefix = given ?? String(first?.length);
    if (first === null || !/^\d{1,3}$/.test(prefix) || Number(prefix) > first.length)
      throw new VrlError(`unable to parse CIDR: ${network}`);
    if (first.slice(Number(prefix)).includes('1'))
      throw new VrlError('unable to parse CIDR: host part of address was not zero');
    return bits.length === first.length && bits.startsWith(first.slice(0, Number(prefix)));
  });
}

/** The 32 or 128 bits of an address, as a text of zeros and ones; null if it is none. */
function bitsOf(address: string): string | null {
  // JavaScript takes an address with a zone, as `fe80::1%eth0`, too.
  const version = address.includes('%') ? 0 : isIP(address);
  if (version === 0) return null;
  return version === 4 ? inBits(address.split('.'), 10, 8) : inBits(groupsOf(address), 16, 16);
}

function inBits(parts: readonly string[], radix: number, width: number): string {
  return parts.map((part) => Number.parseInt(part, radix).toString(2).padStart(width, '0')).join('');
}

/** The eight groups of an address of version 6. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [first, last] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: 8 - (first?.length ?? 0) - (last?.length ?? 0) }, () => '0');
  return [...(first ?? []), ...zeros, ...(last ?? [])];
}
