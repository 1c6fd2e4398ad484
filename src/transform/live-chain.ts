import type { Metrics } from '../admin/metrics.ts';
import type { LoadedConfig } from '../config/load.ts';
import { messageOf } from '../errors.ts';
import { type Log, RepeatGate } from '../log.ts';
import type { RecordInfo } from './api.ts';
import type { Chain } from './chain.ts';
import { loadConfigWhole } from './load-config.ts';
import { loadChain } from './loader.ts';
import type { RecordWatch } from './record-watch.ts';
import { Watchdog } from './watchdog.ts';

/** The chain of a running aggregator, which may be replaced by another one while records are read. */
export class LiveChain implements RecordWatch {
  readonly #loaded: LoadedConfig;
  readonly #log: Log;
  readonly #stuckFd: number | null;
  #chain: Chain | null = null;
  #watchdog: Watchdog | null = null;
  #isClosed = false;
  #reloading: Promise<void> = Promise.resolve();
  /** Not there while the first chain is loaded. */
  metrics: Pick<Metrics, 'transformCount' | 'transformError'> | null = null;

  private constructor(loaded: LoadedConfig, log: Log, stuckFd: number | null) {
    this.#loaded = loaded;
    this.#log = log;
    this.#stuckFd = stuckFd;
  }

  /**
   * @param stuckFd where the watchdog tells that the event loop is stuck; null for the log
   * @throws LogweirError CONFIG
   */
  static async load(loaded: LoadedConfig, log: Log, stuckFd: number | null): Promise<LiveChain> {
    const live = new LiveChain(loaded, log, stuckFd);
    live.#chain = await live.#load(loaded);
    return live;
  }

  get current(): Chain {
    if (this.#chain === null) throw new Error('the chain was used before it was loaded');
    return this.#chain;
  }

  /** Starts to watch that every record's way comes to an end. */
  watch(): void {
    const { stuck_after_ms: stuckAfterMs } = this.#loaded.config;
    this.#watchdog = new Watchdog(namesOf(this.current), stuckAfterMs, this.#stuckFd);
    this.current.watch(this.#watchdog);
  }

  enter(step: number, record: RecordInfo): void {
    this.#watchdog?.enter(step, record);
  }

  leave(): void {
    this.#watchdog?.leave();
  }

  /**
   * Reads the configuration file anew and hands over its transforms; everything else in it needs a restart. Where they do not
   * load the old ones go on. Never rejects.
   *
   * @param use takes the next record with the chain that it is given
   */
  async reload(use: (chain: Chain) => void): Promise<void> {
    this.#reloading = this.#reloading.then(async () => {
      if (!this.#isClosed) await this.#reload(use);
    });
    await this.#reloading;
  }

  async close(): Promise<void> {
    // A load that is going on is not waited for: it may never end. What it brings is closed when it comes.
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
      // First: records that were held go through it at once.
      this.#watchdog?.rename(namesOf(chain));
      if (this.#watchdog !== null) chain.watch(this.#watchdog);
      use(chain);
      const transforms = loaded.config.transforms.map(({ use: name }) => name);
      const ms = Math.round(performance.now() - started);
      this.#log.info({ transforms, ms }, 'reloaded: the new transforms are in use');
    } catch (error) {
      this.#log.error({ reason: messageOf(error) }, 'not reloaded: the old transforms go on');
      return;
    }
    // Not waited for: what it is still doing may take as long as its time limit, and other reloads come before.
    void before.retire();
  }

  async #load({ config, directory, places }: LoadedConfig): Promise<Chain> {
    /** One each: a noisy transform must not hide the first error of another. */
    const gates = new Map(config.transforms.map(({ use }) => [use, new RepeatGate()]));
    return await loadChain(
      config.transforms,
      directory,
      (name) => ({
        name,
        directory,
        log: this.#log.child({ transform: name }),
        metrics: { count: (counter, by = 1) => this.metrics?.transformCount(name, counter, by) },
      }),
      (transform, policy, error) => {
        this.metrics?.transformError(transform, policy);
        const repeated = gates.get(transform)?.pass();
        if (repeated === undefined) return;
        const { message, stack } = error;
        this.#log.warn(
          { transform, on_error: policy, reason: message, stack, repeated },
          'a transform failed',
        );
      },
      places,
    );
  }
}

function namesOf(chain: Chain): string[] {
  return chain.steps.map(({ name }) => name);
}
