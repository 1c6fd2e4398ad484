import { Alarms } from './admin/alarms.ts';
import { DeadLetterReports } from './admin/dead-letter-reports.ts';
import { counted } from './admin/http-metrics.ts';
import { Metrics } from './admin/metrics.ts';
import { registerOperatorGauges } from './admin/operator-gauges.ts';
import { activeBlocks, notReady } from './admin/readiness.ts';
import { vectorLabelsOf } from './admin/vector-labels.ts';
import { createFlowWatch, lagOf } from './admin/warnings/create-flow-watch.ts';
import { Beginning } from './clock.ts';
import type { LoadedConfig } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { DeadLetterIndex } from './dead-letter/index.ts';
import type { DeadLetters } from './dead-letter/port.ts';
import { DeadLetterTopic } from './dead-letter/topic.ts';
import { askEndpoints } from './elasticsearch/ask-endpoints.ts';
import type { Batcher } from './elasticsearch/batch.ts';
import { forwardBulkEvents } from './elasticsearch/forward-bulk-events.ts';
import { deadLetterParameters } from './elasticsearch/bulk-query.ts';
import type { BulkSender } from './elasticsearch/bulk.ts';
import { CircuitBreaker, type BreakerState } from './elasticsearch/circuit-breaker.ts';
import { type BulkTransport, connectElasticsearch } from './elasticsearch/client.ts';
import { ServerProduct } from './elasticsearch/product.ts';
import { EndpointHealth } from './elasticsearch/endpoint-health.ts';
import { Reachability } from './elasticsearch/reachability.ts';
import { type Renderer, createRenderer } from './elasticsearch/render.ts';
import { shadowRenderer } from './shadow/shadow-renderer.ts';
import { RetryQueue } from './elasticsearch/retry-queue.ts';
import { createSender } from './elasticsearch/create-sender.ts';
import { backlogSeconds } from './kafka/consumer/backlog.ts';
import { Consumer } from './kafka/consumer/consumer.ts';
import { KafkaWatch } from './kafka/consumer/watch.ts';
import type { Log } from './log.ts';
import { BlockedRecords, blockOfAll } from './pipeline/blocked-records.ts';
import type { DocumentSink, Original } from './pipeline/dependencies.ts';
import { Pipeline } from './pipeline/pipeline.ts';
import type { Quarantine } from './pipeline/quarantine.ts';
import { RejectionRate } from './pipeline/rejection-rate.ts';
import { Tap } from './tap/tap.ts';
import { type Tracing, traced } from './tracing/traced.ts';
import type { LiveChain } from './transform/runtime/live-chain.ts';

/** The components of one aggregator, connected with each other. */
export interface Components {
  readonly metrics: Metrics;
  readonly alarms: Alarms;
  readonly flowWatch: ReturnType<typeof createFlowWatch>;
  readonly blockedRecords: BlockedRecords;
  readonly rejectionRate: RejectionRate;
  readonly product: ServerProduct;
  readonly transport: BulkTransport;
  readonly endpoints: EndpointHealth;
  readonly deadLetterReports: DeadLetterReports;
  readonly reachability: Reachability;
  readonly circuitBreaker: CircuitBreaker;
  readonly deadLetters: DeadLetters | null;
  readonly batcher: Batcher;
  readonly retryQueue: RetryQueue;
  readonly pipeline: Pipeline;
  readonly consumer: Consumer;
  readonly kafka: KafkaWatch;
  readonly tap: Tap;
}

export interface ComponentOptions {
  readonly original?: Original | undefined;
  readonly quarantine?: Quarantine | undefined;
  readonly tracing?: Tracing | null | undefined;
}

/** Creates and connects the components. Nothing connects to a server yet. @throws LogweirError CONFIG */
export function createComponents(
  { config, shadow }: LoadedConfig,
  chain: LiveChain,
  log: Log,
  { original, quarantine, tracing = null }: ComponentOptions,
): Components {
  // The components refer to each other in a circle. Callbacks look them up here; none runs before all exist.
  const all = (): Components => components;
  const metrics = createMetrics(config, chain, all);
  const alarms = createAlarms(log, all);
  const flowWatch = createFlowWatch(log, chain, all);
  const blockedRecords = createBlockedRecords(metrics, alarms);
  const rejectionRate = new RejectionRate(config.dead_letter.hold_above_ratio, alarms.rejectionRate);
  const observers = { metrics, alarms, flowWatch };
  const { product, endpoints, transport, reachability } = createTransport(config, log, observers);
  const circuitBreaker = new CircuitBreaker((state, before) => breakerChanged(all(), state, before));
  const deadLetterReports = createDeadLetterReports(config, metrics, log);
  const deadLetters = createDeadLetters(config, blockedRecords, all);
  const events = forwardBulkEvents({
    metrics,
    reachability,
    pipeline: () => all().pipeline,
    retryQueue: () => all().retryQueue,
  });
  const sending = traced(transport, tracing, product);
  const { sender, batcher } = createSender(config.elasticsearch, sending, circuitBreaker, events);
  const retryQueue = createRetryQueue(config, { blockedRecords, metrics, sender, batcher });
  const tap = new Tap();
  const pipeline = new Pipeline({
    assignment: () => all().consumer.assignment,
    codec: config.decoding.codec,
    chain: chain.current,
    watch: chain,
    renderer: rendererOf(config, shadow),
    documents: documentSink(metrics, batcher, retryQueue, sender),
    deadLetters,
    blockedRecords,
    rejectionRate,
    events: metrics,
    bufferBytes: config.buffer.max_bytes,
    original,
    quarantine,
    tap,
  });
  const deadLetterTopic = deadLetterTopicOf(config, shadow);
  // A retry consumes the dead-letter topic itself.
  const consumer = new Consumer(config.kafka, original === undefined ? deadLetterTopic : null, pipeline, log);
  const kafka = new KafkaWatch(consumer, config.kafka, deadLetterTopic, log);
  const components: Components = {
    metrics,
    alarms,
    flowWatch,
    blockedRecords,
    rejectionRate,
    product,
    transport,
    endpoints,
    deadLetterReports,
    reachability,
    circuitBreaker,
    deadLetters,
    batcher,
    retryQueue,
    pipeline,
    consumer,
    kafka,
    tap,
  };
  return components;
}

/** The topic that holds no records of its own; null for none. */
function deadLetterTopicOf({ dead_letter }: Config, shadow: LoadedConfig['shadow']): string | null {
  return shadow?.liveDeadLetterTopic ?? (dead_letter.to === 'topic' ? dead_letter.topic : null);
}

function rendererOf({ elasticsearch }: Config, shadow: LoadedConfig['shadow']): Renderer {
  const renderer = createRenderer(elasticsearch);
  return shadow === undefined ? renderer : shadowRenderer(renderer);
}

/** The way to Elasticsearch, with what is known of each endpoint. */
function createTransport(
  { elasticsearch }: Config,
  log: Log,
  { metrics, alarms, flowWatch }: Pick<Components, 'metrics' | 'alarms' | 'flowWatch'>,
): Pick<Components, 'product' | 'endpoints' | 'transport' | 'reachability'> {
  const product = new ServerProduct(elasticsearch.product, alarms.identified);
  const endpoints = new EndpointHealth(elasticsearch.endpoints, log);
  const connected = connectElasticsearch(elasticsearch, product, (url, reason) =>
    endpoints.note(url, reason),
  );
  const transport = flowWatch.observed(counted(connected, metrics.http));
  const reachability = new Reachability(
    endpoints.observed(askEndpoints(elasticsearch, product)),
    alarms.reachability,
    () => endpoints.isAnyFailing,
  );
  return { product, endpoints, transport, reachability };
}

function createMetrics({ admin }: Config, chain: LiveChain, all: () => Components): Metrics {
  const gauges = {
    partitions: () => all().consumer.assignment.all(),
    kafka: () => all().kafka.state,
    rebalanceFailures: () => all().consumer.rebalancer?.failures ?? 0,
    inFlight: () => all().pipeline.inFlight,
    bufferBytes: () => all().pipeline.budget.usedBytes,
    bufferMaxBytes: () => all().pipeline.budget.maxBytes,
    bufferReceivedBytes: () => all().pipeline.budget.receivedBytes,
    transforms: () => chain.counts.list(),
    kafkaErrors: () => all().consumer.errors.count,
    pauses: () => all().consumer.pauses,
    holds: () => activeBlocks(all()),
    rejectionAlert: () => all().rejectionRate.current,
  };
  const metrics = new Metrics(admin.metrics_prefix, gauges, vectorLabelsOf(admin));
  registerOperatorGauges(metrics.registry, admin.metrics_prefix, {
    notReady: () => notReady(all(), all().consumer.isStopping)?.cause ?? null,
    chain: () => chain.state,
    endpoints: () => all().endpoints.list(),
    warnings: () => all().flowWatch.list(),
    backlogSeconds: () => backlogSeconds(all().consumer.assignment.all(), new Beginning().at),
  });
  return metrics;
}

function createAlarms(log: Log, all: () => Components): Alarms {
  return new Alarms(log, () => ({
    breaker: all().circuitBreaker.state,
    holds: all().blockedRecords.list(),
    inFlight: all().pipeline.inFlight,
    lag: lagOf(all()),
  }));
}

function createBlockedRecords(metrics: Metrics, { blocked }: Alarms): BlockedRecords {
  return new BlockedRecords({
    began: (block) => blocked.began(block),
    ended: (block) => {
      metrics.holdEnded(block);
      blocked.ended(block);
    },
  });
}

function createDeadLetters(
  { dead_letter, kafka, elasticsearch }: Config,
  blockedRecords: BlockedRecords,
  all: () => Components,
): DeadLetters | null {
  switch (dead_letter.to) {
    case 'topic':
      return new DeadLetterTopic(kafka, dead_letter.topic, blockedRecords);
    case 'index':
      return new DeadLetterIndex(
        dead_letter.index,
        (document) => all().pipeline.addDeadLetter(document),
        () => deadLetterParameters(elasticsearch, all().product),
      );
    case 'hold':
      return null;
  }
}

function createDeadLetterReports(config: Config, metrics: Metrics, log: Log): DeadLetterReports {
  const reports = new DeadLetterReports(log, deadLetterHint(config));
  metrics.onDeadLetter = (why, record) => reports.note(why, record);
  return reports;
}

/** Where an operator finds the dead letters of a reason. */
function deadLetterHint({ dead_letter }: Config): (reason: string) => string {
  if (dead_letter.to === 'index') return () => `search the index ${dead_letter.index}`;
  return (reason) => `logweir dlq list --reason '${reason.replaceAll("'", '.')}'`;
}

function createRetryQueue(
  { elasticsearch }: Config,
  {
    blockedRecords,
    metrics,
    batcher,
    sender,
  }: Pick<Components, 'blockedRecords' | 'metrics' | 'batcher'> & { sender: BulkSender },
): RetryQueue {
  return new RetryQueue(
    blockedRecords,
    elasticsearch.request.backoff,
    (document, signal) => sender.probe(document, signal),
    (documents) => {
      metrics.retrying(documents.length);
      batcher.addAtOnce(documents);
    },
  );
}

function documentSink(
  metrics: Metrics,
  batcher: Batcher,
  retryQueue: RetryQueue,
  sender: BulkSender,
): DocumentSink {
  return {
    add(document) {
      metrics.rendered(document.count, document.bytes);
      batcher.add(document);
    },
    flush: () => batcher.flush(),
    takeRejected: () => retryQueue.takeRejected(),
    dropAbandoned: () => sender.dropAbandoned(),
  };
}

function breakerChanged(
  { consumer, metrics, alarms }: Components,
  state: BreakerState | null,
  before: BreakerState | null,
): void {
  consumer.setPaused('elasticsearch', state !== null);
  if (before?.kind === 'hold' && state?.reason !== before.reason) {
    metrics.holdEnded(blockOfAll(before, 0));
  }
  alarms.breakerChanged(state, before);
}
