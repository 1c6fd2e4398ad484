import type { Config } from '../config/schema.ts';
import type { TopicPartition } from '../record.ts';
import { adminOptions } from './client-config.ts';
import { refreshLogin } from './credentials.ts';
import {
  ErrorCode,
  type KafkaError,
  type NativeAdmin,
  type PartitionOffset,
  createAdmin,
  latest,
  promised,
} from './native.ts';

const TIMEOUT_MS = 5000;
/** AclOperation of Kafka's protocol. */
export const READ = 3;
/** The topic id of brokers before Kafka 2.8, which have none. */
const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** This user's rights, as numbers of AclOperation; null if the brokers do not send them. */
type Operations = readonly number[] | null;

/** The state of a topic on the brokers. */
export interface TopicState {
  readonly name: string;
  /** KIP-516: changes when a topic is deleted and created again. Null if the brokers do not send it. */
  readonly id: string | null;
  /** Whether it is an internal topic of the brokers. */
  readonly isInternal: boolean;
  readonly operations: Operations;
  readonly error: KafkaError | null;
}

/** The client's answer at run time, which differs from its types. */
interface Described {
  readonly name: string;
  readonly topicId?: { readonly base64?: string };
  readonly isInternal?: boolean;
  readonly authorizedOperations?: number[];
  readonly error?: KafkaError;
}

/**
 * Queries to the brokers that a consumer does not offer. The client is separate, and created at the first
 * query: a client that is derived from the consumer shares a lock with it, and both would block. Groups are
 * never queried: if no broker answers, or the group is forbidden, librdkafka ends the process
 * (librdkafka#4605).
 */
export class Brokers {
  readonly #config: Config['kafka'];
  readonly #failed: (error: KafkaError) => void;
  #admin: NativeAdmin | null = null;
  #isClosed = false;

  /** @param failed receives the client's errors that belong to no query */
  constructor(config: Config['kafka'], failed: (error: KafkaError) => void) {
    this.#config = config;
    this.#failed = failed;
  }

  /** Topics by name. A topic that does not exist has an error. @throws Error if no broker answers */
  async topics(names: readonly string[]): Promise<ReadonlyMap<string, TopicState>> {
    if (names.length === 0) return new Map();
    const admin = this.#client();
    const answers = await promised<Described[]>((callback) =>
      admin.describeTopics(
        [...names],
        { timeout: TIMEOUT_MS, includeAuthorizedOperations: true },
        callback as unknown as Parameters<typeof admin.describeTopics>[2],
      ),
    );
    return new Map(answers.map((one) => [one.name, topicOf(one)]));
  }

  /**
   * The ends of all written records, committed or not. Leaves out partitions without an answer.
   *
   * @throws Error if no broker answers
   */
  async ends(partitions: readonly TopicPartition[]): Promise<readonly PartitionOffset[]> {
    if (partitions.length === 0) return [];
    const admin = this.#client();
    const wanted = partitions.map(({ topic, partition }) => ({ topic, partition, offset: latest }));
    const answers = await promised<PartitionOffset[]>((callback) =>
      admin.listOffsets(wanted, { timeout: TIMEOUT_MS }, callback),
    );
    return answers.filter(({ error }) => error === undefined);
  }

  close(): void {
    this.#isClosed = true;
    try {
      this.#admin?.disconnect();
    } catch {
      // It is closed already.
    }
    this.#admin = null;
  }

  #client(): NativeAdmin {
    if (this.#isClosed) throw new Error('the process is ending');
    if (this.#admin !== null) return this.#admin;
    const admin = createAdmin(adminOptions(this.#config), (error) => {
      if (error.code === ErrorCode.AUTHENTICATION) refreshLogin(admin, this.#config);
      this.#failed(error);
    });
    return (this.#admin = admin);
  }
}

function topicOf({ name, topicId, isInternal, authorizedOperations, error }: Described): TopicState {
  const id = topicId?.base64 ?? NO_ID;
  return {
    name,
    id: error !== undefined || id === NO_ID ? null : id,
    isInternal: isInternal === true,
    operations: error === undefined ? (authorizedOperations ?? null) : null,
    error: error ?? null,
  };
}
