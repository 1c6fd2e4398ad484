import { Aggregator } from '../aggregator.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { exitWith } from '../kafka/closing.ts';
import { createLog } from '../log.ts';
import { asShadow } from '../shadow/shadow.ts';
import { STUCK_FD, type ToSupervisor, toWorkerSchema } from '../workers/messages.ts';
import { type WorkerTap, WorkerTaps } from '../workers/worker-taps.ts';
import { Quarantine } from '../pipeline/quarantine.ts';

/**
 * `logweir worker N`: a process of `logweir run` with several workers. It has no endpoint, sends reports to
 * its supervisor on request, and exits when the supervisor asks it to or is gone.
 */
export async function worker(number: number, options: { config?: string; shadow?: boolean }): Promise<void> {
  const configured = loadConfig(options.config);
  const loaded = configOf(number, options.shadow === true ? asShadow(configured) : configured);
  const quarantine = new Quarantine();
  let aggregator: Aggregator | null = null;
  let stopped: Promise<void> | null = null;
  let isStopRequested = false;
  let isReloadRequested = false;
  let taps: WorkerTaps | null = null;
  /** Those that are open when this process starts. */
  let wantedTaps: readonly WorkerTap[] = [];
  const stop = (): void => {
    isStopRequested = true;
    if (aggregator !== null) stopped ??= aggregator.stop();
  };
  // A signal to the process group reaches the supervisor too; both requests are the same.
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.once('disconnect', stop);
  process.on('message', (message) => {
    const parsed = toWorkerSchema.safeParse(message);
    if (!parsed.success) return;
    if (parsed.data.kind === 'quarantine') parsed.data.records.forEach((record) => quarantine.add(record));
    else if (parsed.data.kind === 'stop') stop();
    else if (parsed.data.kind === 'reload') {
      if (aggregator === null) isReloadRequested = true;
      else void aggregator.reload();
    } else if (parsed.data.kind === 'taps') {
      wantedTaps = parsed.data.taps;
      taps?.change(wantedTaps);
    } else if (aggregator !== null) void report(aggregator, parsed.data.id);
  });
  const log = createLog(loaded.config.log).child({ worker: number });
  aggregator = await Aggregator.create(loaded, log, { quarantine, stuckFd: STUCK_FD });
  taps = new WorkerTaps(aggregator.tap, (id, message) => void send({ kind: 'tapped', id, message }));
  taps.change(wantedTaps);
  await send({ kind: 'up' });
  // Requests that arrived while the transforms were loading; the event 'disconnect' may have been missed
  // then.
  if ((isStopRequested as boolean) || !process.connected) stop();
  if (isReloadRequested as boolean) void aggregator.reload();
  await aggregator.run();
  await (stopped as Promise<void> | null);
  await report(aggregator, 0);
  exitWith(0);
}

/** The configuration of one worker: no endpoint, and its own static membership. */
function configOf(number: number, loaded: LoadedConfig): LoadedConfig {
  const { kafka, admin } = loaded.config;
  const id = kafka.group_instance_id;
  return {
    ...loaded,
    config: {
      ...loaded.config,
      admin: { ...admin, listen: '' },
      kafka: { ...kafka, group_instance_id: id === null ? null : `${id}-${number}` },
    },
  };
}

async function report(aggregator: Aggregator, id: number): Promise<void> {
  const metrics = await aggregator.metrics();
  await send({ kind: 'report', id, report: { status: aggregator.status(), metrics } });
}

/** Resolves when the message is sent, or cannot be sent. */
async function send(message: ToSupervisor): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}
