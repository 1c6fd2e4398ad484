type Value = string | number | { readonly [key: string]: Value };

/**
 * A database in the MMDB format with one network of eight bits, for tests.
 * https://maxmind.github.io/MaxMind-DB/
 *
 * @param firstByte of the addresses that are in it
 */
export function mmdbOf(firstByte: number, found: Value): Buffer {
  const nodes = 8;
  const tree = Buffer.alloc(nodes * 6);
  for (let depth = 0; depth < nodes; depth++) {
    const bit = (firstByte >> (7 - depth)) & 1;
    const next = depth === nodes - 1 ? nodes + 16 : depth + 1;
    // 24 bits to the left and to the right; the number of nodes means that nothing is there.
    tree.writeUIntBE(bit === 0 ? next : nodes, depth * 6, 3);
    tree.writeUIntBE(bit === 1 ? next : nodes, depth * 6 + 3, 3);
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_763_800_000,
    database_type: 'Test',
    ip_version: 4,
    node_count: nodes,
    record_size: 24,
  });
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    encode(found),
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
    metadata,
  ]);
}

function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([Buffer.from([(2 << 5) | value.length]), Buffer.from(value)]);
  if (typeof value === 'number') {
    if (Number.isInteger(value)) {
      const bytes = Buffer.alloc(5);
      bytes[0] = (6 << 5) | 4;
      bytes.writeUInt32BE(value, 1);
      return bytes;
    }
    const bytes = Buffer.alloc(9);
    bytes[0] = (3 << 5) | 8;
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  const entries = Object.entries(value);
  return Buffer.concat([
    Buffer.from([(7 << 5) | entries.length]),
    ...entries.flatMap(([key, inner]) => [encode(key), encode(inner)]),
  ]);
}
