import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutLog } from '../support/cut-log.ts';
import { called, withObserver } from '../support/kafka-client.ts';
import { produceRaw } from '../support/kafka-protocol.ts';
import { type KafkaServer, startKafka } from '../support/kafka-server.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';
import { createTopic, deleteTopic, endOffsets, waitFor } from '../support/topics.ts';

const ALARM = /lost by a truncation/;
const READ = 20;
const CUT = 16;

let directory: string;
let broker: KafkaServer;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'logweir-truncation-'));
  broker = await startKafka({ runDirectory: directory });
});
afterAll(async () => {
  await (broker as KafkaServer | undefined)?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Each record in a batch of its own, so that the log may be cut before it. */
async function produce(lab: Lab, ...numbers: number[]): Promise<void> {
  for (const n of numbers)
    await produceRaw(lab.kafka, lab.topic, 0, [
      { key: null, value: Buffer.from(JSON.stringify({ n })), headers: [] },
    ]);
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** The broker has lost what lies behind `end`, and comes back under another epoch. */
async function truncate(lab: Lab, end: number): Promise<void> {
  await broker.stop();
  cutLog(directory, lab.topic, 0, end);
  await broker.start();
  await waitFor(async () => (await endOffsets(lab.kafka, lab.topic, 1))[0] === end, {
    timeoutMs: 30_000,
    what: 'the shorter log',
  });
}

const stored = async (lab: Lab): Promise<number[]> =>
  (await lab.search()).map(({ _source }) => Number(_source['n'])).toSorted((a, b) => a - b);

/** What is stored once that is no less than `count`. */
async function onceStored(lab: Lab, logweir: Logweir, count: number): Promise<number[]> {
  await logweir.waitUntil(
    async () => (await stored(lab)).length >= count,
    `${count} documents to be stored`,
    90_000,
  );
  return stored(lab);
}

async function labThatHasRead(): Promise<Lab> {
  const lab = await openLab({ kafka: broker.bootstrapServers, partitions: 1 });
  await produce(lab, ...range(0, READ));
  const first = lab.start();
  await lab.waitForLagZero();
  await first.stop();
  return lab;
}

describe('a group that is beyond the end of a partition', () => {
  it('by the commit of another client goes on at the end, and nothing is read again', async () => {
    const lab = await openLab({ kafka: broker.bootstrapServers, partitions: 1 });
    await produce(lab, ...range(0, READ));
    await withObserver(lab.kafka, lab.group, async (client) => {
      client.commitSync([{ topic: lab.topic, partition: 0, offset: READ + 3 }]);
    });
    const logweir = lab.start();
    expect(await logweir.waitForLog(ALARM)).toMatchObject({
      level: 50,
      lost: 3,
      committed: READ + 3,
      high: READ,
    });
    await produce(lab, 100);
    const wanted = [100];
    expect(await onceStored(lab, logweir, wanted.length)).toEqual(wanted);
    expect((await logweir.status()).records.received).toBe(1);
    await lab.waitForLagZero();
  });

  it('since it was truncated reads what was written there meanwhile, and nothing again', async () => {
    const lab = await labThatHasRead();
    await truncate(lab, CUT);
    await produce(lab, 100, 101);
    const logweir = lab.start();
    expect(await logweir.waitForLog(ALARM)).toMatchObject({ lost: READ - CUT, offset: CUT, committed: READ });
    const wanted = [...range(0, READ), 100, 101];
    expect(await onceStored(lab, logweir, wanted.length)).toEqual(wanted);
    expect((await logweir.status()).records.received).toBe(2);
    await lab.waitForLagZero();
  });
});

it('a group whose offset is there again, though the log before it was cut, reads what took the place of it', async () => {
  const lab = await labThatHasRead();
  await truncate(lab, CUT);
  const anew = range(100, 110);
  await produce(lab, ...anew);
  const logweir = lab.start();
  expect(await logweir.waitForLog(ALARM)).toMatchObject({ lost: READ - CUT, offset: CUT });
  const wanted = [...range(0, READ), ...anew];
  expect(await onceStored(lab, logweir, wanted.length)).toEqual(wanted);
  await lab.waitForLagZero();
}, 180_000);

it.each([
  ['few', [100, 101]],
  ['more than were lost', range(100, 112)],
])(
  'a partition that is truncated while it is read goes on where it was cut (%s new records)',
  async (_name, anew) => {
    const lab = await openLab({ kafka: broker.bootstrapServers, partitions: 1 });
    await produce(lab, ...range(0, READ));
    const logweir = lab.start();
    await lab.waitForLagZero();
    await truncate(lab, CUT);
    await produce(lab, ...anew);
    expect(await logweir.waitForLog(ALARM, 90_000)).toMatchObject({ lost: READ - CUT, offset: CUT });
    const wanted = [...range(0, READ), ...anew];
    expect(await onceStored(lab, logweir, wanted.length)).toEqual(wanted);
    await lab.waitForLagZero();
  },
  240_000,
);

it('a topic that is created anew while it runs is read from its beginning, also where it has more records than before', async () => {
  const lab = await openLab({ kafka: broker.bootstrapServers, partitions: 1 });
  await produce(lab, 0, 1);
  const logweir = lab.start();
  await lab.waitForLagZero();
  await deleteTopic(lab.kafka, lab.topic);
  await createTopic(lab.kafka, lab.topic, 1);
  const anew = range(100, 110);
  await produce(lab, ...anew);
  const wanted = [0, 1, ...anew];
  expect(await onceStored(lab, logweir, wanted.length)).toEqual(wanted);
}, 180_000);

it('what is committed says of which topic it is, and by which leader it was written', async () => {
  const lab = await labThatHasRead();
  await withObserver(lab.kafka, lab.group, async (client) => {
    const [committed] = await called<{ metadata?: string; leaderEpoch?: number }[]>((callback) =>
      client.committed([{ topic: lab.topic, partition: 0 }], 10_000, callback as never),
    );
    expect(committed?.metadata).toMatch(/^logweir topic_id=[A-Za-z0-9+/_-]{22}$/);
    expect(committed?.leaderEpoch).toBeGreaterThanOrEqual(0);
  });
});
