import { z } from 'zod';
import type { Config } from '../config/schema.ts';
import { isBrokersProtocol } from '../config/librdkafka-properties.ts';
import { type CheckResult, counted, failed, named, ok, unchecked, warning } from './result.ts';

const memberSchema = z.object({ clientId: z.string(), clientHost: z.string(), memberId: z.string() });

/** What the process that asks for the group reports. */
export const groupSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('described'),
    /** The assignor that the members have agreed on; empty if they have not yet, or the broker assigns. */
    assignor: z.string(),
    /** Whether the group uses the protocol of KIP-848, with assignments by the broker. */
    isBrokers: z.boolean(),
    members: z.array(memberSchema),
    /** Numbers of AclOperation; null if the brokers do not send them. */
    operations: z.array(z.number()).nullable(),
  }),
  /** Whether the brokers list the group for this user; sent before the description. */
  z.object({ kind: z.literal('listed'), isListed: z.boolean() }),
  z.object({ kind: z.literal('unknown'), reason: z.string() }),
]);

type GroupMessage = z.infer<typeof groupSchema>;

/** What is known of the group. */
export type GroupFact =
  Extract<GroupMessage, { kind: 'described' | 'unknown' }> | { readonly kind: 'forbidden' };

/**
 * The fact from the messages of the process that has asked. It crashes if the brokers answer with an error: a
 * group that they do not list is then a forbidden one.
 */
export function groupFact(
  messages: readonly GroupMessage[],
  hasCrashed: boolean,
  isLate: boolean,
): GroupFact {
  const answer = messages.find((one) => one.kind === 'described' || one.kind === 'unknown');
  if (answer !== undefined) return answer;
  const listed = messages.find((one) => one.kind === 'listed');
  if (listed?.isListed === false && hasCrashed && !isLate) return { kind: 'forbidden' };
  if (listed?.isListed === true && hasCrashed && !isLate)
    return {
      kind: 'unknown',
      reason:
        'the brokers do not describe the group: its members read topics that this user may not describe',
    };
  return { kind: 'unknown', reason: 'the brokers did not describe the group in time' };
}

/** AclOperation of Kafka's protocol. */
const READ = 3;

/** The results of the consumer group: this user's right, and the protocol of its members. */
export function groupResults(group: GroupFact, { kafka }: Config): CheckResult[] {
  const id = kafka.group_id;
  const grant = `Grant Read on group ${id} to the user that Logweir logs in as. Read includes Describe.`;
  switch (group.kind) {
    case 'forbidden':
      return [failed('kafka.group_acl', `the ACL Read (and Describe) on group ${id} is missing`, grant)];
    case 'unknown':
      return [unchecked('kafka.group', group.reason, `Make sure that the user may Read group ${id}.`)];
    case 'described':
      return [rightResult(group.operations, id, grant), membersResult(group, kafka)];
  }
}

function rightResult(operations: readonly number[] | null, id: string, grant: string): CheckResult {
  if (operations === null)
    return unchecked('kafka.group_acl', `the brokers do not report the rights on group ${id}`, grant);
  if (operations.includes(READ)) return ok('kafka.group_acl', `group ${id} may be joined`);
  return failed('kafka.group_acl', `the ACL Read on group ${id} is missing`, grant);
}

type Described = Extract<GroupFact, { kind: 'described' }>;

function membersResult({ assignor, isBrokers, members }: Described, kafka: Config['kafka']): CheckResult {
  const id = kafka.group_id;
  if (members.length === 0) return ok('kafka.group', `group ${id} has no members now`);
  const who = named(
    members.map(({ clientId, clientHost }) => `${clientId} at ${clientHost.replace(/^\//, '')}`),
  );
  const has = `group ${id} has ${counted(members.length, 'member')} (${who})`;
  const remedy = 'Stop these members first (the committed offsets remain), or choose another kafka.group_id.';
  const ownIsBrokers = isBrokersProtocol(kafka.librdkafka_options);
  if (isBrokers !== ownIsBrokers)
    return warning(
      'kafka.group',
      `${has} with group.protocol ${isBrokers ? 'consumer' : 'classic'}, and Logweir uses ` +
        `${ownIsBrokers ? 'consumer' : 'classic'}: whether both can be members depends on the brokers' settings`,
      remedy,
    );
  if (isBrokers) return ok('kafka.group', `${has}; the brokers assign the partitions`);
  if (assignor === '')
    return warning('kafka.group', `${has}, and a rebalance is in progress`, 'Check again in some seconds.');
  const own = ownAssignors(kafka);
  if (own.includes(assignor)) return ok('kafka.group', `${has} with the assignment protocol ${assignor}`);
  return failed(
    'kafka.group',
    `${has} with the assignment protocol ${assignor}; Logweir uses ${own.join(', ')}, and cannot join them`,
    remedy,
  );
}

function ownAssignors({ librdkafka_options }: Config['kafka']): string[] {
  const own = librdkafka_options['partition.assignment.strategy'];
  return own === undefined
    ? ['cooperative-sticky']
    : String(own)
        .split(',')
        .map((name) => name.trim());
}
