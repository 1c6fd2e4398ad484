import type { Config } from '../../config/schema.ts';
import { adminOptions } from '../client-config.ts';
import { createAdmin, promised } from '../native.ts';

/** ConsumerGroupType of the client: with the protocol of KIP-848. */
const BROKERS_TYPE = 1;

/** A group as the brokers describe it. */
interface GroupDescription {
  /** The assignor that the members have agreed on; empty if none. */
  readonly assignor: string;
  /** Whether the group uses the protocol of KIP-848. */
  readonly isBrokers: boolean;
  readonly members: readonly { clientId: string; clientHost: string; memberId: string }[];
  /** This user's rights, as numbers of AclOperation; null if the brokers do not send them. */
  readonly operations: readonly number[] | null;
}

/** The client's answer at run time, which differs from its types. */
interface Described {
  readonly groups: {
    readonly partitionAssignor: string;
    readonly type: number;
    readonly members: GroupDescription['members'];
    readonly authorizedOperations?: number[];
  }[];
}

/**
 * Describes the configured group. The process may end in it: if this user may not describe the group or a
 * topic of its members, the client reads a null pointer (librdkafka#4605). Call it in a process of its own.
 *
 * @param listed called first, with whether the brokers list the group for this user
 * @throws Error if no broker answers in time
 */
export async function describeGroup(
  config: Config['kafka'],
  timeoutMs: number,
  listed: (isListed: boolean) => Promise<void>,
): Promise<GroupDescription> {
  const admin = createAdmin(adminOptions(config));
  try {
    const all = await promised<{ groups: { groupId: string }[] }>((callback) =>
      admin.listGroups({ timeout: timeoutMs }, callback as unknown as Parameters<typeof admin.listGroups>[1]),
    );
    await listed(all.groups.some(({ groupId }) => groupId === config.group_id));
    const { groups } = await promised<Described>((callback) =>
      admin.describeGroups(
        [config.group_id],
        { timeout: timeoutMs, includeAuthorizedOperations: true },
        callback as unknown as Parameters<typeof admin.describeGroups>[2],
      ),
    );
    const [group] = groups;
    if (group === undefined) throw new Error('the brokers did not describe the group');
    const { partitionAssignor, type, members, authorizedOperations } = group;
    return {
      assignor: partitionAssignor,
      isBrokers: type === BROKERS_TYPE,
      members: members.map(({ clientId, clientHost, memberId }) => ({ clientId, clientHost, memberId })),
      operations: authorizedOperations ?? null,
    };
  } finally {
    admin.disconnect();
  }
}
