/**
 * The background process behind `up`: starts the servers on the usual ports where those are free, records them, and ends
 * them when it is told to end. Their data stays for the next `up`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runRoot } from './paths.ts';
import { preferredPort } from './ports.ts';
import { forgetRunning, recordProcess, saveRunning } from './running.ts';
import { startServers } from './servers.ts';

// Listening before the servers start: a SIGTERM that comes early is kept until there is something to stop.
const told = new Promise<void>((resolve) => {
  process.once('SIGTERM', () => resolve());
  process.once('SIGINT', () => resolve());
});
mkdirSync(runRoot, { recursive: true });
const servers = await startServers(join(runRoot, 'servers'), {
  logDirectory: join(runRoot, 'logs'),
  longLived: true,
  kafkaPort: await preferredPort(9092),
  elasticsearchPort: await preferredPort(9200),
});
saveRunning({
  kafka: servers.kafka.bootstrapServers,
  elasticsearch: servers.elasticsearch.url,
  processes: [process.pid, servers.kafka.pid, servers.elasticsearch.pid].map(recordProcess),
});
// A promise alone does not keep a process alive.
const alive = setInterval(() => {}, 60_000);
await told;
clearInterval(alive);
await servers.stop();
forgetRunning();
