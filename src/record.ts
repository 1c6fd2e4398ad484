/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** The position of a record. */
export interface Coordinates extends TopicPartition {
  readonly offset: number;
}

/** `topic[partition]`, as logs and error messages name it. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}[${partition}]`;
}

/** `topic:partition:offset`, as the commands take it. */
export function coordinatesOf({ topic, partition, offset }: Coordinates): string {
  return `${topic}:${partition}:${offset}`;
}

/** A Kafka record. It owns its buffers. */
export interface SourceRecord extends Coordinates {
  /** Milliseconds since the epoch; -1 if the broker has none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Record<string, Buffer | string>[] | undefined;
  /** Epoch of the leader that wrote it; undefined if the broker does not send it. */
  readonly leaderEpoch?: number;
}
