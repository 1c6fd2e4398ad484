import { BlockList, isIP } from 'node:net';
import { asString } from './types.ts';
import { VrlError } from './values.ts';

/** Whether an address is in a network, or in one of several. */
export function ipCidrContains(cidr: unknown, value: unknown): boolean {
  const address = asString(value);
  const version = isIP(address);
  if (version === 0) throw new VrlError(`unable to parse IP address: ${address}`);
  const networks = Array.isArray(cidr) ? cidr.map(asString) : [asString(cidr)];
  return networks.some((network) => {
    const [base = '', given] = network.split('/');
    const kind = base.includes('%') ? 0 : isIP(base);
    const bits = kind === 4 ? 32 : 128;
    const prefix = given ?? String(bits);
    if (kind === 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits)
      throw new VrlError(`unable to parse CIDR: ${network}`);
    const family = kind === 4 ? 'ipv4' : 'ipv6';
    if (!isFirstAddress(base, Number(prefix), family))
      throw new VrlError('unable to parse CIDR: host part of address was not zero');
    return kind === version && subnet(base, Number(prefix), family).check(address, family);
  });
}

function subnet(base: string, prefix: number, family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  list.addSubnet(base, prefix, family);
  return list;
}

/** Whether the address is the first of its network: its bits after the prefix are zero. */
function isFirstAddress(address: string, prefix: number, family: 'ipv4' | 'ipv6'): boolean {
  const bits = family === 'ipv4' ? bitsOf(address.split('.'), 10, 8) : bitsOf(groupsOf(address), 16, 16);
  return !bits.slice(prefix).includes('1');
}

function bitsOf(parts: readonly string[], radix: number, width: number): string {
  return parts.map((part) => Number.parseInt(part, radix).toString(2).padStart(width, '0')).join('');
}

/** The eight groups of an address of version 6. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [first, last] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array.from({ length: 8 - (first?.length ?? 0) - (last?.length ?? 0) }, () => '0');
  return [...(first ?? []), ...zeros, ...(last ?? [])];
}
