import type { Metrics } from '../../admin/metrics.ts';
import { Beginning } from '../../clock.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { messageOf } from '../../errors.ts';
import { type Log, RepeatGate } from '../../log.ts';
import { coordinatesOf } from '../../record.ts';
import type { RecordInfo } from '../api/api.ts';
import type { Chain } from './chain.ts';
import { loadConfigWhole } from '../loader/load-config.ts';
import { chainHash } from '../loader/fingerprint.ts';
import { loadChain } from '../loader/loader.ts';
import { describeWithoutValues } from './error-place.ts';
import type { RecordWatch } from './record-watch.ts';
import { TransformCounts, distinctNames } from './transform-counts.ts';
import { Watchdog } from './watchdog.ts';

/** In characters: a reason contains lines of source code. */
const REASON_MAX = 2000;

/** The chain in use, and whether it is the one on disk. */
export interface ChainState {
  readonly loaded: Beginning;
  /** See {@link chainHash}. */
  readonly hash: string;
  /** The last reload, if it failed: the chain in use is older than the files. */
  readonly failedReload: { readonly began: Beginning; readonly reason: string } | null;
}

/** The chain of a running aggregator. A reload replaces it while records are consumed. */
export class LiveChain implements RecordWatch {
  readonly #loaded: LoadedConfig;
  readonly #log: Log;
  readonly #stuckFd: number | null;
  #chain: Chain | null = null;
  #state: ChainState;
  #watchdog: Watchdog | null = null;
  #isWatched = false;
  #isClosed = false;
  #reloading: Promise<void> = Promise.resolve();
  /** Continued by each reload: a counter must not go back. */
  readonly counts = new TransformCounts();
  /** Null while the first chain loads. */
  metrics: Pick<Metrics, 'transformCount' | 'transformError'> | null = null;

  private constructor(loaded: LoadedConfig, log: Log, stuckFd: number | null) {
    this.#loaded = loaded;
    this.#log = log;
    this.#stuckFd = stuckFd;
    this.#state = stateOf(loaded);
  }

  /**
   * @param stuckFd the file descriptor for the watchdog's reports of a stuck event loop; null for the log
   * @throws LogweirError CONFIG
   */
  static async load(loaded: LoadedConfig, log: Log, stuckFd: number | null): Promise<LiveChain> {
    const live = new LiveChain(loaded, log, stuckFd);
    live.#chain = await live.#load(loaded);
    return live;
  }

  get current(): Chain {
    if (this.#chain === null) throw new Error('the chain is not loaded yet');
    return this.#chain;
  }

  get state(): ChainState {
    return this.#state;
  }

  /** Starts the watchdog, which reports a record whose processing does not end. */
  watch(): void {
    this.#isWatched = true;
    this.#watchChain(this.current);
  }

  /** Without transforms nothing can run indefinitely, and the thread would cost 10 MB without effect. */
  #watchChain(chain: Chain): void {
    if (!this.#isWatched || (this.#watchdog === null && chain.steps.length === 0)) return;
    const { stuck_after_ms: stuckAfterMs } = this.#loaded.config;
    this.#watchdog ??= new Watchdog(chain.names, stuckAfterMs, this.#stuckFd);
    this.#watchdog.rename(chain.names);
    chain.watch(this.#watchdog);
  }

  enter(step: number, record: RecordInfo): void {
    this.#watchdog?.enter(step, record);
  }

  leave(): void {
    this.#watchdog?.leave();
  }

  /**
   * Reads the configuration file again and replaces the transforms; every other setting needs a restart. If
   * the new transforms do not load, the old ones stay in use. Never rejects.
   *
   * @param use processes the next record with the given chain
   */
  async reload(use: (chain: Chain) => void): Promise<void> {
    this.#reloading = this.#reloading.then(async () => {
      if (!this.#isClosed) await this.#reload(use);
    });
    await this.#reloading;
  }

  async close(): Promise<void> {
    // A load in progress may never end, so it is not awaited. #reload closes its chain.
    this.#isClosed = true;
    await this.#watchdog?.close();
    await this.#chain?.close();
  }

  async #reload(use: (chain: Chain) => void): Promise<void> {
    const started = performance.now();
    const before = this.current;
    try {
      const loaded = await loadConfigWhole(this.#loaded.path);
      const chain = await this.#load(loaded);
      if (this.#isClosed) {
        await chain.close();
        return;
      }
      this.#chain = chain;
      // Before `use`, which runs blocked records through the new chain immediately.
      this.#watchChain(chain);
      use(chain);
      this.#state = stateOf(loaded);
      const { hash } = this.#state;
      const transforms = loaded.config.transforms.map(({ use: name }) => name);
      const ms = Math.round(performance.now() - started);
      this.#log.info({ code: 'transforms_reloaded', transforms, hash, ms }, 'transforms reloaded');
    } catch (error) {
      const reason = messageOf(error);
      this.#state = {
        ...this.#state,
        failedReload: { began: new Beginning(), reason: reason.slice(0, REASON_MAX) },
      };
      const { hash, loaded } = this.#state;
      const since = new Date(loaded.at).toISOString();
      this.#log.error(
        { code: 'transforms_not_reloaded', reason, in_use: { hash, since } },
        'transforms not reloaded, the old ones stay in use',
      );
      return;
    }
    // Not awaited: its pending calls may take up to their time limits, and other reloads must not wait for
    // them.
    void before.retire();
  }

  async #load({ config, directory, places }: LoadedConfig): Promise<Chain> {
    /** One gate per transform: a noisy transform must not hide the first error of another. */
    const gates = new Map(
      distinctNames(config.transforms.map(({ use }) => use)).map((name) => [
        name,
        new RepeatGate(10_000, 300_000),
      ]),
    );
    const chain = await loadChain(
      config.transforms,
      directory,
      (name, distinct) => ({
        name,
        directory,
        log: this.#log.child({ transform: distinct }),
        metrics: { count: (counter, by = 1) => this.metrics?.transformCount(distinct, counter, by) },
      }),
      (transform, policy, error, record) => {
        this.metrics?.transformError(transform, policy);
        const repeated = gates.get(transform)?.pass();
        if (repeated === undefined) return;
        this.#log.warn(
          {
            code: 'transform_failed',
            transform,
            on_error: policy,
            ...(config.log.transform_errors === 'message'
              ? { reason: messageOf(error), stack: error.stack }
              : { reason: describeWithoutValues(error) }),
            ...(record === undefined ? {} : { record: coordinatesOf(record) }),
            repeated,
          },
          'transform failed',
        );
      },
      places,
    );
    chain.countIn(this.counts);
    return chain;
  }
}

function stateOf({ config, directory }: LoadedConfig): ChainState {
  return { loaded: new Beginning(), hash: chainHash(config.transforms, directory), failedReload: null };
}
