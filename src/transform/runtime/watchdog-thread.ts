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

/** The first line; at `stuck_after_ms` it is a fault. A call that only computes takes microseconds. */
const WARN_AFTER_MS = 5000;
const CHECK_MS = Math.min(1000, stuckAfterMs / 4);
let lastHeartbeat = -1;
/** Counts checks instead of reading the clock: a suspended process (SIGSTOP) is not stuck. */
let missedHeartbeats = 0;
let isWarned = false;

setInterval(() => {
  const heartbeat = shared[slots.heartbeat] ?? 0;
  const isBlocked = heartbeat === lastHeartbeat;
  if (!isBlocked && isWarned) logReleased();
  missedHeartbeats = isBlocked ? missedHeartbeats + 1 : 0;
  lastHeartbeat = heartbeat;
  if (missedHeartbeats * CHECK_MS >= Math.min(WARN_AFTER_MS, stuckAfterMs / 2) && !isWarned) logBlocked();
  const checks = Math.ceil(stuckAfterMs / CHECK_MS);
  if (missedHeartbeats > 0 && missedHeartbeats % checks === 0) report((missedHeartbeats * CHECK_MS) / 1000);
}, CHECK_MS);

/** The supervisor needs to know only what it acts on; this is for the log. */
function logBlocked(): void {
  isWarned = true;
  const seconds = (missedHeartbeats * CHECK_MS) / 1000;
  const action = `correct the transform if it is one; after stuck_after_ms (${stuckAfterMs}) the event loop counts as stuck`;
  writeLine(1, logLine(40, 'event_loop_blocked', { seconds, ...current(), action }, 'event loop is blocked'));
}

function logReleased(): void {
  isWarned = false;
  const seconds = (missedHeartbeats * CHECK_MS) / 1000;
  writeLine(1, logLine(30, 'event_loop_released', { seconds }, 'event loop runs again'));
}

function logLine(level: number, code: string, fields: object, msg: string): object {
  return { level, time: new Date().toISOString(), name: 'logweir', pid, code, ...fields, msg };
}

function current(): object {
  const step = shared[slots.step] ?? NO_STEP;
  const record =
    step === NO_STEP
      ? null
      : {
          topic: topics.get(shared[slots.topic] ?? -1) ?? '',
          partition: shared[slots.partition],
          offset: shared[slots.offset],
        };
  return { transform: stepName(step, steps), record };
}

function report(seconds: number): void {
  const stuck = { seconds, ...current() };
  if (fd !== null) writeLine(fd, stuck);
  else writeLine(1, logLine(60, 'event_loop_stuck', stuck, 'event loop stuck, restart required'));
}

function writeLine(to: number, line: object): void {
  try {
    writeSync(to, `${JSON.stringify(line)}\n`);
  } catch (error) {
    // Without the supervisor, only this thread can end the process. After other errors (a full pipe) a later
    // report tries again.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE' && fd !== null) process.kill(pid, 'SIGKILL');
  }
}
