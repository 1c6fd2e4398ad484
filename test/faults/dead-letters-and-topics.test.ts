import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logweirCommand } from '../support/command.ts';
import { produceRaw } from '../support/kafka-protocol.ts';
import { type KafkaServer, startKafka } from '../support/kafka-server.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';
import { readTopic } from '../support/topic-reader.ts';
import { createTopic, lowestOffset, uniqueName, waitFor } from '../support/topics.ts';

const [HOUR, DAY] = [3_600_000, 86_400_000];

let directory: string;
let broker: KafkaServer;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'logweir-dead-letters-'));
  // Retention is looked at each second, and sources keep for longer than their dead letters.
  const properties = { 'log.retention.check.interval.ms': 1000, 'log.retention.hours': 24 * 60 };
  broker = await startKafka({ runDirectory: directory, properties });
});
afterAll(async () => {
  await (broker as KafkaServer | undefined)?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const deadLettersOf = async (lab: Lab, topic = lab.topic) => readTopic(lab.kafka, `${topic}-dlq`);
const deadLettered = (logweir: Logweir, count: number): Promise<void> =>
  logweir.waitUntil(
    async () => (await logweir.status()).records.dead_lettered === count,
    `${count} dead letters`,
  );
const dlq = (logweir: Logweir, ...args: string[]) =>
  logweirCommand(['dlq', ...args, '-c', join(logweir.directory, 'logweir.yaml')]);

describe('a dead letter', () => {
  it('of a record that is older than dead letters are kept outlives the next look of retention', async () => {
    const lab = await openLab({ kafka: broker.bootstrapServers, partitions: 1 });
    const weekly = { 'retention.ms': String(7 * DAY) };
    await createTopic(lab.kafka, `${lab.topic}-dlq`, 1, weekly);
    const control = uniqueName('control');
    await createTopic(lab.kafka, control, 1, weekly);
    const timestamp = Date.now() - 8 * DAY;
    await lab.ledger.produce(lab.topic, ['no JSON'], { timestamp });
    const logweir = lab.start();
    await deadLettered(logweir, 1);
    // As old as the record, and with the retention of the dead letter: retention has looked when it is gone.
    await lab.ledger.produce(control, ['old'], { timestamp });
    await waitFor(async () => (await lowestOffset(lab.kafka, control)) === 1, {
      timeoutMs: 30_000,
      what: 'retention',
    });
    const [deadLetter] = await deadLettersOf(lab);
    expect(deadLetter?.headers['logweir-timestamp']).toBe(String(timestamp));
    expect((await dlq(logweir, 'list')).stdout).toContain(`1 dead letters in ${lab.topic}-dlq`);
    // What fails again is dead-lettered again, and says the same of the record.
    expect((await dlq(logweir, 'retry', '--execute')).stdout).toContain('1 dead-lettered again');
    const again = await deadLettersOf(lab);
    expect(again.map(({ headers }) => headers['logweir-timestamp'])).toEqual(
      Array(2).fill(String(timestamp)),
    );
  });

  it('of a record from the future is accepted by a topic with the default of Kafka 4', async () => {
    const lab = await openLab({ kafka: broker.bootstrapServers, partitions: 1 });
    const topic = `${lab.topic}-future`;
    await createTopic(lab.kafka, topic, 1, { 'message.timestamp.after.max.ms': '9223372036854775807' });
    await createTopic(lab.kafka, `${topic}-dlq`, 1);
    const timestamp = Date.now() + 3 * HOUR;
    await lab.ledger.produce(topic, ['no JSON'], { timestamp });
    const logweir = lab.start({ kafka: { topics: [topic] } });
    await deadLettered(logweir, 1);
    expect((await logweir.status()).holds).toEqual([]);
    expect((await deadLettersOf(lab, topic)).map(({ headers }) => headers['logweir-timestamp'])).toEqual([
      String(timestamp),
    ]);
  });

  it('keeps empty keys and values, and headers without a value or of an odd name', async () => {
    const lab = await openLab({ kafka: broker.bootstrapServers, partitions: 1 });
    const headers = [
      ['none', null],
      ['empty', Buffer.alloc(0)],
      ['__proto__', Buffer.from('p')],
      ['constructor', Buffer.from('c')],
    ] as const;
    await produceRaw(lab.kafka, lab.topic, 0, [
      { key: Buffer.alloc(0), value: Buffer.alloc(0), headers },
      { key: null, value: Buffer.from('no JSON'), headers: [] },
    ]);
    const logweir = lab.start();
    await deadLettered(logweir, 2);
    const deadLetters = await deadLettersOf(lab);
    expect(deadLetters.map(({ key, value }) => [key, value?.toString()])).toEqual([
      ['', ''],
      [null, 'no JSON'],
    ]);
    expect(Object.entries(deadLetters[0]?.headers ?? {}).slice(0, 4)).toEqual([
      ['none', ''],
      ['empty', ''],
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ]);
    expect((await dlq(logweir, 'show', `${lab.topic}:0:0`)).code).toBe(0);
    expect((await dlq(logweir, 'retry', '--execute')).stdout).toContain('2 dead-lettered again');
  });
});

describe('a regular expression for topics', () => {
  it("reads neither Kafka's own topics nor dead letters, and neither do the commands", async () => {
    const lab = await openLab({ kafka: broker.bootstrapServers, partitions: 1 });
    await lab.ledger.produce(lab.topic, [{ n: 1 }, 'no JSON', { n: 2 }]);
    const logweir = lab.start({
      kafka: {
        topics: [`^(${lab.topic}|__)`],
        librdkafka_options: { 'topic.metadata.refresh.interval.ms': 500 },
      },
    });
    await deadLettered(logweir, 1);
    await lab.waitForLagZero();
    const later = `${lab.topic}-later`;
    await createTopic(lab.kafka, later, 1);
    // What is created later is seen; so are, by then, the topics of offsets and of dead letters.
    await logweir.waitForPartitions(2);
    const { kafka, records } = await logweir.status();
    expect(kafka.partitions.map(({ topic }) => topic)).toEqual([lab.topic, later]);
    expect(records).toMatchObject({ received: 3, indexed: 2, dead_lettered: 1 });
    await logweir.stop();
    const replay = await logweirCommand([
      'replay',
      '--to-earliest',
      '-c',
      join(logweir.directory, 'logweir.yaml'),
    ]);
    expect(replay.stdout).toContain(`${lab.topic}[0]`);
    expect(replay.stdout).not.toMatch(/__|-dlq/);
    expect((await dlq(logweir, 'list')).stdout).toMatch(/^1 dead letters in /);
    expect((await dlq(logweir, 'retry', '--execute')).stdout).toContain('1 dead-lettered again');
  });
});
