import type { Config } from '../config/schema.ts';
import { adminOptions } from './client-config.ts';
import { refreshLogin } from './credentials.ts';
import type { TopicPartition } from './assignment.ts';
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
/** Topic ids came with Kafka 2.8; brokers before that say this. */
const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** What this user may do, as numbers of AclOperation; null where the brokers do not tell. */
type Operations = readonly number[] | null;

/** A topic as the brokers see it. */
export interface TopicState {
  readonly name: string;
  /** KIP-516: another one where a topic of this name was deleted and created anew. Null where they do not tell. */
  readonly id: string | null;
  /** A topic of the brokers' own. */
  readonly isInternal: boolean;
  readonly operations: Operations;
  readonly error: KafkaError | null;
}

/** As the client gives it, which differs from its types. */
interface Described {
  readonly name: string;
  readonly topicId?: { readonly base64?: string };
  readonly isInternal?: boolean;
  readonly authorizedOperations?: number[];
  readonly error?: KafkaError;
}

/**
 * Questions to the brokers that a consumer cannot ask, through a client of its own: one that is derived from the consumer shares a lock
 * with it, and both stop for good. Made when it is asked the first time. It never asks about groups: where no broker answers that, or the
 * group is forbidden, librdkafka ends the process (librdkafka#4605).
 */
export class Brokers {
  readonly #config: Config['kafka'];
  readonly #failed: (error: KafkaError) => void;
  #admin: NativeAdmin | null = null;
  #isClosed = false;

  /** @param failed told what the client reports beside its answers */
  constructor(config: Config['kafka'], failed: (error: KafkaError) => void) {
    this.#config = config;
    this.#failed = failed;
  }

  /** Topics by name. Those that do not exist have an error. @throws Error where no broker answers */
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

  /** The ends of all that was written, committed or not; without those that nobody answers for. @throws Error where no broker answers */
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
      // It has gone already.
    }
    this.#admin = null;
  }

  #client(): NativeAdmin {
    if (this.#isClosed) throw new Error('the process ends');
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
