import { AggregatorRegistry, Counter, Histogram, Registry } from 'prom-client';
import type { DeadLetterReason } from '../dead-letter/port.ts';
import type { RequestOutcome } from '../elasticsearch/bulk-events.ts';
import type { BlockInfo } from '../pipeline/blocked-records.ts';
import type { Coordinates } from '../record.ts';
import { type Outcome, outcomes } from '../pipeline/outcome.ts';
import { FlowMetrics } from './flow-metrics.ts';
import { type Gauges, registerGauges, registerTotals } from './gauges.ts';
import { HttpMetrics } from './http-metrics.ts';
import { registerProcess, registerUtilization } from './process-metrics.ts';
import { registerTransforms } from './transform-metrics.ts';
import type { MetricJson, VectorLabels } from './vector-labels.ts';

/** The metrics as Prometheus text; prom-client's registry is one. */
type MetricsText = Pick<Registry, 'contentType' | 'metrics'>;
/** The same, with the values as JSON. */
export type MetricsSource = MetricsText & Pick<Registry, 'getMetricsAsJSON'>;

/**
 * Different values of a label that comes from Elasticsearch or a transform. Further values count as `other`.
 */
const REASONS_MAX = 100;

/** All metrics of the process; docs/metrics.md lists them. Names that Vector has too are Vector's. */
export class Metrics {
  readonly registry = new Registry();
  readonly http: HttpMetrics;
  readonly #flow: FlowMetrics;
  /** Called for each dead letter. */
  onDeadLetter: ((why: Pick<DeadLetterReason, 'reason' | 'cause'>, record: Coordinates) => void) | null =
    null;
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
  /** Seconds of each current block that are counted already, by reason. */
  readonly #countedSeconds = new Map<string, number>();
  /** Counts of every record are plain additions here; the Prometheus counters get them at each scrape. */
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

  readonly #labels: VectorLabels | null;

  /** @param labels adds Vector's labels; null for none */
  constructor(prefix: string, gauges: Gauges, labels: VectorLabels | null = null) {
    this.#labels = labels;
    const counter = <L extends string = never>(
      name: string,
      help: string,
      labelNames: L[] = [],
    ): Counter<L> =>
      new Counter<L>({ name: `${prefix}${name}`, help, labelNames, registers: [this.registry] });
    this.#registerTotals(prefix, gauges);
    this.#deadLetters = counter('dead_letters_total', 'Dead letters that were acknowledged, by reason.', [
      'reason',
    ]);
    this.#requests = counter('bulk_requests_total', 'Bulk requests by outcome.', ['outcome']);
    this.#retried = counter('documents_retried_total', 'Documents that were sent again.');
    this.#transformErrors = counter('transform_errors_total', 'Events for which a transform failed.', [
      'transform',
      'policy',
    ]);
    this.#transformCustom = counter('transform_custom_total', 'Counters that transforms define.', [
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
      help: 'Time from the Kafka timestamp of a record to its acknowledgement; one record for each request.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600],
      registers: [this.registry],
    });
    this.#holdSeconds = new Counter({
      name: `${prefix}hold_seconds_total`,
      help: 'Time during which records were blocked, by cause.',
      labelNames: ['reason'],
      registers: [this.registry],
      collect: () => {
        for (const hold of gauges.holds()) this.#countHold(hold);
      },
    });
    registerGauges(this.registry, prefix, gauges);
    registerTransforms(this.registry, prefix, () => gauges.transforms());
    this.http = new HttpMetrics(this.registry, prefix);
    this.#flow = new FlowMetrics(this.registry, prefix, {
      ...gauges,
      requestFailures: () => this.http.failures,
    });
    registerProcess(this.registry, prefix);
    registerUtilization(this.registry, prefix);
  }

  #registerTotals(prefix: string, gauges: Gauges): void {
    const total = (name: string, help: string, read: () => number): void =>
      registerTotals(this.registry, `${prefix}${name}`, help, [], () => [[{}, read()]]);
    total('component_received_events_total', 'Records consumed from Kafka.', () => this.#received);
    const sent = 'Documents that Elasticsearch has acknowledged, dead letters in an index included.';
    total('component_sent_events_total', sent, () => this.#sent);
    const dropped = 'Records whose events were all dropped, by transforms or by an ingest pipeline.';
    total('component_discarded_events_total', dropped, () => this.#outcomes.dropped);
    total('output_events_total', 'Events that the transforms returned.', () => this.#outputs);
    const byPipeline = 'Documents that an ingest pipeline of Elasticsearch dropped.';
    total('documents_dropped_by_pipeline_total', byPipeline, () => this.#droppedByPipeline);
    const already =
      'Documents that were not written since one with their id is there: from an earlier delivery, or, with ' +
      '`id_key`, of another record.';
    total('documents_already_there_total', already, () => this.#alreadyThere);
    const failures = 'Answers to a rebalance that the Kafka client rejected; each is repeated.';
    total('kafka_rebalance_failures_total', failures, () => gauges.rebalanceFailures());
    const records = 'Settled records by outcome; each record is counted once.';
    registerTotals(this.registry, `${prefix}records_total`, records, ['outcome'], () =>
      outcomes.map((outcome) => [{ outcome }, this.#outcomes[outcome]]),
    );
    const started =
      'Processes that were started: 1, and with several workers one for each start of a worker.';
    total('started_total', started, () => 1);
  }

  /** The values, in a form that a supervisor can merge. */
  async json(): Promise<MetricJson[]> {
    const values: MetricJson[] = await this.registry.getMetricsAsJSON();
    return this.#labels === null ? values : this.#labels.label(values, performance.now());
  }

  /** The values as Prometheus text, and as the history of the status page reads them. */
  get text(): MetricsSource {
    if (this.#labels === null) return this.registry;
    // Of one registry each value is the first one.
    const first = (metric: MetricJson): MetricJson => ({ ...metric, aggregator: 'first' });
    return {
      contentType: this.registry.contentType,
      metrics: async () => AggregatorRegistry.aggregate([(await this.json()).map(first)]).metrics(),
      getMetricsAsJSON: () => this.registry.getMetricsAsJSON(),
    };
  }

  get receivedCount(): number {
    return this.#received;
  }

  /** @param bytes of the records' values, keys and headers */
  received(count: number, bytes: number): void {
    this.#received += count;
    this.#flow.received(bytes);
  }

  /** A poll has ended with a record of this time. */
  polled(timestamp: number): void {
    this.#flow.polled(timestamp);
  }

  /** A record can never be a document. */
  undecodable(): void {
    this.#flow.undecodable();
  }

  /** Documents were handed to the batches. */
  rendered(count: number, bytes: number): void {
    this.#flow.rendered(count, bytes);
  }

  /** Elasticsearch has rejected a document. */
  rejected(): void {
    this.#flow.rejected();
  }

  settled(outcome: Outcome, count: number, timestamp: number): void {
    this.#outcomes[outcome] += count;
    if (this.#isObserved || outcome !== 'indexed' || timestamp < 0) return;
    this.#isObserved = true;
    this.#endToEnd.observe(Math.max(0, Date.now() - timestamp) / 1000);
  }

  /** Records of each outcome since the start. */
  outcomeCounts(): Record<Outcome, number> {
    return { ...this.#outcomes };
  }

  deadLettered(reason: string, record?: Coordinates, cause?: string): void {
    this.#deadLetters.inc({ reason: this.#bounded('dead letter', reason) });
    if (record !== undefined) this.onDeadLetter?.({ reason, cause }, record);
  }

  /** A cause no longer blocks records. */
  holdEnded(hold: Pick<BlockInfo, 'reason' | 'seconds'>): void {
    this.#countHold(hold);
    this.#countedSeconds.delete(hold.reason);
  }

  #countHold({ reason, seconds }: Pick<BlockInfo, 'reason' | 'seconds'>): void {
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

  sent(count: number, bytes: number, alreadyThere: boolean): void {
    this.#sent += count;
    this.#flow.sent(bytes);
    if (alreadyThere) this.#alreadyThere += count;
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
