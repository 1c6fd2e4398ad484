import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { NO_STEP, stepName } from './record-watch.ts';
import { type WatchdogData, type WatchdogNames, slots } from './watchdog.ts';

/** The thread of the watchdog: checks the heartbeats, and reports a stuck event loop. */

const { memory, stuckAfterMs, fd, pid, ...data } = workerData as WatchdogData;
let { steps } = data;
const shared = new Float64Array(memory);
const topics = new Map<number, string>();
parentPort?.on('message', (names: WatchdogNames) => {
  if ('steps' in names) steps = names.steps;
  else topics.set(names.number, names.topic);
});

const CHECK_MS = Math.min(1000, stuckAfterMs / 4);
let lastHeartbeat = -1;
/** Counts checks instead of reading the clock: a suspended process (SIGSTOP) is not stuck. */
let missedHeartbeats = 0;

setInterval(() => {
  const heartbeat = shared[slots.heartbeat] ?? 0;
  missedHeartbeats = heartbeat === lastHeartbeat ? missedHeartbeats + 1 : 0;
  lastHeartbeat = heartbeat;
  const checks = Math.ceil(stuckAfterMs / CHECK_MS);
  if (missedHeartbeats > 0 && missedHeartbeats % checks === 0) report((missedHeartbeats * CHECK_MS) / 1000);
}, CHECK_MS);

function report(seconds: number): void {
  const step = shared[slots.step] ?? NO_STEP;
  const record =
    step === NO_STEP
      ? null
      : {
          topic: topics.get(shared[slots.topic] ?? -1) ?? '',
          partition: shared[slots.partition],
          offset: shared[slots.offset],
        };
  const stuck = { seconds, transform: stepName(step, steps), record };
  const line =
    fd === null
      ? {
          level: 60,
          time: new Date().toISOString(),
          name: 'logweir',
          pid,
          code: 'event_loop_stuck',
          ...stuck,
          msg: 'event loop stuck, restart required',
        }
      : stuck;
  try {
    writeSync(fd ?? 1, `${JSON.stringify(line)}\n`);
  } catch (error) {
    // Without the supervisor, only this thread can end the process. After other errors (a full pipe) a later
    // report tries again.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE' && fd !== null) process.kill(pid, 'SIGKILL');
  }
}
