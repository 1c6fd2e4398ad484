import { AdminServer } from './admin/server.ts';
import { Alarms } from './alarms.ts';
import { Metrics } from './admin/metrics.ts';
import { Beginning } from './clock.ts';
import type { LoadedConfig } from './config/load.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Batcher } from './elasticsearch/batch.ts';
import { bulkEvents } from './elasticsearch/bulk-outcomes.ts';
import type { BulkSender } from './elasticsearch/bulk.ts';
import { askEndpoints, withoutPassword } from './elasticsearch/ask-endpoints.ts';
import { deadLetterParameters } from './elasticsearch/bulk-query.ts';
import { type BulkTransport, connectElasticsearch } from './elasticsearch/client.ts';
import { Outage, type OutageState } from './elasticsearch/outage.ts';
import { Parking } from './elasticsearch/parking.ts';
import { Reachability } from './elasticsearch/reachability.ts';
import { DeadLetterIndex } from './elasticsearch/dead-letter-index.ts';
import { createSending } from './elasticsearch/sending.ts';
import { createRenderer } from './elasticsearch/render.ts';
import { type HoldInfo, Holds, holdOfAll } from './holds.ts';
import { Consumer } from './kafka/consumer.ts';
import { DeadLetterTopic } from './kafka/dead-letter-topic.ts';
import { checkClientOptions } from './kafka/options-check.ts';
import { KafkaWatch } from './kafka/watch.ts';
import type { Log } from './log.ts';
import { Pipeline } from './pipeline.ts';
import type { Original } from './pipeline-parts.ts';
import { RejectStorm } from './reject-storm.ts';
import type { Outcome } from './settlement.ts';
import { type ElasticsearchState, type Status, statusOf } from './admin/status.ts';
import { LiveChain } from './transform/live-chain.ts';
import type { Quarantine } from './workers/quarantine.ts';

export interface AggregatorOptions {
  readonly original?: Original;
  /** Records that no transform may see again; whoever gives it may add to it at any time. */
  readonly quarantine?: Quarantine;
  /** Where the watchdog tells that the event loop is stuck; the log if left out. */
  readonly stuckFd?: number;
}

const IDLE_CHECK_MS = 500;

/** All parts of a running aggregator, put together; `logweir run` is this and the signals. */
export class Aggregator {
  readonly #loaded: LoadedConfig;
  readonly #log: Log;
  readonly #transport: BulkTransport;
  readonly #outage: Outage;
  readonly #reachability: Reachability;
  readonly #holds: Holds;
  readonly #parking: Parking;
  readonly #storm: RejectStorm;
  readonly #consumer: Consumer;
  readonly #kafka: KafkaWatch;
  readonly #pipeline: Pipeline;
  readonly #batcher: Batcher;
  readonly #deadLetters: DeadLetters | null;
  readonly #metrics: Metrics;
  readonly #chain: LiveChain;
  readonly #started = new Beginning();
  readonly #alarms: Alarms;
  #admin: AdminServer | null = null;
  #stopping = false;

  /** Loads the transforms and checks all that can be checked without a server. @throws LogweirError CONFIG */
  static async create(loaded: LoadedConfig, log: Log, options: AggregatorOptions = {}): Promise<Aggregator> {
    await checkClientOptions(loaded.config);
    const chain = await LiveChain.load(loaded, log, options.stuckFd ?? null);
    const aggregator = new Aggregator(loaded, chain, log, options);
    chain.metrics = aggregator.#metrics;
    return aggregator;
  }

  private constructor(loaded: LoadedConfig, chain: LiveChain, log: Log, options: AggregatorOptions) {
    const { config } = loaded;
    this.#loaded = loaded;
    this.#log = log;
    this.#chain = chain;
    this.#metrics = this.#createMetrics();
    this.#alarms = new Alarms(log, () => ({
      outage: this.#outage.state,
      holds: this.#holds.list(),
      inFlight: this.#pipeline.inFlight,
    }));
    this.#holds = this.#createHolds();
    this.#storm = new RejectStorm(config.dead_letter.hold_above_ratio, this.#alarms.storm);
    this.#transport = connectElasticsearch(config.elasticsearch);
    this.#reachability = new Reachability(askEndpoints(config.elasticsearch), this.#alarms.reachability);
    this.#outage = new Outage((state, before) => this.#outageChanged(state, before));
    this.#deadLetters = this.#createDeadLetters();
    const events = bulkEvents({
      metrics: this.#metrics,
      reachability: this.#reachability,
      pipeline: () => this.#pipeline,
      parking: () => this.#parking,
    });
    const { sender, batcher } = createSending(config.elasticsearch, this.#transport, this.#outage, events);
    this.#batcher = batcher;
    this.#parking = this.#createParking(sender);
    this.#pipeline = new Pipeline({
      assignment: () => this.#consumer.assignment,
      codec: config.decoding.codec,
      chain: chain.current,
      watch: chain,
      renderer: createRenderer(config.elasticsearch),
      documents: {
        add: (document) => this.#batcher.add(document),
        flush: () => this.#batcher.flush(),
        takeRejected: () => this.#parking.takeRejected(),
        dropGivenUp: () => sender.dropGivenUp(),
      },
      deadLetters: this.#deadLetters,
      holds: this.#holds,
      storm: this.#storm,
      events: this.#metrics,
      bufferBytes: config.buffer.max_bytes,
      original: options.original,
      quarantine: options.quarantine,
    });
    this.#consumer = new Consumer(
      config.kafka,
      // What sends dead letters again reads their topic.
      config.dead_letter.to === 'topic' && options.original === undefined ? config.dead_letter.topic : null,
      this.#pipeline,
      log,
    );
    this.#kafka = new KafkaWatch(this.#consumer, config, log);
  }

  #createMetrics(): Metrics {
    return new Metrics(this.#loaded.config.admin.metrics_prefix, {
      partitions: () => this.#consumer.assignment.all(),
      kafka: () => this.#kafka.state,
      rebalanceFailures: () => this.#consumer.rebalancer?.failures ?? 0,
      inFlight: () => this.#pipeline.inFlight,
      bufferBytes: () => this.#pipeline.budget.usedBytes,
      pauses: () => this.#consumer.pauses,
      holds: () => this.#activeHolds(),
      storm: () => this.#storm.current,
    });
  }

  #createParking(sender: BulkSender): Parking {
    return new Parking(
      this.#holds,
      this.#loaded.config.elasticsearch.request.backoff,
      (document, signal) => sender.probe(document, signal),
      (documents) => {
        this.#metrics.retrying(documents.length);
        this.#batcher.addAtOnce(documents);
      },
    );
  }

  #createHolds(): Holds {
    const { holds } = this.#alarms;
    return new Holds({
      began: (hold) => holds.began(hold),
      ended: (hold) => {
        this.#metrics.holdEnded(hold);
        holds.ended(hold);
      },
    });
  }

  #createDeadLetters(): DeadLetters | null {
    const { dead_letter, kafka, elasticsearch } = this.#loaded.config;
    switch (dead_letter.to) {
      case 'topic':
        return new DeadLetterTopic(kafka, dead_letter.topic, this.#holds);
      case 'index':
        return new DeadLetterIndex(
          dead_letter.index,
          (document) => this.#pipeline.addLetter(document),
          deadLetterParameters(elasticsearch),
        );
      case 'hold':
        return null;
    }
  }

  /** Runs until {@link stop}. @throws LogweirError */
  async run(): Promise<void> {
    const { config } = this.#loaded;
    this.#kafka.start();
    const stopReminding = this.#alarms.start();
    const closingGroups = setInterval(() => this.#pipeline.closeIdleGroups(), IDLE_CHECK_MS);
    this.#chain.watch();
    try {
      if (config.admin.listen !== '') {
        this.#admin = await AdminServer.start(config.admin, {
          metrics: this.#metrics.registry,
          status: () => this.status(),
          readiness: () => this.#notReady(),
          failed: (error) => this.#log.warn({ reason: error.message }, 'the admin endpoint has an error'),
        });
      }
      this.#log.info(
        {
          config: this.#loaded.path,
          topics: config.kafka.topics,
          group: config.kafka.group_id,
          elasticsearch: config.elasticsearch.endpoints.map(withoutPassword),
          transforms: config.transforms.map(({ use }) => use),
          admin: this.#admin?.address,
        },
        'logweir starts',
      );
      void this.#reachability.run();
      await this.#consumer.run();
    } finally {
      this.#reachability.close();
      this.#kafka.close();
      stopReminding();
      clearInterval(closingGroups);
      await this.#admin?.close();
    }
  }

  /** Takes the transforms of the configuration file as it is now, from the next record on. Never rejects. */
  async reload(): Promise<void> {
    await this.#chain.reload((chain) => this.#pipeline.changeChain(chain));
  }

  /** Takes no more, settles what is in flight up to the shutdown timeout, commits, and leaves the group. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#log.info({ in_flight: this.#pipeline.inFlight }, 'stopping: settling what is in flight');
    this.#consumer.stop();
    const partitions = this.#consumer.assignment.all();
    await this.#pipeline.drained(partitions, this.#loaded.config.shutdown_timeout_ms);
    const unsettled = this.#pipeline.inFlight;
    await this.#consumer.leave();
    this.#pipeline.giveUp(partitions);
    this.#parking.close();
    this.#batcher.close();
    await Promise.all([this.#deadLetters?.close(), this.#chain.close(), this.#transport.close()]);
    this.#log.info(
      { unsettled, ...this.#metrics.outcomeCounts() },
      'stopped; what is unsettled will be read again',
    );
  }

  /** The offsets that the brokers have taken, by `topic:partition`. */
  committed(): Map<string, number> {
    const owned = this.#consumer.assignment.all();
    return new Map(owned.map(({ topic, partition, committed }) => [`${topic}:${partition}`, committed]));
  }

  /** How many records ended in each outcome. */
  outcomes(): Record<Outcome, number> {
    return this.#metrics.outcomeCounts();
  }

  /** What `/metrics` shows, for whoever adds it up. */
  async metrics(): ReturnType<Metrics['registry']['getMetricsAsJSON']> {
    return await this.#metrics.registry.getMetricsAsJSON();
  }

  /** The JSON of `/api/status`. */
  status(): Status {
    return statusOf({
      started: this.#started,
      stopping: this.#stopping,
      notReady: this.#notReady(),
      config: this.#loaded.config,
      consumer: this.#consumer,
      kafka: this.#kafka.state,
      pipeline: this.#pipeline,
      elasticsearch: this.#elasticsearch(),
      holds: this.#activeHolds(),
      storm: this.#storm.current,
      metrics: this.#metrics,
    });
  }

  #notReady(): string | null {
    if (this.#stopping) return 'stopping';
    const { state, reason } = this.#elasticsearch();
    if (state !== 'ok') return `Elasticsearch: ${state}: ${reason}`;
    const [hold] = this.#holds.list();
    if (hold !== undefined) return `held: ${hold.reason}`;
    const { reason: kafka } = this.#kafka.state;
    return kafka === null ? null : `Kafka: ${kafka}`;
  }

  /** What bulk requests have shown, or else what it says when it is asked. */
  #elasticsearch(): ElasticsearchState {
    const outage = this.#outage.state;
    if (outage === null) return this.#reachability.state;
    return { state: outage.kind, reason: outage.reason, since: outage.began.at };
  }

  /** Holds of single partitions, and the one of all where Elasticsearch refuses whole requests. */
  #activeHolds(): HoldInfo[] {
    const { state } = this.#outage;
    if (state?.kind !== 'hold') return this.#holds.list();
    return [holdOfAll(state.reason, state.began, this.#pipeline.inFlight), ...this.#holds.list()];
  }

  #outageChanged(state: OutageState | null, before: OutageState | null): void {
    this.#consumer.setPaused('elasticsearch', state !== null);
    if (before?.kind === 'hold' && state?.reason !== before.reason) {
      this.#metrics.holdEnded(holdOfAll(before.reason, before.began, 0));
    }
    this.#alarms.outageChanged(state, before);
  }
}
