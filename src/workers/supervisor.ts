import { AdminServer } from '../admin/server.ts';
import type { Status } from '../admin/status.ts';
import { vectorLabelsOf } from '../admin/vector-labels.ts';
import { WorkerMetrics } from '../admin/worker-metrics.ts';
import type { LoadedConfig } from '../config/load.ts';
import { fullJitter } from '../elasticsearch/backoff.ts';
import { exitCodeOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { version } from '../version.ts';
import { Child } from './child.ts';
import { ExitedWorkers } from './exited-workers.ts';
import { type MergedStatus, type WorkerStatus, mergeMetrics, mergeStatuses, notReadyOf } from './merge.ts';
import type { Report, Stuck } from './messages.ts';
import { SupervisorTaps } from './worker-taps.ts';
import { Quarantine, Attempts } from '../pipeline/quarantine.ts';

const RESTART = { initial_ms: 1000, max_ms: 30_000 };
/** The restart delay starts from the beginning after a worker has run this long. */
const HEALTHY_MS = 60_000;
/** A worker that is killed loses the counts since its last report. */
const REPORT_EVERY_MS = 1000;
/** Added to the worker's own shutdown timeout. */
const STOP_GRACE_MS = 10_000;

/** A numbered worker; its process changes with each restart. */
interface Slot {
  readonly worker: number;
  child: Child | null;
  isUp: boolean;
  answers: boolean;
  report: Report | null;
  startedAt: number;
  restarts: number;
  failures: number;
  timer: NodeJS.Timeout | null;
}

/**
 * Starts and restarts the workers, and serves one admin endpoint for all of them. It consumes no records
 * itself, so a transform cannot block it.
 */
export class Supervisor {
  readonly #loaded: LoadedConfig;
  readonly #log: Log;
  readonly #slots: Slot[];
  readonly #quarantine = new Quarantine();
  readonly #attempts = new Attempts();
  readonly #taps = new SupervisorTaps((taps) => this.#slots.forEach(({ child }) => child?.taps(taps)));
  readonly #startedAt = performance.now();
  readonly #exited = new ExitedWorkers();
  /** Whether all workers had started at some time. */
  #hasStarted = false;
  readonly #metrics: WorkerMetrics;
  #stopping = false;
  #exit: (code: number) => void = () => {};
  readonly #exitCode: Promise<number>;

  constructor(loaded: LoadedConfig, workers: number, log: Log) {
    this.#loaded = loaded;
    this.#log = log;
    this.#slots = Array.from({ length: workers }, (_, index) => newSlot(index + 1));
    const { admin } = loaded.config;
    const sources = {
      running: () => this.#slots.filter(({ child, isUp }) => child !== null && isUp).length,
      configured: () => this.#slots.length,
      restarts: () => this.#slots.reduce((sum, { restarts }) => sum + restarts, 0),
    };
    this.#metrics = new WorkerMetrics(admin.metrics_prefix, sources, vectorLabelsOf(admin));
    this.#exitCode = new Promise((resolve) => {
      this.#exit = resolve;
    });
  }

  /**
   * Runs until {@link stop}, or until the first worker cannot load its configuration.
   *
   * @returns the exit code
   * @throws LogweirError CONFIG where the admin endpoint cannot listen
   */
  async run(): Promise<number> {
    const { config } = this.#loaded;
    const admin =
      config.admin.listen === ''
        ? null
        : await AdminServer.start(config.admin, {
            metrics: {
              contentType: mergeMetrics([]).contentType,
              metrics: async () => (await this.#mergedMetrics()).metrics(),
              getMetricsAsJSON: async () => (await this.#mergedMetrics()).getMetricsAsJSON(),
            },
            status: async () => this.#status(),
            tap: this.#taps,
            readiness: async () => {
              await this.#askAll();
              return this.#stopping ? 'stopping' : notReadyOf(this.#workerStatuses());
            },
            started: async () => {
              await this.#askAll();
              return this.#stopping ? 'stopping' : this.#notStarted();
            },
            failed: (error) =>
              this.#log.warn({ code: 'admin_error', reason: error.message }, 'admin endpoint error'),
          });
    const asking = setInterval(() => {
      this.#notStarted();
      void this.#askAll();
    }, REPORT_EVERY_MS);
    try {
      const fields = { config: this.#loaded.path, workers: this.#slots.length, admin: admin?.address };
      this.#log.info({ code: 'starting_workers', ...fields }, 'starting workers');
      // The first worker starts alone, so that a wrong configuration is reported once.
      const [first] = this.#slots;
      if (first !== undefined) this.#start(first);
      return await this.#exitCode;
    } finally {
      clearInterval(asking);
      for (const { timer } of this.#slots) if (timer !== null) clearTimeout(timer);
      await admin?.close();
    }
  }

  /** Asks all workers to settle records in flight and to exit; kills them 10 s after the shutdown timeout. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#log.info({ code: 'stopping_workers' }, 'stopping workers');
    for (const slot of this.#slots) {
      if (slot.timer !== null) clearTimeout(slot.timer);
      slot.child?.stop();
    }
    setTimeout(() => this.kill(), this.#loaded.config.shutdown_timeout_ms + STOP_GRACE_MS).unref();
    this.#checkExited();
  }

  /** Makes every worker reload its transforms. */
  reload(): void {
    for (const { child } of this.#slots) child?.reload();
  }

  /** Kills all workers immediately. */
  kill(): void {
    for (const { child } of this.#slots) child?.kill();
  }

  #start(slot: Slot): void {
    slot.timer = null;
    slot.isUp = false;
    slot.answers = true;
    slot.startedAt = performance.now();
    const { path, shadow } = this.#loaded;
    const args = ['--config', path, ...(shadow === undefined ? [] : ['--shadow'])];
    const child = new Child(slot.worker, args, this.#quarantine.list(), {
      up: () => {
        slot.isUp = true;
        for (const other of this.#slots) {
          if (other.child === null && other.timer === null && !this.#stopping) this.#start(other);
        }
      },
      reported: (report) => {
        slot.report = report;
      },
      stuck: (stuck) => this.#stuck(slot, stuck),
      tapped: (id, message) => this.#taps.received(id, message),
      exited: (code, signal) => this.#childExited(slot, code, signal),
    });
    slot.child = child;
    if (this.#taps.list().length > 0) child.taps(this.#taps.list());
  }

  #stuck(slot: Slot, { seconds, transform, record }: Stuck): void {
    const { worker } = slot;
    this.#log.error(
      { code: 'worker_stuck', worker, transform, record, seconds },
      'worker stuck, restarting it',
    );
    if (record !== null && this.#attempts.failed(record)) {
      this.#log.error(
        { code: 'record_quarantined', transform, record },
        'record quarantined: a transform hung on it twice',
      );
      this.#quarantine.add(record);
      for (const { child } of this.#slots) child?.quarantine(this.#quarantine.list());
    }
    slot.child?.kill();
  }

  #childExited(slot: Slot, code: number | null, signal: NodeJS.Signals | null): void {
    slot.child = null;
    if (slot.report !== null) {
      this.#exited.add(slot.report);
      slot.report = null;
    }
    if (this.#stopping) {
      this.#checkExited();
      return;
    }
    const firstOfAll = this.#slots.every(({ isUp, restarts }) => !isUp && restarts === 0);
    if (firstOfAll && code === exitCodeOf('CONFIG')) {
      this.#exit(code);
      return;
    }
    slot.failures = performance.now() - slot.startedAt > HEALTHY_MS ? 1 : slot.failures + 1;
    slot.restarts++;
    const waitMs = Math.max(RESTART.initial_ms / 2, fullJitter(slot.failures, RESTART));
    this.#log.error(
      { code: 'worker_exited', worker: slot.worker, exit_code: code, signal, restart_in_ms: waitMs },
      'worker exited, restarting it',
    );
    slot.timer = setTimeout(() => this.#start(slot), waitMs);
  }

  #checkExited(): void {
    if (this.#slots.every(({ child }) => child === null)) this.#exit(0);
  }

  async #askAll(): Promise<void> {
    await Promise.all(
      this.#slots.map(async (slot) => {
        const { child } = slot;
        if (child === null || !slot.isUp) return;
        const answers = await child.report();
        if (slot.child === child) slot.answers = answers;
      }),
    );
  }

  async #mergedMetrics(): Promise<ReturnType<typeof mergeMetrics>> {
    await this.#askAll();
    return mergeMetrics([
      await this.#metrics.json(),
      await this.#exited.metrics(),
      ...this.#slots.flatMap(({ report }) => (report === null ? [] : [report.metrics])),
    ]);
  }

  /** Once all workers have started, the instance stays so: a worker that exits later is restarted. */
  #notStarted(): string | null {
    const missing = this.#slots.find(({ report }) => report?.status.has_started !== true);
    if (missing === undefined) this.#hasStarted = true;
    if (this.#hasStarted || missing === undefined) return null;
    return `worker ${missing.worker}: ${missing.report?.status.reason ?? 'starting'}`;
  }

  async #status(): Promise<MergedStatus> {
    await this.#askAll();
    const { kafka } = this.#loaded.config;
    const reports = this.#slots.flatMap(({ worker, report }): [number, Status][] =>
      report === null ? [] : [[worker, report.status]],
    );
    const own = {
      version,
      pid: process.pid,
      uptime_seconds: Math.round((performance.now() - this.#startedAt) / 1000),
      has_started: this.#notStarted() === null,
      stopping: this.#stopping,
      group: kafka.group_id,
      topics: kafka.topics,
    };
    const workers = this.#workerStatuses();
    const { records, transforms, deadLetters } = this.#exited;
    return mergeStatuses(new Map(reports), workers, records, own, transforms, deadLetters);
  }

  #workerStatuses(): WorkerStatus[] {
    return this.#slots.map(({ worker, child, isUp, answers, report, restarts }) => {
      const known = report?.status;
      let state: WorkerStatus['state'] = known?.state ?? 'starting';
      if (child === null) state = 'down';
      else if (!isUp) state = 'starting';
      else if (!answers) state = 'silent';
      return { worker, pid: child?.pid ?? null, state, reason: known?.reason ?? null, restarts };
    });
  }
}

function newSlot(worker: number): Slot {
  return {
    worker,
    child: null,
    isUp: false,
    answers: true,
    report: null,
    startedAt: 0,
    restarts: 0,
    failures: 0,
    timer: null,
  };
}
