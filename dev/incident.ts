/**
 * Runs an incident on real servers, and prints its recording: the disk of Elasticsearch is lost, an alert
 * fires, the status tells why, delivery resumes by itself, and a replay brings back what was on the disk. It
 * takes six minutes, since the alerts wait for minutes as in production. docs/operations.md has its output.
 *
 *     node dev/incident.ts
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { logweirCommand } from '../test/support/command.ts';
import { startElasticsearch } from '../test/support/elasticsearch-server.ts';
import { agentEvent } from '../test/support/events.ts';
import { startKafka } from '../test/support/kafka-server.ts';
import { Ledger } from '../test/support/ledger.ts';
import { Logweir } from '../test/support/logweir.ts';
import { freePort } from '../test/support/ports.ts';
import { Prometheus } from '../test/support/prometheus-server.ts';
import { createTopic, waitFor } from '../test/support/topics.ts';
import { Recording } from './incident/recording.ts';

const TOPIC = 'app-logs';
const PARTITIONS = 6;
/** Every tenth of a second. */
const EVENTS = 50;
const ALERT = 'LogweirPausedByElasticsearch';
const PATIENCE_MS = 300_000;

/** Produces until it is stopped. */
function produce(ledger: Ledger): () => Promise<void> {
  const ending = new AbortController();
  const produced = (async () => {
    for (let from = 0; !ending.signal.aborted; from += EVENTS) {
      await ledger.produce(
        TOPIC,
        Array.from({ length: EVENTS }, (_, index) => agentEvent(from + index)),
      );
      await delay(100);
    }
  })();
  return async () => {
    ending.abort();
    await produced;
  };
}

async function play(directory: string, closing: (() => Promise<void>)[]): Promise<void> {
  const recording = new Recording();
  const [port, admin] = [await freePort(), await freePort()];
  const [kafka, elasticsearch] = await Promise.all([
    startKafka({ runDirectory: join(directory, 'kafka') }),
    startElasticsearch({ runDirectory: join(directory, 'elasticsearch'), port }),
  ]);
  closing.push(async () => await kafka.stop());
  await createTopic(kafka.bootstrapServers, TOPIC, PARTITIONS);
  const config = {
    kafka: { bootstrap_servers: kafka.bootstrapServers, topics: [TOPIC], group_id: 'logweir' },
    elasticsearch: { endpoints: [elasticsearch.url], index: TOPIC },
    admin: { listen: `127.0.0.1:${admin}` },
  };
  let logweir = Logweir.start(config);
  closing.push(async () => await logweir.remove());
  const configFile = join(logweir.directory, 'logweir.yaml');
  const prometheus = await Prometheus.start(`127.0.0.1:${admin}`, 'minutes');
  closing.push(async () => await prometheus.close());
  const ledger = new Ledger(kafka.bootstrapServers);
  closing.push(async () => await ledger.close());
  const run = async (command: string, linesMax: number): Promise<void> => {
    const { stdout, stderr } = await logweirCommand([...command.split(' '), '-c', configFile]);
    recording.command(`logweir ${command}`, `${stdout}${stderr}`, linesMax);
  };
  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> =>
    await waitFor(holds, { timeoutMs: PATIENCE_MS, what, everyMs: 500 });
  const lag = async (): Promise<number | null> => (await logweir.status()).kafka.lag;
  await logweir.waitForPartitions(PARTITIONS);

  const stop = produce(ledger);
  // The first documents, into a new index of a new server, are slow.
  await delay(40_000);
  recording.begin(logweir.log());
  recording.say(`Some 400 events a second arrive in ${TOPIC}; Prometheus has deploy/prometheus/alerts.yml.`);
  await delay(20_000);
  await run('top --once', 7);

  recording.say('Elasticsearch is killed (kill -9), and its disk is lost.');
  await elasticsearch.kill();
  rmSync(join(directory, 'elasticsearch'), { recursive: true, force: true });
  await logweir.waitUntil(
    async () => (await logweir.status()).elasticsearch.state === 'outage',
    'the outage to be told',
  );
  recording.say('The status page shows:');
  await recording.summary(admin);
  recording.log(logweir.log());
  await until(ALERT, async () => (await prometheus.firing(ALERT)) !== undefined);
  recording.alerts(await prometheus.allFiring());
  await run('top --once', 7);
  await run('check', 40);

  recording.say('A new node takes the place of the old one, with an empty disk.');
  const replaced = await startElasticsearch({ runDirectory: join(directory, 'replaced'), port });
  closing.push(async () => await replaced.close());
  recording.say('It answers.');
  await until('the recovery', async () => (await logweir.status()).elasticsearch.state === 'ok');
  await until('the backlog to be delivered', async () => ((await lag()) ?? Infinity) < 500);
  recording.say('The backlog of the outage is delivered.');
  recording.log(logweir.log());
  await recording.summary(admin);
  await until('the alert to end', async () => (await prometheus.firing(ALERT)) === undefined);
  recording.alerts(await prometheus.allFiring());
  await stop();
  await until('lag 0', async () => (await lag()) === 0);
  recording.count(await ledger.check(replaced.url, TOPIC, { hash: 'source' }));

  recording.say('What was on the lost disk is still in Kafka: it is read again.');
  await logweir.stop();
  await run('replay --to-earliest', 10);
  await run('replay --to-earliest --execute', 10);
  const next = Logweir.start(config);
  await logweir.remove();
  logweir = next;
  await logweir.waitForPartitions(PARTITIONS);
  await until('the replay', async () => (await lag()) === 0);
  recording.say('The replay has ended.');
  await recording.summary(admin);
  recording.count(await ledger.check(replaced.url, TOPIC, { hash: 'source' }));
}

const directory = mkdtempSync(join(tmpdir(), 'logweir-incident-'));
const closing: (() => Promise<void>)[] = [];
let exitCode = 0;
try {
  await play(directory, closing);
} catch (error) {
  console.error((error as Error).message);
  exitCode = 1;
} finally {
  for (const close of closing.toReversed()) await close().catch(() => {});
  rmSync(directory, { recursive: true, force: true });
  // The threads of librdkafka would keep the process running after the broker is gone.
  process.exit(exitCode);
}
