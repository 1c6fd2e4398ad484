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
    const [base = '', prefix = ''] = network.split('/');
    const kind = isIP(base);
    if (kind === 0 || !/^\d{1,3}$/.test(prefix)) throw new VrlError(`unable to parse CIDR: ${network}`);
    if (kind !== version) return false;
    const list = new BlockList();
    list.addSubnet(base, Number(prefix), kind === 4 ? 'ipv4' : 'ipv6');
    return list.check(address, kind === 4 ? 'ipv4' : 'ipv6');
  });
}
