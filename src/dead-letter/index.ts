import { isUtf8 } from 'node:buffer';
import type { DeadLetterReason, DeadLetters } from './port.ts';
import { headerPairs } from '../kafka/headers.ts';
import type { SourceRecord } from '../record.ts';
import type { Settlement } from '../pipeline/settlement.ts';
import type { Document } from '../elasticsearch/document.ts';
import { DocumentWriter } from '../elasticsearch/document-writer.ts';

/**
 * An index for dead letters. A dead letter is sent as a document, with the same retries and retry queue. Its
 * id is the record's, so that a dead letter that is written twice is stored once.
 */
export class DeadLetterIndex implements DeadLetters {
  readonly #index: string;
  readonly #parameters: () => string | Promise<string>;
  readonly #add: (document: Document) => void;
  #writer: { readonly parameters: string; readonly documents: DocumentWriter } | null = null;

  /**
   * @param parameters of each action; see {@link DocumentWriter}. They may depend on the product of the
   *   server, and resolve when it is known
   */
  constructor(
    index: string,
    add: (document: Document) => void,
    parameters: () => string | Promise<string> = () => '',
  ) {
    this.#index = index;
    this.#parameters = parameters;
    this.#add = add;
  }

  send(settlement: Settlement, why: DeadLetterReason): Promise<void> {
    const parameters = this.#parameters();
    if (typeof parameters === 'string') return this.#send(settlement, why, parameters);
    return parameters.then(async (known) => {
      // Abandoned meanwhile: its next owner reads the record again.
      if (!settlement.settled) await this.#send(settlement, why, known);
    });
  }

  #send(settlement: Settlement, why: DeadLetterReason, parameters: string): Promise<void> {
    if (this.#writer?.parameters !== parameters)
      this.#writer = { parameters, documents: new DocumentWriter('index', parameters) };
    const letter = deadLetterOf(settlement.record, why);
    const document = this.#writer.documents.write(settlement, this.#index, 0, letter);
    return new Promise((resolve) => {
      document.acknowledged = resolve;
      this.#add(document);
    });
  }

  async close(): Promise<void> {}
}

/** Few fields, all text or numbers, so that no mapping rejects a dead letter. */
function deadLetterOf(record: SourceRecord, { reason, message }: DeadLetterReason): string {
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

/** UTF-8 as text; other bytes as `base64:…`. */
function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString('utf8') : `base64:${bytes.toString('base64')}`;
}
