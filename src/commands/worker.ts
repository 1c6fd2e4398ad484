import { Aggregator } from '../aggregator.ts';
import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { exitWith } from '../kafka/closing.ts';
import { createLog } from '../log.ts';
import { STUCK_FD, type ToSupervisor, toWorkerSchema } from '../workers/messages.ts';
import { Quarantine } from '../workers/quarantine.ts';

/**
 * `logweir worker N`: one of the processes under `logweir run` with several workers. It has no endpoint of its own, tells its
 * supervisor how it is when asked, and ends when it is told to or when the supervisor is gone.
 */
export async function worker(number: number, options: { config?: string }): Promise<void> {
  const loaded = configOf(number, loadConfig(options.config));
  const quarantine = new Quarantine();
  let aggregator: Aggregator | null = null;
  let stopped: Promise<void> | null = null;
  let stopWanted = false;
  let reloadWanted = false;
  const stop = (): void => {
    stopWanted = true;
    if (aggregator !== null) stopped ??= aggregator.stop();
  };
  // A signal to all processes at once reaches the supervisor too; this is the same wish.
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.once('disconnect', stop);
  process.on('message', (message) => {
    const parsed = toWorkerSchema.safeParse(message);
    if (!parsed.success) return;
    if (parsed.data.kind === 'quarantine') parsed.data.records.forEach((record) => quarantine.add(record));
    else if (parsed.data.kind === 'stop') stop();
    else if (parsed.data.kind === 'reload') {
      if (aggregator === null) reloadWanted = true;
      else void aggregator.reload();
    } else if (aggregator !== null) void report(aggregator, parsed.data.id);
  });
  const log = createLog(loaded.config.log.level).child({ worker: number });
  aggregator = await Aggregator.create(loaded, log, { quarantine, stuckFd: STUCK_FD });
  await send({ kind: 'up' });
  // What came while it was loading; that the supervisor has gone is told to nobody who was not listening yet.
  if ((stopWanted as boolean) || !process.connected) stop();
  if (reloadWanted as boolean) void aggregator.reload();
  await aggregator.run();
  await (stopped as Promise<void> | null);
  await report(aggregator, 0);
  exitWith(0);
}

/** What is different for one of several: no endpoint, and a static membership of its own. */
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

/** Resolves when the message has left, or cannot. */
async function send(message: ToSupervisor): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, undefined, () => resolve());
  });
}
