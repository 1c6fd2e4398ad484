import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaConsumer, TopicPartitionOffset } from '@confluentinc/kafka-javascript';
import { called, withObserver } from '../../test/support/kafka-client.ts';
import type { Status } from '../../test/support/logweir.ts';
import { waitFor } from '../../test/support/wait.ts';
import type { Instance } from './instance.ts';
import type { Load } from './load.ts';
import type { Stage } from './stage.ts';
import { type Terminal, grouped } from './terminal.ts';

const EVERY_MS = 250;
const COUNT_EVERY_MS = 1000;
const TIMEOUT_MS = 5000;
/** The usual distance of the committed offset, as a duration of the load. */
const BEHIND_MS = 2000;

/**
 * Observes the demo from outside, several times a second: the group's offsets, the index, the status page.
 */
export class Watch {
  readonly #stage: Stage;
  readonly #instance: Instance;
  readonly #load: Load;
  readonly #terminal: Terminal;
  readonly #signal: AbortSignal;
  readonly #loops: Promise<unknown>[];
  readonly #eventsPerMs: number;
  #committed: readonly number[] = [];
  #indexed = 0;
  #status: Status | undefined;
  #restarts = 0;
  #closed = false;

  constructor(
    stage: Stage,
    instance: Instance,
    load: Load,
    options: { terminal: Terminal; signal: AbortSignal; eventsPerMs: number },
  ) {
    this.#stage = stage;
    this.#instance = instance;
    this.#load = load;
    this.#terminal = options.terminal;
    this.#signal = options.signal;
    this.#eventsPerMs = options.eventsPerMs;
    this.#loops = [
      withObserver(stage.kafka, stage.group, (observer) =>
        this.#repeat(EVERY_MS, () => this.#readCommitted(observer)),
      ),
      this.#repeat(COUNT_EVERY_MS, () => this.#countIndexed()),
      this.#repeat(EVERY_MS, async () => {
        this.#status = await this.#instance.status();
      }),
      this.#repeat(EVERY_MS, async () => this.#show()),
    ];
  }

  /** Sum over the partitions, read from the broker. */
  get committedCount(): number {
    return this.#committed.reduce((sum, offset) => sum + offset, 0);
  }

  /** Acknowledged by the broker, and not yet committed by the group. */
  get lag(): number {
    return Math.max(0, this.#load.produced - this.committedCount);
  }

  get behind(): boolean {
    return this.lag > BEHIND_MS * this.#eventsPerMs;
  }

  get paused(): boolean {
    return this.#status?.elasticsearch.state === 'outage' && this.#status.kafka.paused.length > 0;
  }

  /** Whether the group has committed up to these offsets, by partition. */
  reached(ends: readonly number[]): boolean {
    return ends.every((end, partition) => (this.#committed[partition] ?? 0) >= end);
  }

  restarted(): void {
    this.#restarts++;
    this.#status = undefined;
  }

  async until(condition: () => boolean, what: string, timeoutMs: number): Promise<void> {
    const holds = () => {
      this.#signal.throwIfAborted();
      return condition();
    };
    await waitFor(holds, { timeoutMs, what });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#loops);
  }

  /** Retries failures: the demo stops servers on purpose. */
  async #repeat(everyMs: number, look: () => Promise<void>): Promise<void> {
    while (!this.#closed) {
      await look().catch(() => {});
      await delay(everyMs);
    }
  }

  async #readCommitted(observer: KafkaConsumer): Promise<void> {
    const { topic, partitions } = this.#stage;
    const wanted = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
    const found = await called<TopicPartitionOffset[]>((callback) =>
      observer.committed(wanted, TIMEOUT_MS, callback),
    );
    const offsets = new Map(found.map(({ partition, offset }) => [partition, offset]));
    this.#committed = wanted.map(({ partition }) => Math.max(0, offsets.get(partition) ?? 0));
  }

  async #countIndexed(): Promise<void> {
    const { elasticsearch, indexPattern } = this.#stage;
    const response = await fetch(`${elasticsearch}/${indexPattern}/_count`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const { count } = (await response.json()) as { count?: number };
    if (typeof count === 'number') this.#indexed = count;
  }

  #show(): void {
    const notYet = this.#status === undefined && this.#restarts === 0;
    if (notYet || this.#signal.aborted) return;
    const columns = [
      `produced ${grouped(this.#load.produced).padStart(6)}`,
      `indexed ${grouped(this.#indexed).padStart(6)}`,
      `lag ${grouped(this.lag).padStart(6)}`,
    ];
    this.#terminal.progress(`${columns.join('   ')}   ${this.#state()}`);
  }

  #state(): string {
    const style: Terminal['style'] = (name, text) => this.#terminal.style(name, text);
    const status = this.#status;
    if (status === undefined) return style('red', 'killed, restarting');
    if (status.elasticsearch.state === 'outage') return style('yellow', 'outage: paused');
    if (status.elasticsearch.state === 'hold') return style('red', `blocked: ${status.reason}`);
    if (status.kafka.partitions.length === 0) {
      return style('yellow', `${this.#restarts > 0 ? 'restarted, ' : ''}waiting for partitions`);
    }
    return this.behind ? style('yellow', 'catching up') : style('green', 'running');
  }
}
