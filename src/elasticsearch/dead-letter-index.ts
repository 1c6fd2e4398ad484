import { isUtf8 } from 'node:buffer';
import type { DeadLetterReason, DeadLetters } from '../dead-letters.ts';
import { headerPairs } from '../kafka/headers.ts';
import type { Settlement, SourceRecord } from '../settlement.ts';
import type { Document } from './document.ts';
import { DocumentWriter } from './document-writer.ts';

/**
 * An index for dead letters. A letter is a document like any other, on the same way, with the same retries and holds; its id is
 * the record's, so that a letter that is written twice is stored once.
 */
export class DeadLetterIndex implements DeadLetters {
  readonly #index: string;
  readonly #writer: DocumentWriter;
  readonly #add: (document: Document) => void;

  /** @param parameters of each letter's action, as {@link DocumentWriter} has them */
  constructor(index: string, add: (document: Document) => void, parameters = '') {
    this.#index = index;
    this.#writer = new DocumentWriter('index', parameters);
    this.#add = add;
  }

  send(settlement: Settlement, why: DeadLetterReason): Promise<void> {
    const { record } = settlement;
    const document = this.#writer.write(settlement, this.#index, 0, letterOf(record, why));
    return new Promise((resolve) => {
      document.acknowledged = resolve;
      this.#add(document);
    });
  }

  async close(): Promise<void> {}
}

/** Few fields, all of them text or numbers, so that no letter can be refused for its mapping. */
function letterOf(record: SourceRecord, { reason, message }: DeadLetterReason): string {
  const headers = headerPairs(record.headers).map(([key, value]) => ({
    key,
    value: value === null ? null : textOf(Buffer.from(value)),
  }));
  return JSON.stringify({
    '@timestamp': new Date().toISOString(),
    reason,
    message,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    record_timestamp: record.timestamp,
    key: record.key === null ? null : textOf(record.key),
    value: record.value === null ? null : textOf(record.value),
    headers,
  });
}

/** Text as it is; bytes that are no text as `base64:…`. */
function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : `base64:${bytes.toString('base64')}`;
}
