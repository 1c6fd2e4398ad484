/** The widest timestamp of this millennium has eight digits in base 36; nine keep ids sorted until the year 5188. */
const TIMESTAMP_DIGITS = 9;

/** Where a record is in Kafka, or was before it was dead-lettered. */
export interface Coordinates {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/**
 * The `_id` of a document: `timestamp:topic:partition:offset[:output]`, a pure function of the record (promise P3), so that
 * redelivery, replay and a crash after a write land on the same document.
 *
 * The Kafka timestamp never changes and comes first, in base 36 of fixed width, so that ids sort by time. It is part of the
 * id since a topic that was deleted and created anew uses its offsets again. Topic names cannot hold a colon, so two
 * records never share an id. Ids are at most 9 + 249 + 3 numbers long: far below Elasticsearch's 512 bytes. Nothing in them needs escaping
 * in JSON.
 *
 * @param output the number of the output event where a transform made several of one record; 0 is left out
 */
export function documentId({ timestamp, topic, partition, offset }: Coordinates, output = 0): string {
  const time = Math.max(0, timestamp).toString(36).padStart(TIMESTAMP_DIGITS, '0');
  const id = `${time}:${topic}:${partition}:${offset}`;
  return output === 0 ? id : `${id}:${output}`;
}
