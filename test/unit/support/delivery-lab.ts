import type { Document } from '../../../src/elasticsearch/document.ts';
import { CircuitBreaker } from '../../../src/elasticsearch/circuit-breaker.ts';
import { RetryQueue } from '../../../src/elasticsearch/retry-queue.ts';
import type { RequestOutcome } from '../../../src/elasticsearch/bulk-events.ts';
import type { BulkSender } from '../../../src/elasticsearch/bulk.ts';
import type { Batcher } from '../../../src/elasticsearch/batch.ts';
import { createSender } from '../../../src/elasticsearch/create-sender.ts';
import type { Answer } from '../../../src/elasticsearch/verdict.ts';
import { configOf } from './config.ts';
import { settleDown, sourceRecord } from './fakes.ts';
import { PipelineLab } from './pipeline-lab.ts';

export interface Item {
  readonly index: { readonly status: number; readonly result?: string; readonly [member: string]: unknown };
}

const rejectedItem = (status: number, type: string): Item => ({
  index: { status, error: { type, reason: 'as the test wants it' } },
});

export const ITEMS = {
  ok: { index: { status: 201, result: 'created' } },
  busy: rejectedItem(429, 'es_rejected_execution_exception'),
  bad: rejectedItem(400, 'mapper_parsing_exception'),
  blocked: rejectedItem(403, 'cluster_block_exception'),
  dropped: { index: { status: 200, result: 'noop' } },
  diverted: { index: { status: 201, result: 'created', failure_store: 'used' } },
} satisfies Record<string, Item>;

/** Items for all documents that a request holds: those of the offsets that are named, and `ok` for the others. */
export function itemsOf(offsets: readonly number[], named: Record<number, Item> = {}): Answer {
  return {
    status: 200,
    body: { errors: true, items: offsets.map((offset) => named[offset] ?? ITEMS.ok) },
  };
}

export interface Placed {
  readonly partition: number;
  readonly offset: number;
  readonly value?: string | null;
}

/** Answers a request, given the offsets of the records whose documents it holds. */
export type Script = (offsets: number[], request: number, signal: AbortSignal) => Answer | Promise<Answer>;

/** A pipeline with the real batcher, sender and retry queue after it, and an Elasticsearch that a test scripts. */
export class DeliveryLab {
  readonly lab: PipelineLab;
  readonly sender: BulkSender;
  readonly batcher: Batcher;
  readonly retryQueue: RetryQueue;
  readonly breaker = new CircuitBreaker(
    (state) => void this.breakerStates.push(state === null ? 'over' : state.reason),
  );
  readonly breakerStates: string[] = [];
  script: Script;
  /** For each request the offsets of its documents. */
  readonly sent: number[][] = [];
  readonly bodyBytes: number[] = [];
  readonly answered: { outcome: RequestOutcome; documents: number }[] = [];
  /** How many documents were acknowledged by each call for that. */
  readonly indexed: number[] = [];
  /** How often Elasticsearch has said that it has done with a record, by partition and offset. */
  readonly stored = new Map<string, number>();
  /** Called before each document is said to be indexed, and before it is blocked. */
  fails: (document: Document, event: 'indexed' | 'blocked') => void = () => {};
  /** What a document of a record must hold, by partition and offset. */
  readonly #values = new Map<string, string>();

  /** @param elasticsearch YAML under `elasticsearch:` */
  constructor(script: Script = (offsets) => itemsOf(offsets), elasticsearch = '{}') {
    this.script = script;
    const config = configOf(`elasticsearch: ${elasticsearch}`).elasticsearch;
    const pipeline = () => this.lab.pipeline;
    const { sender, batcher } = createSender(
      { ...config, request: { ...config.request, backoff: { initial_ms: 1, max_ms: 1 } } },
      { send: (body, signal) => this.#send(body, signal), refresh: () => {}, close: async () => {} },
      this.breaker,
      {
        indexed: (document) => {
          this.fails(document, 'indexed');
          this.indexed.push(document.count);
          pipeline().indexed(document);
        },
        diverted: (document, to) => pipeline().diverted(document, to),
        rejected: (document, reason, message) => pipeline().rejected(document, reason, message),
        blocked: (document, cause) => {
          this.fails(document, 'blocked');
          this.retryQueue.add(document, cause);
        },
        answered: (outcome, documents) => void this.answered.push({ outcome, documents }),
        retrying: () => {},
      },
    );
    this.sender = sender;
    this.batcher = batcher;
    this.lab = new PipelineLab({
      elasticsearch,
      documents: {
        add: (document) => batcher.add(document),
        flush: () => batcher.flush(),
        takeRejected: () => this.retryQueue.takeRejected(),
        dropAbandoned: () => sender.dropAbandoned(),
      },
    });
    this.retryQueue = new RetryQueue(
      this.lab.blockedRecords,
      { initial_ms: 1, max_ms: 1 },
      (document, signal) => sender.probe(document, signal),
      (documents) => batcher.addAtOnce(documents),
    );
  }

  /** Gives as many records to the pipeline, from `offset` on. */
  receive(count: number, offset = 0, partition = 0): void {
    this.receiveAll(Array.from({ length: count }, (_, at) => ({ partition, offset: offset + at })));
  }

  /** Gives records to the pipeline; their values are `{"n":<offset>}` where nothing else is said. */
  receiveAll(places: readonly Placed[]): void {
    const records = places.map(({ partition, offset, value = `{"n":${offset}}` }) => {
      this.#values.set(`${partition}/${offset}`, value?.replaceAll('\n', ' ') ?? '');
      return sourceRecord({ partition, offset, value: value === null ? null : Buffer.from(value) });
    });
    this.lab.receiveRecords(records);
  }

  async #send(body: Buffer, signal: AbortSignal): Promise<Answer> {
    const text = body.toString();
    // A request of nothing, which asks whether a server is there.
    if (text === '\n') return { status: 400, body: {} };
    const lines = text.split('\n');
    if (lines.pop() !== '' || lines.length % 2 === 1) throw new Error(`no body: ${text.slice(0, 200)}`);
    const places = lines.filter((_, at) => at % 2 === 0).map(placeOf);
    for (const [at, place] of places.entries()) {
      const source = lines[2 * at + 1];
      if (source !== this.#values.get(place)) throw new Error(`at ${place}: ${source?.slice(0, 200)}`);
    }
    const offsets = places.map((place) => Number(place.split('/')[1]));
    this.sent.push(offsets);
    this.bodyBytes.push(body.length);
    const answer = await this.script(offsets, this.sent.length, signal);
    const items =
      'status' in answer && answer.status === 200 ? (answer.body as { items?: Item[] }).items : [];
    for (const [at, item] of items?.entries() ?? []) {
      const place = places[at];
      if (place !== undefined && item.index.status < 300)
        this.stored.set(place, (this.stored.get(place) ?? 0) + 1);
    }
    return answer;
  }

  /** Runs all that waits only for promises and faked delays. */
  async settleDown(): Promise<void> {
    for (let round = 0; round < 20; round++) await settleDown();
  }

  /** Buries what is to be dead-lettered, until nothing is in flight. */
  async untilSettled(): Promise<void> {
    for (let round = 0; this.lab.pipeline.inFlight > 0; round++) {
      if (round > 2000) throw new Error(`${this.lab.pipeline.inFlight} records do not settle`);
      while (this.lab.deadLetters.length > 0) await this.lab.bury();
      await settleDown();
    }
    await this.settleDown();
  }
}

/** `partition/offset` of the record that an action line names. */
function placeOf(action: string): string {
  const { index } = JSON.parse(action) as { index: { _id: string } };
  return index._id.split(':').slice(-2).join('/');
}
