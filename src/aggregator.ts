import { AdminServer } from './admin/server.ts';
import type { Metrics } from './admin/metrics.ts';
import { activeBlocks, elasticsearchState, notReady, notStarted } from './admin/readiness.ts';
import { type Status, statusOf } from './admin/status.ts';
import { Beginning } from './clock.ts';
import { type ComponentOptions, type Components, createComponents } from './components.ts';
import type { LoadedConfig } from './config/load.ts';
import { withoutPassword } from './elasticsearch/ask-endpoints.ts';
import { checkClientOptions } from './kafka/options-check.ts';
import type { Log } from './log.ts';
import type { Outcome } from './pipeline/outcome.ts';
import type { TapSource } from './tap/messages.ts';
import type { Tracing } from './tracing/traced.ts';
import { startTracing } from './tracing/tracing.ts';
import { LiveChain } from './transform/runtime/live-chain.ts';

/** `quarantine`: records that no transform may see again; the caller may add to it at any time. */
interface AggregatorOptions extends ComponentOptions {
  /** File descriptor on which the watchdog reports a blocked event loop; the log if left out. */
  readonly stuckFd?: number;
}

const IDLE_CHECK_MS = 500;

/** A running aggregator: start, stop, reload and status. `logweir run` adds the signal handlers. */
export class Aggregator {
  readonly #loaded: LoadedConfig;
  readonly #log: Log;
  readonly #chain: LiveChain;
  readonly #components: Components;
  readonly #tracing: Tracing | null;
  readonly #started = new Beginning();
  #admin: AdminServer | null = null;
  #stopping = false;
  /** Whether the process could work at some time. */
  #hasStarted = false;

  /** Loads the transforms and checks what can be checked without a server. @throws LogweirError CONFIG */
  static async create(loaded: LoadedConfig, log: Log, options: AggregatorOptions = {}): Promise<Aggregator> {
    await checkClientOptions(loaded.config);
    const tracing = await startTracing(loaded.config, log);
    const chain = await LiveChain.load(loaded, log, options.stuckFd ?? null);
    const components = createComponents(loaded, chain, log, { ...options, tracing });
    chain.metrics = components.metrics;
    return new Aggregator(loaded, chain, components, tracing, log);
  }

  private constructor(
    loaded: LoadedConfig,
    chain: LiveChain,
    components: Components,
    tracing: Tracing | null,
    log: Log,
  ) {
    this.#tracing = tracing;
    this.#loaded = loaded;
    this.#log = log;
    this.#chain = chain;
    this.#components = components;
  }

  /** Runs until {@link stop}. @throws LogweirError */
  async run(): Promise<void> {
    const { kafka, alarms, flowWatch, pipeline, reachability, consumer, tap } = this.#components;
    kafka.start();
    const stopReminders = alarms.start();
    const stopWatching = flowWatch.start();
    const closingGroups = setInterval(() => {
      pipeline.closeIdleGroups();
      this.#notStarted();
    }, IDLE_CHECK_MS);
    this.#chain.watch();
    try {
      this.#admin = await this.#startAdmin();
      this.#logStart();
      void reachability.run();
      await consumer.run();
    } finally {
      reachability.close();
      kafka.close();
      stopReminders();
      stopWatching();
      clearInterval(closingGroups);
      await this.#admin?.close();
      tap.close();
    }
  }

  async #startAdmin(): Promise<AdminServer | null> {
    const { admin } = this.#loaded.config;
    if (admin.listen === '') return null;
    return await AdminServer.start(admin, {
      metrics: this.#components.metrics.text,
      status: () => this.status(),
      readiness: () => notReady(this.#components, this.#stopping)?.reason ?? null,
      started: () => (this.#stopping ? 'stopping' : this.#notStarted()),
      tap: this.#components.tap,
      failed: (error) =>
        this.#log.warn({ code: 'admin_error', reason: error.message }, 'admin endpoint error'),
    });
  }

  /** Once the process has started, it stays so. */
  #notStarted(): string | null {
    if (this.#hasStarted) return null;
    const reason = notStarted(this.#components);
    this.#hasStarted = reason === null;
    return reason;
  }

  #logStart(): void {
    const { kafka, elasticsearch, transforms } = this.#loaded.config;
    this.#log.info(
      {
        code: 'starting',
        config: this.#loaded.path,
        shadow: this.#loaded.shadow === undefined ? undefined : true,
        topics: kafka.topics,
        group: kafka.group_id,
        elasticsearch: elasticsearch.endpoints.map(withoutPassword),
        transforms: transforms.map(({ use }) => use),
        chain: this.#chain.state.hash,
        admin: this.#admin?.address,
      },
      'starting',
    );
  }

  /** Loads the transforms of the current configuration file, for all further records. Never rejects. */
  async reload(): Promise<void> {
    await this.#chain.reload((chain) => this.#components.pipeline.changeChain(chain));
  }

  /**
   * Stops consumption, waits for records in flight up to the shutdown timeout, commits, and leaves the group.
   * A second call returns immediately.
   */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const { consumer, pipeline, retryQueue, batcher, deadLetters, transport, metrics } = this.#components;
    const { deadLetterReports } = this.#components;
    this.#log.info(
      { code: 'stopping', in_flight: pipeline.inFlight },
      'stopping: waiting for records in flight',
    );
    consumer.stop();
    const partitions = consumer.assignment.all();
    await pipeline.drained(partitions, this.#loaded.config.shutdown_timeout_ms);
    const unsettled = pipeline.inFlight;
    await consumer.leave();
    pipeline.abandon(partitions);
    retryQueue.close();
    batcher.close();
    deadLetterReports.close();
    await Promise.all([deadLetters?.close(), this.#chain.close(), transport.close(), this.#tracing?.close()]);
    this.#log.info({ code: 'stopped', unsettled, ...metrics.outcomeCounts() }, 'stopped');
  }

  /** The offsets that the brokers have confirmed, by `topic:partition`. */
  committed(): Map<string, number> {
    const owned = this.#components.consumer.assignment.all();
    return new Map(owned.map(({ topic, partition, committed }) => [`${topic}:${partition}`, committed]));
  }

  /** How many records ended in each outcome. */
  outcomes(): Record<Outcome, number> {
    return this.#components.metrics.outcomeCounts();
  }

  /** The values of `/metrics`, in the form that a supervisor can merge. */
  async metrics(): ReturnType<Metrics['json']> {
    return await this.#components.metrics.json();
  }

  /** Shows events as they pass; see {@link Tap}. */
  get tap(): TapSource {
    return this.#components.tap;
  }

  /** The JSON of `/api/status`, without what the endpoint adds. */
  status(): Status {
    const components = this.#components;
    const { consumer, pipeline, metrics, kafka, rejectionRate } = components;
    const { endpoints, circuitBreaker, deadLetterReports, flowWatch } = components;
    return statusOf({
      started: this.#started,
      stopping: this.#stopping,
      hasStarted: this.#hasStarted,
      notReady: notReady(components, this.#stopping),
      config: this.#loaded.config,
      consumer,
      kafka: kafka.state,
      pipeline,
      elasticsearch: elasticsearchState(components),
      server: components.product.identity,
      endpoints: endpoints.list(),
      nextTry: circuitBreaker.nextTry,
      deadLetters: deadLetterReports.list(),
      chain: this.#chain.state,
      holds: activeBlocks(components),
      rejectionAlert: rejectionRate.current,
      warnings: flowWatch.list(),
      transforms: this.#chain.current.totals(),
      metrics,
    });
  }
}
