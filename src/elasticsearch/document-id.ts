/** In base 36, eight digits suffice for timestamps until 2059; nine keep ids sorted until the year 5188. */
const TIMESTAMP_DIGITS = 9;

/** Position of a record in Kafka; for a dead letter, that of the original record. */
export interface Coordinates {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/**
 * The `_id` of a document: `timestamp:topic:partition:offset[:output]`. It is a pure function of the record
 * (promise P3), so that a redelivery, a replay or a crash after a write overwrites the same document.
 *
 * The Kafka timestamp never changes. It comes first, in base 36 of fixed width, so that ids sort by time. It
 * is part of the id because a topic that was deleted and recreated reuses its offsets. Topic names cannot
 * contain a colon, so two records never share an id. The length is at most 9 + 249 characters and 3 numbers:
 * far below Elasticsearch's 512 bytes. No character needs escaping in JSON.
 *
 * @param output number of the event among the outputs of its record; 0 is omitted
 */
export function documentId({ timestamp, topic, partition, offset }: Coordinates, output = 0): string {
  const id = `${timeDigits(timestamp)}:${topic}:${partition}:${offset}`;
  return output === 0 ? id : `${id}:${output}`;
}

/** The timestamp as written in an id. */
export function timeDigits(timestamp: number): string {
  return Math.max(0, timestamp).toString(36).padStart(TIMESTAMP_DIGITS, '0');
}
