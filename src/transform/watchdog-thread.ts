import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { NO_STEP, stepName } from './record-watch.ts';
import { type WatchdogData, type WatchdogNames, slots } from './watchdog.ts';

/** The watchdog's own thread: looks at the beats, and speaks where the main thread no longer can. */

const { memory, stuckAfterMs, fd, pid, ...data } = workerData as WatchdogData;
let { steps } = data;
const place = new Float64Array(memory);
const topics = new Map<number, string>();
parentPort?.on('message', (names: WatchdogNames) => {
  if ('steps' in names) steps = names.steps;
  else topics.set(names.number, names.topic);
});

const LOOK_MS = Math.min(1000, stuckAfterMs / 4);
let lastBeat = -1;
/** Looks and not the clock: a process that was stopped as a whole is not stuck. */
let looksWithoutBeat = 0;

setInterval(() => {
  const beat = place[slots.beat] ?? 0;
  looksWithoutBeat = beat === lastBeat ? looksWithoutBeat + 1 : 0;
  lastBeat = beat;
  const looks = Math.ceil(stuckAfterMs / LOOK_MS);
  if (looksWithoutBeat > 0 && looksWithoutBeat % looks === 0) tell((looksWithoutBeat * LOOK_MS) / 1000);
}, LOOK_MS);

function tell(seconds: number): void {
  const step = place[slots.step] ?? NO_STEP;
  const record =
    step === NO_STEP
      ? null
      : {
          topic: topics.get(place[slots.topic] ?? -1) ?? '',
          partition: place[slots.partition],
          offset: place[slots.offset],
        };
  const stuck = { seconds, transform: stepName(step, steps), record };
  const line =
    fd === null
      ? {
          level: 60,
          time: new Date().toISOString(),
          name: 'logweir',
          pid,
          ...stuck,
          msg: 'the event loop is stuck; nothing is read until this process is restarted (with workers: 2 or more that is done for you)',
        }
      : stuck;
  try {
    writeSync(fd ?? 1, `${JSON.stringify(line)}\n`);
  } catch (error) {
    // The supervisor is gone, and nobody else could end this process. A pipe that is full is tried again later.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE' && fd !== null) process.kill(pid, 'SIGKILL');
  }
}
