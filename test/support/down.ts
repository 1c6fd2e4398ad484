/** `make down`: ends what `make up` started, by process id, and waits until it is gone. The data stays. */
import { forgetRunning, isRunning, runningServers, type RecordedProcess } from './running.ts';
import { waitFor } from './wait.ts';

const running = runningServers();
if (running === undefined) {
  console.log('Nothing to end: no servers of `up` are running.');
} else {
  // The supervisor ends the servers. Where it was killed they are still there, and are ended here.
  for (const recorded of running.processes) await end(recorded);
  console.log('Kafka and Elasticsearch are down.');
}
forgetRunning();

async function end(recorded: RecordedProcess): Promise<void> {
  if (!isRunning(recorded)) return;
  process.kill(recorded.pid, 'SIGTERM');
  const gone = () => !isRunning(recorded);
  try {
    await waitFor(gone, { timeoutMs: 60_000, what: `process ${recorded.pid} to end` });
  } catch {
    console.error(`Process ${recorded.pid} does not end; killing it.`);
    if (isRunning(recorded)) process.kill(recorded.pid, 'SIGKILL');
    await waitFor(gone, { timeoutMs: 10_000, what: `process ${recorded.pid} to die` });
  }
}
