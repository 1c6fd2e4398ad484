import { AdminServer } from '../admin/server.ts';
import type { Status } from '../admin/status.ts';
import type { LoadedConfig } from '../config/load.ts';
import { fullJitter } from '../elasticsearch/backoff.ts';
import { exitCodeOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { version } from '../version.ts';
import { Child } from './child.ts';
import {
  type MergedStatus,
  type WorkerStatus,
  addRecords,
  countsOf,
  mergeMetrics,
  mergeStatuses,
  notReadyOf,
  recordsOfEnded,
} from './merge.ts';
import type { Report, Stuck } from './messages.ts';
import { Quarantine, Strikes } from './quarantine.ts';

const RESTART = { initial_ms: 1000, max_ms: 30_000 };
/** A worker that has run so long begins anew with its restarts' delays. */
const HEALTHY_MS = 60_000;
/** What a process counted since the last time that it was asked goes when it is killed. */
const REPORT_EVERY_MS = 1000;
/** Over what a worker needs for its own shutdown timeout. */
const STOP_GRACE_MS = 10_000;

/** One place among the workers, whatever process holds it at the moment. */
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
 * Starts the workers, starts again those that end, and answers for all of them at one admin endpoint. It reads no records
 * itself, so nothing that a transform does can stop it.
 */
export class Supervisor {
  readonly #loaded: LoadedConfig;
  readonly #log: Log;
  readonly #slots: Slot[];
  readonly #quarantine = new Quarantine();
  readonly #strikes = new Strikes();
  readonly #startedAt = performance.now();
  #departedRecords: Partial<Status['records']> = {};
  #departedMetrics: Report['metrics'] = [];
  #departing: Promise<void> = Promise.resolve();
  #stopping = false;
  #ended: (code: number) => void = () => {};
  readonly #exitCode: Promise<number>;

  constructor(loaded: LoadedConfig, workers: number, log: Log) {
    this.#loaded = loaded;
    this.#log = log;
    this.#slots = Array.from({ length: workers }, (_, index) => newSlot(index + 1));
    this.#exitCode = new Promise((resolve) => {
      this.#ended = resolve;
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
            },
            status: async () => this.#status(),
            readiness: async () => {
              await this.#askAll();
              return this.#stopping ? 'stopping' : notReadyOf(this.#workerStatuses());
            },
            failed: (error) => this.#log.warn({ reason: error.message }, 'the admin endpoint has an error'),
          });
    const asking = setInterval(() => void this.#askAll(), REPORT_EVERY_MS);
    try {
      const fields = { config: this.#loaded.path, workers: this.#slots.length, admin: admin?.address };
      this.#log.info(fields, 'logweir starts its workers');
      // The first one alone: what is wrong with the configuration is then said once.
      const [first] = this.#slots;
      if (first !== undefined) this.#start(first);
      return await this.#exitCode;
    } finally {
      clearInterval(asking);
      for (const { timer } of this.#slots) if (timer !== null) clearTimeout(timer);
      await admin?.close();
    }
  }

  /** Asks all workers to settle what is in flight and to end; after the shutdown timeout and some more they are killed. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#log.info({}, 'stopping the workers');
    for (const slot of this.#slots) {
      if (slot.timer !== null) clearTimeout(slot.timer);
      slot.child?.stop();
    }
    setTimeout(() => this.kill(), this.#loaded.config.shutdown_timeout_ms + STOP_GRACE_MS).unref();
    this.#checkEnded();
  }

  /** Has every worker load its transforms anew. */
  reload(): void {
    for (const { child } of this.#slots) child?.reload();
  }

  /** Ends all workers at once. */
  kill(): void {
    for (const { child } of this.#slots) child?.kill();
  }

  #start(slot: Slot): void {
    slot.timer = null;
    slot.isUp = false;
    slot.answers = true;
    slot.startedAt = performance.now();
    const child = new Child(slot.worker, ['--config', this.#loaded.path], this.#quarantine.list(), {
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
      ended: (code, signal) => this.#childEnded(slot, code, signal),
    });
    slot.child = child;
  }

  #stuck(slot: Slot, { seconds, transform, record }: Stuck): void {
    const { worker } = slot;
    this.#log.error(
      { worker, transform, record, seconds },
      'a worker is stuck; it is killed and started again',
    );
    if (record !== null && this.#strikes.strike(record)) {
      this.#log.error(
        { transform, record },
        'a record has made a transform hang twice; it goes to the dead letter',
      );
      this.#quarantine.add(record);
      for (const { child } of this.#slots) child?.quarantine(this.#quarantine.list());
    }
    slot.child?.kill();
  }

  #childEnded(slot: Slot, code: number | null, signal: NodeJS.Signals | null): void {
    slot.child = null;
    if (slot.report !== null) {
      const { status, metrics } = slot.report;
      this.#departedRecords = addRecords([this.#departedRecords, recordsOfEnded(status)]);
      this.#departing = this.#departing.then(async () => {
        this.#departedMetrics = await countsOf([this.#departedMetrics, metrics]);
      });
      slot.report = null;
    }
    if (this.#stopping) {
      this.#checkEnded();
      return;
    }
    const firstOfAll = this.#slots.every(({ isUp, restarts }) => !isUp && restarts === 0);
    if (firstOfAll && code === exitCodeOf('CONFIG')) {
      this.#ended(code);
      return;
    }
    slot.failures = performance.now() - slot.startedAt > HEALTHY_MS ? 1 : slot.failures + 1;
    slot.restarts++;
    const waitMs = Math.max(RESTART.initial_ms / 2, fullJitter(slot.failures, RESTART));
    this.#log.error(
      { worker: slot.worker, code, signal, restart_in_ms: waitMs },
      'a worker has ended; it is started again',
    );
    slot.timer = setTimeout(() => this.#start(slot), waitMs);
  }

  #checkEnded(): void {
    if (this.#slots.every(({ child }) => child === null)) this.#ended(0);
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
    await this.#departing;
    return mergeMetrics([
      this.#departedMetrics,
      ...this.#slots.flatMap(({ report }) => (report === null ? [] : [report.metrics])),
    ]);
  }

  async #status(): Promise<MergedStatus> {
    await this.#askAll();
    const { kafka } = this.#loaded.config;
    const reports = this.#slots.flatMap(({ worker, report }): [number, Status][] =>
      report === null ? [] : [[worker, report.status]],
    );
    return mergeStatuses(new Map(reports), this.#workerStatuses(), this.#departedRecords, {
      version,
      pid: process.pid,
      uptime_seconds: Math.round((performance.now() - this.#startedAt) / 1000),
      stopping: this.#stopping,
      group: kafka.group_id,
      topics: kafka.topics,
    });
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
