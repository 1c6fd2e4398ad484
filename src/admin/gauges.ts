import { type Aggregator, Counter, Gauge, type Registry } from 'prom-client';
import type { OwnedPartition } from '../kafka/consumer/assignment.ts';
import type { KafkaState } from '../kafka/consumer/watch.ts';
import type { BlockInfo } from '../pipeline/blocked-records.ts';
import type { RejectionAlert } from '../pipeline/rejection-rate.ts';
import type { TransformTotals } from '../transform/runtime/transform-counts.ts';

/** Values that are read at each scrape. */
export interface Gauges {
  partitions(): readonly OwnedPartition[];
  kafka(): KafkaState;
  /** How often the client has rejected the answer to a rebalance. */
  rebalanceFailures(): number;
  inFlight(): number;
  bufferBytes(): number;
  /** The limit of `bufferBytes`. */
  bufferMaxBytes(): number;
  /** All memory that records have taken since the start. */
  bufferReceivedBytes(): number;
  /** Counts of all transforms since the start. */
  transforms(): readonly TransformTotals[];
  /** Errors that the Kafka client has reported since the start. */
  kafkaErrors(): number;
  pauses(): readonly string[];
  holds(): readonly BlockInfo[];
  rejectionAlert(): RejectionAlert | null;
}

type Labels = Record<string, string>;

/** Registers a counter whose totals are read at each scrape. */
export function registerTotals(
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

/**
 * Registers all gauges. A supervisor merges those of its workers by the given aggregator, else by the sum.
 */
export function registerGauges(registry: Registry, prefix: string, gauges: Gauges): void {
  const gauge: RegisterGauge = (name, help, labelNames, collect, aggregator = 'sum') => {
    registry.registerMetric(
      new Gauge({ name: `${prefix}${name}`, help, labelNames, registers: [], collect, aggregator }),
    );
  };
  registerKafkaGauges(gauge, gauges);
  registerRecordGauges(gauge, gauges);
  gauge('held', 'Causes that block records until an operator acts.', [], function collectHeld() {
    this.set(gauges.holds().length);
  });
  gauge(
    'reject_storm',
    '1 while more than half of the last 1,000 records were rejected for one reason, else 0.',
    [],
    function collectAlert() {
      this.set(gauges.rejectionAlert() === null ? 0 : 1);
    },
    'max',
  );
  gauge(
    'paused',
    '1 for each reason why all consumption is paused; absent without one.',
    ['reason'],
    function collectPaused() {
      this.reset();
      for (const reason of gauges.pauses()) this.set({ reason }, 1);
    },
    'max',
  );
}

function registerRecordGauges(gauge: RegisterGauge, gauges: Gauges): void {
  gauge(
    'in_flight_records',
    'Records that are consumed and not yet settled.',
    [],
    function collectInFlight() {
      this.set(gauges.inFlight());
    },
  );
  gauge(
    'oldest_unsettled_seconds',
    'Age of the oldest unsettled record, from its Kafka timestamp; 0 without one.',
    [],
    function collectOldest() {
      const times = gauges.partitions().flatMap(({ oldest }) => oldest?.record.timestamp ?? []);
      this.set(times.length === 0 ? 0 : Math.max(0, Date.now() - Math.min(...times)) / 1000);
    },
    'max',
  );
  gauge(
    'buffer_size_bytes',
    'Memory of records that are consumed and not yet settled; buffer.max_bytes is the limit.',
    [],
    function collectBuffer() {
      this.set(gauges.bufferBytes());
    },
  );
  gauge(
    'buffer_max_size_bytes',
    'buffer.max_bytes: the limit of buffer_size_bytes.',
    [],
    function collectBufferMax() {
      this.set(gauges.bufferMaxBytes());
    },
  );
}

function registerKafkaGauges(gauge: RegisterGauge, gauges: Pick<Gauges, 'partitions' | 'kafka'>): void {
  gauge(
    'kafka_consumer_lag',
    "Records between the committed offset and the broker's end offset, for each assigned partition.",
    ['topic', 'partition'],
    function collectLag() {
      // A revoked partition must not keep its last value.
      this.reset();
      for (const { topic, partition, lag } of gauges.partitions()) {
        if (lag !== undefined) this.set({ topic, partition: String(partition) }, lag);
      }
    },
  );
  gauge(
    'kafka_connected',
    '1 while brokers answer, else 0.',
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
      // A gauge without labels has a value from the start; remove it.
      if (silentSeconds === null) this.remove();
      else this.set(silentSeconds);
    },
    'max',
  );
}
