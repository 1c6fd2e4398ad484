/** `make up`: Kafka and Elasticsearch in the background, for work by hand. Ends when both answer. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, runRoot } from './paths.ts';
import { logTail } from './process.ts';
import { addresses, runningServers } from './running.ts';
import { waitFor } from './wait.ts';

const before = runningServers();
if (before === undefined) {
  const logs = join(runRoot, 'logs');
  mkdirSync(logs, { recursive: true });
  const logFile = join(logs, 'supervisor.log');
  const log = openSync(logFile, 'w');
  console.error(`Starting Kafka and Elasticsearch (10 to 40 s); logs in ${logs}`);
  const supervisor = spawn(process.execPath, [fileURLToPath(new URL('supervisor.ts', import.meta.url))], {
    cwd: root,
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  supervisor.unref();
  let ended = false;
  supervisor.once('exit', () => {
    ended = true;
  });
  const ready = () => ended || runningServers() !== undefined;
  await waitFor(ready, { timeoutMs: 180_000, what: 'the servers', everyMs: 100 });
  if (ended) {
    console.error(`The servers did not start:\n${logTail(logFile, 60)}`);
    process.exit(1);
  }
}
const running = before ?? runningServers();
if (running !== undefined) console.log(addresses(running));
