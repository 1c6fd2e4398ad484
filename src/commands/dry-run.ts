import type { Writable } from 'node:stream';
import { type Codec, decode } from '../codec/decode.ts';
import { type ExactValue, parseObject, stringifyExact } from '../codec/exact-json.ts';
import { messageOf } from '../errors.ts';
import { OwnedPartition } from '../kafka/assignment.ts';
import { Reducing } from '../reducing.ts';
import { Settlement, type SourceRecord } from '../settlement.ts';
import { TakenRecord } from '../taken-record.ts';
import type { Event, RecordInfo } from '../transform/api.ts';
import type { Chain, ChainResult } from '../transform/chain.ts';
import { targetOf } from '../transform/route.ts';
import { diffOf } from './diff.ts';

/** Memory of records that may wait to be made into one event. */
const WAITING_BYTES_MAX = 67_108_864;

/** Runs records through a chain as the aggregator would, and shows what comes out of it. */
export class DryRun {
  readonly counts = { read: 0, out: 0, dropped: 0, failed: 0 };
  readonly #chain: Chain;
  readonly #codec: Codec;
  readonly #output: Writable;
  readonly #say: (text: string) => void;
  readonly #diff: boolean;
  readonly #reducing: Reducing;
  readonly #partitions = new Map<string, OwnedPartition>();
  readonly #labels = new WeakMap<RecordInfo, string>();
  #label = '';

  constructor(chain: Chain, codec: Codec, output: Writable, say: (text: string) => void, diff: boolean) {
    this.#chain = chain;
    this.#codec = codec;
    this.#output = output;
    this.#say = say;
    this.#diff = diff;
    this.#reducing = new Reducing(
      chain,
      WAITING_BYTES_MAX,
      (leader, result, exact) => this.#show(leader, result, exact, undefined),
      () => {},
    );
  }

  /** Says something of the record that is being run. */
  say(text: string): void {
    this.#say(`${this.#label}: ${text}`);
  }

  sayOf(record: RecordInfo, text: string): void {
    this.#say(`${this.#labels.get(record) ?? this.#label}: ${text}`);
  }

  /** @param label what the record is called in the report */
  async take(source: SourceRecord, label: string): Promise<void> {
    this.counts.read++;
    this.#label = label;
    if (source.value === null) {
      this.counts.dropped++;
      this.say('a tombstone, which is skipped');
      return;
    }
    const decoded = decode(source.value, this.#codec);
    if (decoded.kind === 'poison') {
      this.counts.failed++;
      this.say(`would be dead-lettered: ${decoded.reason}: ${decoded.message}`);
      return;
    }
    const exact = decoded.parse();
    const record = new TakenRecord(source, source.topic);
    this.#labels.set(record, label);
    const owned = this.#ownerOf(record);
    const settlement = new Settlement(record, source.value.length, owned, { settled: () => {} });
    owned.receive(settlement);
    // Before a transform may change it.
    const before = this.#diff ? (decoded.parse().value as Event) : undefined;
    const result = await this.#chain.run(exact.value as Event, record);
    if (this.#reducing.isNeeded)
      this.#reducing.next(settlement, result, (settled) => this.#show(settlement, settled, exact, before));
    else this.#show(settlement, result, exact, before);
    await this.#reducing.idle();
  }

  /** The end of all partitions: what still waits for others comes out. */
  async end(): Promise<void> {
    this.#reducing.retire();
    await this.#reducing.idle();
  }

  #show(
    settlement: Settlement,
    { events, failures, waiting }: ChainResult,
    exact: ExactValue,
    before: Event | undefined,
  ): void {
    let failed = failures.length > 0;
    if (!failed && events.length + waiting.length === 0) {
      this.counts.dropped++;
      if (before !== undefined) this.#output.write(diffOf(this.#label, before, []));
    }
    const texts: string[] = [];
    for (const event of events) {
      try {
        texts.push(stringifyExact(event, exact));
        const target = targetOf(event);
        if (target !== undefined && this.#diff) this.say(`goes to ${target}`);
      } catch (error) {
        failed = true;
        this.say(`would be dead-lettered: not_serialisable: ${messageOf(error)}`);
      }
    }
    this.counts.out += texts.length;
    if (failed) this.counts.failed++;
    if (this.#diff && texts.length > 0)
      this.#output.write(
        diffOf(
          this.#label,
          before ?? {},
          texts.map((text) => parseObject(text) ?? {}),
        ),
      );
    else for (const text of texts) this.#output.write(`${text}\n`);
    for (const one of waiting) this.#reducing.wait(one, settlement, exact, 0);
  }

  #ownerOf({ topic, partition, offset }: RecordInfo): OwnedPartition {
    const name = `${topic}:${partition}`;
    const owned = this.#partitions.get(name) ?? new OwnedPartition(topic, partition, offset, -1);
    this.#partitions.set(name, owned);
    return owned;
  }
}
