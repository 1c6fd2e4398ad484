import { type Aggregator, Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { RequestOutcome } from '../elasticsearch/bulk-events.ts';
import type { OwnedPartition } from '../kafka/assignment.ts';
import type { KafkaState } from '../kafka/watch.ts';
import type { HoldInfo } from '../holds.ts';
import type { Storm } from '../reject-storm.ts';
import { type Outcome, outcomes } from '../settlement.ts';

/** Prometheus's text; prom-client's registry gives it. */
export type MetricsText = Pick<Registry, 'contentType' | 'metrics'>;

/** What is read when somebody asks, rather than counted on the way. */
export interface Gauges {
  partitions(): readonly OwnedPartition[];
  kafka(): KafkaState;
  /** How often the client has not taken the answer to a rebalance. */
  rebalanceFailures(): number;
  inFlight(): number;
  bufferBytes(): number;
  pauses(): readonly string[];
  holds(): readonly HoldInfo[];
  storm(): Storm | null;
}

/** Reasons and names come from Elasticsearch and from transforms; beyond so many different ones the rest is counted together. */
const REASONS_MAX = 100;

/** All counts of the process. Names are those of Vector where it has them, with a prefix of the user's choice. */
export class Metrics {
  readonly registry = new Registry();
  readonly #deadLetters: Counter<'reason'>;
  readonly #requests: Counter<'outcome'>;
  readonly #retried: Counter;
  readonly #rtt: Histogram;
  readonly #endToEnd: Histogram;
  #isObserved = false;
  readonly #transformErrors: Counter<'transform' | 'policy'>;
  readonly #transformCustom: Counter<'transform' | 'name'>;
  readonly #holdSeconds: Counter<'reason'>;
  readonly #reasons = new Map<string, Set<string>>();
  /** How many seconds of a hold that lasts are counted, by reason. */
  readonly #countedSeconds = new Map<string, number>();
  /** What is counted for every record costs an addition here; Prometheus's counters learn it when somebody asks. */
  readonly #outcomes: Record<Outcome, number> = {
    skipped: 0,
    dropped: 0,
    indexed: 0,
    failure_store: 0,
    dead_lettered: 0,
    returned: 0,
  };
  #received = 0;
  #outputs = 0;
  #sent = 0;
  #alreadyThere = 0;
  #droppedByPipeline = 0;

  constructor(prefix: string, gauges: Gauges) {
    const counter = <L extends string = never>(
      name: string,
      help: string,
      labelNames: L[] = [],
    ): Counter<L> =>
      new Counter<L>({ name: `${prefix}${name}`, help, labelNames, registers: [this.registry] });
    const total = (name: string, help: string, read: () => number): void =>
      registerTotals(this.registry, `${prefix}${name}`, help, [], () => [[{}, read()]]);
    total('component_received_events_total', 'Records taken from Kafka.', () => this.#received);
    total('component_sent_events_total', 'Documents that Elasticsearch has indexed.', () => this.#sent);
    const dropped = "Records dropped by the user's transforms, or by an ingest pipeline.";
    total('component_discarded_events_total', dropped, () => this.#outcomes.dropped);
    total('output_events_total', 'Events that the transforms made.', () => this.#outputs);
    const byPipeline = 'Documents that an ingest pipeline of Elasticsearch dropped.';
    total('documents_dropped_by_pipeline_total', byPipeline, () => this.#droppedByPipeline);
    const already = 'Creates of documents that were there already.';
    total('documents_already_there_total', already, () => this.#alreadyThere);
    const refused = 'Answers to a rebalance that the Kafka client did not take; each is given again.';
    total('kafka_rebalance_failures_total', refused, () => gauges.rebalanceFailures());
    const records = 'Records by what became of them; each is counted once.';
    registerTotals(this.registry, `${prefix}records_total`, records, ['outcome'], () =>
      outcomes.map((outcome) => [{ outcome }, this.#outcomes[outcome]]),
    );
    this.#deadLetters = counter('dead_letters_total', 'Records dead-lettered, by reason.', ['reason']);
    this.#requests = counter('bulk_requests_total', 'Bulk requests by outcome.', ['outcome']);
    this.#retried = counter('documents_retried_total', 'Documents that were sent again.');
    this.#transformErrors = counter('transform_errors_total', 'Errors of transforms.', [
      'transform',
      'policy',
    ]);
    this.#transformCustom = counter('transform_custom_total', "Transforms' own counters.", [
      'transform',
      'name',
    ]);
    this.#rtt = new Histogram({
      name: `${prefix}http_client_rtt_seconds`,
      help: 'Time from sending a bulk request to its answer.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [this.registry],
    });
    this.#endToEnd = new Histogram({
      name: `${prefix}end_to_end_seconds`,
      help: "From a record's Kafka timestamp to its acknowledgement by Elasticsearch; one record of each answer.",
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
      registers: [this.registry],
    });
    this.#holdSeconds = new Counter({
      name: `${prefix}hold_seconds_total`,
      help: 'Time that records were held, by cause.',
      labelNames: ['reason'],
      registers: [this.registry],
      collect: () => {
        for (const hold of gauges.holds()) this.#countHold(hold);
      },
    });
    registerGauges(this.registry, prefix, gauges);
    collectDefaultMetrics({ register: this.registry, prefix });
  }

  get receivedCount(): number {
    return this.#received;
  }

  received(count: number): void {
    this.#received += count;
  }

  settled(outcome: Outcome, timestamp: number): void {
    this.#outcomes[outcome]++;
    if (this.#isObserved || outcome !== 'indexed' || timestamp < 0) return;
    this.#isObserved = true;
    this.#endToEnd.observe(Math.max(0, Date.now() - timestamp) / 1000);
  }

  /** How many records ended in each outcome since the start. */
  outcomeCounts(): Record<Outcome, number> {
    return { ...this.#outcomes };
  }

  deadLettered(reason: string): void {
    this.#deadLetters.inc({ reason: this.#bounded('dead letter', reason) });
  }

  /** A hold is over. */
  holdEnded(hold: Pick<HoldInfo, 'reason' | 'seconds'>): void {
    this.#countHold(hold);
    this.#countedSeconds.delete(hold.reason);
  }

  #countHold({ reason, seconds }: Pick<HoldInfo, 'reason' | 'seconds'>): void {
    const counted = this.#countedSeconds.get(reason) ?? 0;
    this.#countedSeconds.set(reason, seconds);
    this.#holdSeconds.inc({ reason: this.#bounded('hold', reason) }, Math.max(0, seconds - counted));
  }

  #bounded(kind: string, reason: string): string {
    const known = this.#reasons.get(kind) ?? new Set();
    this.#reasons.set(kind, known);
    if (!known.has(reason) && known.size >= REASONS_MAX) return 'other';
    known.add(reason);
    return reason;
  }

  outputEvents(count: number): void {
    this.#outputs += count;
  }

  sent(alreadyThere: boolean): void {
    this.#sent++;
    if (alreadyThere) this.#alreadyThere++;
  }

  droppedByPipeline(): void {
    this.#droppedByPipeline++;
  }

  answered(outcome: RequestOutcome, ms: number): void {
    this.#isObserved = false;
    this.#requests.inc({ outcome });
    this.#rtt.observe(ms / 1000);
  }

  retrying(documents: number): void {
    this.#retried.inc(documents);
  }

  transformError(transform: string, policy: string): void {
    this.#transformErrors.inc({ transform, policy });
  }

  transformCount(transform: string, name: string, by: number): void {
    this.#transformCustom.inc({ transform, name: this.#bounded(`counter of ${transform}`, name) }, by);
  }
}

type Labels = Record<string, string>;

/** A counter whose totals are read when somebody asks. */
function registerTotals(
  registry: Registry,
  name: string,
  help: string,
  labelNames: string[],
  read: () => [Labels, number][],
): void {
  const counter = new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect: () => {
      counter.reset();
      for (const [labels, total] of read()) counter.inc(labels, total);
    },
  });
}

type RegisterGauge = <L extends string = never>(
  name: string,
  help: string,
  labelNames: L[],
  collect: (this: Gauge<L>) => void,
  aggregator?: Aggregator,
) => void;

function registerGauges(registry: Registry, prefix: string, gauges: Gauges): void {
  const gauge: RegisterGauge = (name, help, labelNames, collect, aggregator = 'sum') => {
    registry.registerMetric(
      new Gauge({ name: `${prefix}${name}`, help, labelNames, registers: [], collect, aggregator }),
    );
  };
  registerKafkaGauges(gauge, gauges);
  gauge('in_flight_records', 'Records taken and not yet settled.', [], function collectInFlight() {
    this.set(gauges.inFlight());
  });
  gauge(
    'oldest_unsettled_seconds',
    'Age of the oldest record that is taken and not settled; 0 without one.',
    [],
    function collectOldest() {
      const times = gauges.partitions().flatMap(({ oldest }) => oldest?.record.timestamp ?? []);
      this.set(times.length === 0 ? 0 : Math.max(0, Date.now() - Math.min(...times)) / 1000);
    },
    'max',
  );
  gauge('buffer_size_bytes', 'Memory of records taken and not yet settled.', [], function collectBuffer() {
    this.set(gauges.bufferBytes());
  });
  gauge('held', 'Holds: causes that somebody must mend before records go on.', [], function collectHeld() {
    this.set(gauges.holds().length);
  });
  gauge(
    'reject_storm',
    '1 while more than half of the last 1,000 records were refused for one reason.',
    [],
    function collectStorm() {
      this.set(gauges.storm() === null ? 0 : 1);
    },
    'max',
  );
  gauge(
    'paused',
    '1 for each reason why consumption is paused.',
    ['reason'],
    function collectPaused() {
      this.reset();
      for (const reason of gauges.pauses()) this.set({ reason }, 1);
    },
    'max',
  );
}

function registerKafkaGauges(gauge: RegisterGauge, gauges: Pick<Gauges, 'partitions' | 'kafka'>): void {
  gauge(
    'kafka_consumer_lag',
    "Broker's end offset minus committed offset.",
    ['topic', 'partition'],
    function collectLag() {
      // Revoked partitions must not stay with their last value.
      this.reset();
      for (const { topic, partition, lag } of gauges.partitions()) {
        if (lag !== undefined) this.set({ topic, partition: String(partition) }, lag);
      }
    },
  );
  gauge(
    'kafka_connected',
    '1 while brokers answer.',
    [],
    function collectConnected() {
      this.set(gauges.kafka().connected ? 1 : 0);
    },
    'min',
  );
  gauge(
    'kafka_last_contact_seconds',
    'Time since a broker last answered; absent before the first connection.',
    [],
    function collectContact() {
      const { silentSeconds } = gauges.kafka();
      this.reset();
      // Without a label there is a value from the beginning on.
      if (silentSeconds === null) this.remove();
      else this.set(silentSeconds);
    },
    'max',
  );
}
