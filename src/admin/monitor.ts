import type { ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { messageOf } from '../errors.ts';
import { EventStreams } from './event-stream.ts';
import { History, type Rates } from './history.ts';
import { type RequestTotals, type Requests, requestTotals, requestsBetween } from './requests.ts';
import { type StatusView, statusViewSchema } from './status-view.ts';
import { summaryOf } from './summary.ts';
import type { Summary } from './view-model.ts';
import { viewOf } from './view.ts';

const SAMPLE_MS = 2000;
/** The charts change in steps of 10 s. */
const SAMPLES_PER_CHARTS = 5;
/** So many totals, one for each charts, are a minute. */
const TOTALS_KEPT = 7;
/** Open status pages. */
const PAGES_MAX = 20;

interface MonitorSources {
  readonly status: () => object | Promise<object>;
  readonly metrics: Pick<Registry, 'getMetricsAsJSON'>;
  /** `admin.metrics_prefix`. */
  readonly metricsPrefix: string;
}

/** What the endpoint adds to the status of the aggregator. */
interface Added {
  readonly rates: Rates;
  /** Records that the lag has grown by in the last minute; null while unknown. */
  readonly lag_growth: number | null;
  readonly requests: Requests | null;
  readonly summary: Summary | null;
}

/**
 * Follows the status for the status page: keeps its history, and sends it to the open pages. It reads the
 * status every two seconds, with or without a page.
 */
export class Monitor {
  readonly #sources: MonitorSources;
  readonly #history = new History();
  readonly #pages = new EventStreams(PAGES_MAX);
  #totals: RequestTotals[] = [];
  #samples = 0;
  #isSampling = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(sources: MonitorSources) {
    this.#sources = sources;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#sample(), SAMPLE_MS).unref();
    void this.#sample();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** The JSON of `/api/status`. */
  async status(): Promise<object> {
    const status = await this.#sources.status();
    return { ...status, ...this.#added(parsed(status)) };
  }

  /** Answers with the stream of a status page. @returns false if too many are open */
  async openPage(response: ServerResponse, headers: Readonly<Record<string, string>>): Promise<boolean> {
    const stream = this.#pages.add(response, headers);
    if (stream === null) return false;
    stream.send('charts', this.#charts());
    stream.send('view', this.#view(parsed(await this.#sources.status())));
    return true;
  }

  async #sample(): Promise<void> {
    // A supervisor waits for its workers, which may be slow.
    if (this.#isSampling) return;
    this.#isSampling = true;
    try {
      const status = parsed(await this.#sources.status());
      if (status !== null) this.#remember(status);
      const isForCharts = this.#samples++ % SAMPLES_PER_CHARTS === 0;
      if (isForCharts) await this.#rememberRequests();
      if (this.#pages.size === 0) return;
      if (isForCharts) this.#pages.send('charts', this.#charts());
      this.#pages.send('view', this.#view(status));
    } catch (error) {
      this.#pages.send('failed', JSON.stringify(messageOf(error)));
    } finally {
      this.#isSampling = false;
    }
  }

  #remember({ records, kafka }: StatusView): void {
    const partitions = kafka.partitions.map(({ topic, partition, committed, lag }) => ({
      topic,
      partition,
      committed: committed ?? -1,
      lag: lag ?? null,
    }));
    const { received = 0, indexed = 0, failure_store = 0, dead_lettered = 0, dropped = 0 } = records;
    const counts = { received, indexed: indexed + failure_store, dead_lettered, dropped };
    this.#history.add({ ...counts, lag: kafka.lag ?? null, partitions }, performance.now() / 1000);
  }

  async #rememberRequests(): Promise<void> {
    const metrics = await this.#sources.metrics.getMetricsAsJSON();
    this.#totals.push(requestTotals(metrics, this.#sources.metricsPrefix));
    if (this.#totals.length > TOTALS_KEPT) this.#totals.shift();
  }

  #added(status: StatusView | null): Added {
    const { rates, lagGrowth } = this.#history;
    const [first] = this.#totals;
    const last = this.#totals.at(-1);
    const requests = first === undefined || last === undefined ? null : requestsBetween(first, last);
    const added = { rates, lag_growth: lagGrowth, requests };
    return { ...added, summary: status === null ? null : summaryOf({ ...status, ...added }, Date.now()) };
  }

  #view(status: StatusView | null): string {
    if (status === null) return JSON.stringify(null);
    return JSON.stringify(viewOf({ ...status, ...this.#added(status) }, Date.now()));
  }

  #charts(): string {
    return JSON.stringify(this.#history.charts());
  }
}

/** Null for a status that is none, which only a test has. */
function parsed(status: object): StatusView | null {
  return statusViewSchema.safeParse(status).data ?? null;
}
