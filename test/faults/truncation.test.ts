import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { truncateLog } from '../support/truncate-log.ts';
import { called, withObserver } from '../support/kafka-client.ts';
import { produceRaw } from '../support/kafka-protocol.ts';
import { type KafkaServer, startKafka } from '../support/kafka-server.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';
import { createTopic, deleteTopic, endOffsets, waitFor } from '../support/topics.ts';

const ALARM = /lost by a truncation/;
const READ = 20;
const END = 16;

interface Scene {
  readonly lab: Lab;
  readonly logweir: Logweir;
}

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

/** Each record in a batch of its own, so that the log can be truncated before it. */
async function produce(lab: Lab, ...numbers: number[]): Promise<void> {
  for (const n of numbers)
    await produceRaw(lab.kafka, lab.topic, 0, [
      { key: null, value: Buffer.from(JSON.stringify({ n })), headers: [] },
    ]);
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** The broker has lost the records from {@link END} on, and comes back under another epoch. */
async function truncate(labs: readonly Lab[]): Promise<void> {
  await broker.stop();
  for (const lab of labs) truncateLog(directory, lab.topic, 0, END);
  await broker.start();
  for (const lab of labs)
    await waitFor(async () => (await endOffsets(lab.kafka, lab.topic, 1))[0] === END, {
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

/** A group that has read and committed all, and whose member runs on. */
async function labThatReads(onEnd?: (close: () => Promise<void>) => void): Promise<Scene> {
  const ending = onEnd === undefined ? {} : { onTestFinished: onEnd };
  const lab = await openLab({ kafka: broker.bootstrapServers, partitions: 1, ...ending });
  await produce(lab, ...range(0, READ));
  const logweir = lab.start();
  await lab.waitForLagZero();
  return { lab, logweir };
}

async function labThatHasRead(onEnd?: (close: () => Promise<void>) => void): Promise<Lab> {
  const { lab, logweir } = await labThatReads(onEnd);
  await logweir.stop();
  return lab;
}

it('a group that is by the commit of another client beyond the end of a partition continues at the end, and nothing is read again', async () => {
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

describe('a truncation', () => {
  /** Fewer than were lost, and more: the offset of the group is there again. */
  const [FEW, MANY] = [range(100, 102), range(100, 112)];
  const closing: (() => Promise<void>)[] = [];
  let beyond: Lab;
  let within: Lab;
  let readingFew: Scene;
  let readingMany: Scene;
  let unread: Scene;

  // One for all: each takes a broker that stops and starts.
  beforeAll(async () => {
    const onEnd = (close: () => Promise<void>): void => void closing.push(close);
    const assigned = async (): Promise<Scene> => {
      const lab = await labThatHasRead(onEnd);
      const logweir = lab.start();
      await logweir.waitForPartitions(1, 60_000);
      // By then its start is verified.
      await delay(8000);
      return { lab, logweir };
    };
    [beyond, within, readingFew, readingMany, unread] = await Promise.all([
      labThatHasRead(onEnd),
      labThatHasRead(onEnd),
      labThatReads(onEnd),
      labThatReads(onEnd),
      assigned(),
    ]);
    // It sees nothing of the shorter log; and without an epoch of its own the client does not check what it reads next.
    unread.logweir.signal('SIGSTOP');
    await truncate([beyond, within, readingFew.lab, readingMany.lab, unread.lab]);
    await Promise.all([
      produce(beyond, ...FEW),
      produce(within, ...MANY),
      produce(readingFew.lab, ...FEW),
      produce(readingMany.lab, ...MANY),
      produce(unread.lab, ...MANY),
    ]);
    unread.logweir.signal('SIGCONT');
  }, 240_000);
  afterAll(async () => {
    await Promise.all(closing.map((close) => close()));
  });

  it('behind which a group is: it reads what was written there meanwhile, and nothing again', async () => {
    const logweir = beyond.start();
    expect(await logweir.waitForLog(ALARM)).toMatchObject({ lost: READ - END, offset: END, committed: READ });
    const wanted = [...range(0, READ), ...FEW];
    expect(await onceStored(beyond, logweir, wanted.length)).toEqual(wanted);
    expect((await logweir.status()).records.received).toBe(FEW.length);
    await beyond.waitForLagZero();
  });

  it('before an offset of a group that is there again: the new records are read', async () => {
    const logweir = within.start();
    expect(await logweir.waitForLog(ALARM)).toMatchObject({ lost: READ - END, offset: END });
    const wanted = [...range(0, READ), ...MANY];
    expect(await onceStored(within, logweir, wanted.length)).toEqual(wanted);
    await within.waitForLagZero();
  });

  it.each([
    ['few', () => readingFew, FEW],
    ['more than were lost', () => readingMany, MANY],
  ])(
    'of a partition while it is read: it continues at the truncation (%s new records)',
    async (_name, scene, added) => {
      const { lab, logweir } = scene();
      expect(await logweir.waitForLog(ALARM, 90_000)).toMatchObject({ lost: READ - END, offset: END });
      const wanted = [...range(0, READ), ...added];
      expect(await onceStored(lab, logweir, wanted.length)).toEqual(wanted);
      await lab.waitForLagZero();
    },
    240_000,
  );

  it('of a partition before anything of it has been read: it continues at the truncation', async () => {
    const { lab, logweir } = unread;
    const wanted = [...range(0, READ), ...MANY];
    expect(await onceStored(lab, logweir, wanted.length)).toEqual(wanted);
    expect(await logweir.waitForLog(ALARM)).toMatchObject({ lost: READ - END, offset: END });
    await lab.waitForLagZero();
  }, 240_000);
});

it('a topic that is created again while it runs is read from its beginning, also where it has more records than before', async () => {
  const lab = await openLab({ kafka: broker.bootstrapServers, partitions: 1 });
  await produce(lab, 0, 1);
  const logweir = lab.start();
  await lab.waitForLagZero();
  await deleteTopic(lab.kafka, lab.topic);
  await createTopic(lab.kafka, lab.topic, 1);
  const added = range(100, 110);
  await produce(lab, ...added);
  const wanted = [0, 1, ...added];
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
