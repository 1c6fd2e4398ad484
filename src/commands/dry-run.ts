import type { Writable } from 'node:stream';
import { type Codec, decode } from '../codec/decode.ts';
import { type ExactValue, parseObject, stringifyExact } from '../codec/exact-json.ts';
import { messageOf } from '../errors.ts';
import type { SourceRecord } from '../record.ts';
import type { Event, RecordInfo } from '../transform/api/api.ts';
import type { Chain, ChainResult } from '../transform/runtime/chain.ts';
import { targetOf } from '../transform/api/route.ts';
import { TrialRun } from '../pipeline/trial-run.ts';
import { diffOf } from './diff.ts';
import { room } from './output.ts';

/** Where and how a dry run shows its results. */
interface DryRunOutput {
  readonly output: Writable;
  readonly say: (text: string) => void;
  /** Whether to show changes in place of the resulting events. */
  readonly diff: boolean;
}

/** Runs records through a chain as the aggregator does, and shows the results. */
export class DryRun {
  readonly counts = { read: 0, out: 0, dropped: 0, failed: 0 };
  readonly #codec: Codec;
  readonly #shown: DryRunOutput;
  readonly #trial: TrialRun;
  readonly #labels = new WeakMap<RecordInfo, string>();
  #label = '';
  /** The current record, and a copy of its event before the transforms change it. */
  #current: { readonly record: RecordInfo; readonly before: Event } | undefined;

  constructor(chain: Chain, codec: Codec, shown: DryRunOutput) {
    this.#codec = codec;
    this.#shown = shown;
    this.#trial = new TrialRun(chain, (record, result, exact) => this.#show(record, result, exact));
  }

  /** Records that wait in aggregations. */
  get open(): number {
    return this.#trial.open;
  }

  /** Reports about the current record. */
  say(text: string): void {
    this.#shown.say(`${this.#label}: ${text}`);
  }

  sayOf(record: RecordInfo, text: string): void {
    this.#shown.say(`${this.#labels.get(record) ?? this.#label}: ${text}`);
  }

  /**
   * Runs a record, once the output can be written.
   *
   * @param label name of the record in the report
   * @throws Error if the output can no longer be written
   */
  async run(source: SourceRecord, label: string): Promise<void> {
    await room(this.#shown.output);
    this.counts.read++;
    this.#label = label;
    if (source.value === null) {
      this.counts.dropped++;
      this.say('skipped: a tombstone (null value)');
      return;
    }
    const decoded = decode(source.value, this.#codec, this.#trial.isLazy);
    if (decoded.kind === 'poison') {
      this.counts.failed++;
      this.say(`would be dead-lettered: ${decoded.reason}: ${decoded.message}`);
      return;
    }
    const settlement = this.#trial.receive(source);
    const { record } = settlement;
    this.#labels.set(record, label);
    if (this.#shown.diff) this.#current = { record, before: decoded.parse().value as Event };
    await this.#trial.run(settlement, decoded.event());
    this.#current = undefined;
  }

  /** Ends all partitions: aggregations emit their open groups. */
  async end(): Promise<void> {
    await this.#trial.end();
  }

  #show(record: RecordInfo, { events, failures, waiting }: ChainResult, exact: ExactValue): void {
    const { output, diff } = this.#shown;
    const label = this.#labels.get(record) ?? this.#label;
    const before = this.#current?.record === record ? this.#current.before : undefined;
    let failed = failures.length > 0;
    if (!failed && events.length + waiting.length === 0) {
      this.counts.dropped++;
      if (before !== undefined) output.write(diffOf(label, before, []));
    }
    const texts: string[] = [];
    for (const event of events) {
      try {
        texts.push(stringifyExact(event, exact));
        const target = targetOf(event);
        if (target !== undefined && diff) this.sayOf(record, `goes to ${target}`);
      } catch (error) {
        failed = true;
        this.sayOf(record, `would be dead-lettered: not_serialisable: ${messageOf(error)}`);
      }
    }
    this.counts.out += texts.length;
    if (failed) this.counts.failed++;
    if (diff && texts.length > 0) {
      const after = texts.map((text) => parseObject(text) ?? {});
      output.write(diffOf(label, before ?? {}, after));
    } else for (const text of texts) output.write(`${text}\n`);
  }
}
