import { connect } from 'node:net';

/**
 * The few requests of Kafka's protocol that its Node client does not offer: ACLs, and records as other clients make them.
 * Old versions of them, without the compact encoding of the newer ones.
 */

const PRODUCE = { key: 0, version: 7 };
const CREATE_ACLS = { key: 30, version: 1 };
const DELETE_ACLS = { key: 31, version: 1 };

const RESOURCES = { topic: 2, group: 3, cluster: 4 } as const;
const OPERATIONS = { read: 3, write: 4, create: 5, describe: 8, describe_configs: 10 } as const;
const LITERAL = 3;
const ALLOW = 3;

/** What a user may do on a topic, a group or the cluster (`kafka-cluster`). */
export interface Acl {
  readonly resource: keyof typeof RESOURCES;
  readonly name: string;
  readonly operation: keyof typeof OPERATIONS;
  /** Without `User:`. */
  readonly user: string;
}

export async function allow(bootstrapServers: string, acls: readonly Acl[]): Promise<void> {
  const entry = ({ resource, name, operation, user }: Acl): Buffer =>
    Buffer.concat([
      int8(RESOURCES[resource]),
      text(name),
      int8(LITERAL),
      text(`User:${user}`),
      text('*'),
      int8(OPERATIONS[operation]),
      int8(ALLOW),
    ]);
  const answer = await request(bootstrapServers, CREATE_ACLS, array(acls.map(entry)));
  // After the throttle time and the length of the list, one error code for each.
  if (answer.readInt16BE(8) !== 0) throw new Error(`CreateAcls: error ${answer.readInt16BE(8)}`);
}

/** Revokes what {@link allow} has granted. */
export async function disallow(bootstrapServers: string, acls: readonly Acl[]): Promise<void> {
  const filter = ({ resource, name, operation, user }: Acl): Buffer =>
    Buffer.concat([
      int8(RESOURCES[resource]),
      text(name),
      int8(LITERAL),
      text(`User:${user}`),
      text('*'),
      int8(OPERATIONS[operation]),
      int8(ALLOW),
    ]);
  const answer = await request(bootstrapServers, DELETE_ACLS, array(acls.map(filter)));
  if (answer.readInt16BE(8) !== 0) throw new Error(`DeleteAcls: error ${answer.readInt16BE(8)}`);
}

export interface RawRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Names need not be unique, values may be null. */
  readonly headers: readonly (readonly [string, Buffer | null])[];
}

/** Produces into one partition, whose leader is the first of the servers. */
export async function produceRaw(
  bootstrapServers: string,
  topic: string,
  partition: number,
  records: readonly RawRecord[],
): Promise<void> {
  const batch = recordBatch(records);
  const body = Buffer.concat([
    // No transaction; all replicas; 10 s.
    Buffer.from([0xff, 0xff]),
    int16(-1),
    int32(10_000),
    array([
      Buffer.concat([text(topic), array([Buffer.concat([int32(partition), int32(batch.length), batch])])]),
    ]),
  ]);
  const answer = await request(bootstrapServers, PRODUCE, body);
  const error = answer.readInt16BE(4 + 2 + topic.length + 4 + 4);
  if (error !== 0) throw new Error(`Produce: error ${error}`);
}

function recordBatch(records: readonly RawRecord[]): Buffer {
  const now = BigInt(Date.now());
  const encoded = records.map(({ key, value, headers }, index) => {
    const body = Buffer.concat([
      int8(0),
      varint(0),
      varint(index),
      varbytes(key),
      varbytes(value),
      varint(headers.length),
      ...headers.flatMap(([name, bytes]) => [varbytes(Buffer.from(name)), varbytes(bytes)]),
    ]);
    return Buffer.concat([varint(body.length), body]);
  });
  const behindCrc = Buffer.concat([
    int16(0),
    int32(records.length - 1),
    int64(now),
    int64(now),
    int64(-1n),
    int16(-1),
    int32(-1),
    array(encoded),
  ]);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32c(behindCrc));
  const behindLength = Buffer.concat([int32(-1), int8(2), crc, behindCrc]);
  return Buffer.concat([int64(0n), int32(behindLength.length), behindLength]);
}

/** One request over a connection of its own. @returns the answer after its header */
async function request(
  bootstrapServers: string,
  { key, version }: { key: number; version: number },
  body: Buffer,
): Promise<Buffer> {
  const [host, port] = (bootstrapServers.split(',')[0] ?? '').split(':');
  const message = Buffer.concat([int16(key), int16(version), int32(1), text('logweir-test'), body]);
  const socket = connect(Number(port), host);
  socket.setTimeout(15_000, () => socket.destroy(new Error('no answer within 15 s')));
  socket.write(Buffer.concat([int32(message.length), message]));
  let answer = Buffer.alloc(0);
  for await (const part of socket) {
    answer = Buffer.concat([answer, part as Buffer]);
    if (answer.length >= 4 && answer.length >= 4 + answer.readInt32BE(0)) break;
  }
  socket.destroy();
  if (answer.length < 8) throw new Error('the broker closed the connection without an answer');
  return answer.subarray(8);
}

function int8(value: number): Buffer {
  return Buffer.from([value]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}

function array(items: readonly Buffer[]): Buffer {
  return Buffer.concat([int32(items.length), ...items]);
}

/** Zigzag, then seven bits a byte. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

function varbytes(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

/** Castagnoli's. */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) * 0x82f63b78);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
