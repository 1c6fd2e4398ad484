import { expect, it } from 'vitest';
import { readIndex } from '../support/index-reader.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { Logweir } from '../support/logweir.ts';
import { readTopic } from '../support/topic-reader.ts';

const SOURCES = 7;
const EVENTS = 3000;

/** Traces of one to four lines, of several sources side by side, so that no offset lies between all of them. */
function lines(): { lines: Record<string, string>[]; texts: string[] } {
  const texts: string[] = [];
  const queues: Record<string, string>[][] = Array.from({ length: SOURCES }, () => []);
  for (let number = 0; number < EVENTS; number++) {
    const source = number % SOURCES;
    const trace = [
      `ERROR ${number}`,
      ...Array.from({ length: number % 4 }, (_, at) => `\tat ${number}.${at}`),
    ];
    texts.push(trace.join('\n'));
    queues[source]?.push(...trace.map((message) => ({ host: `web-${source}`, message })));
  }
  const mixed: Record<string, string>[] = [];
  for (let source = 0; queues.some(({ length }) => length > 0); source++) {
    const line = queues[source % SOURCES]?.shift();
    if (line !== undefined) mixed.push(line);
  }
  return { lines: mixed, texts };
}

async function stored(lab: Lab, read: (event: Record<string, unknown>) => string): Promise<string[]> {
  const values: string[] = [];
  for await (const { source } of readIndex(lab.elasticsearch, lab.index, 1000))
    values.push(read(JSON.parse(source) as Record<string, unknown>));
  return values.sort();
}

const textsOf = (lab: Lab): Promise<string[]> => stored(lab, ({ message }) => String(message));

/** Starts it again and again, and kills it when some more was indexed; then lets the last one run to the end. */
async function killInBetween(lab: Lab, kills: number, start: () => Logweir): Promise<Logweir> {
  const slow = lab.proxy.rule({ from: 1 }, { delayMs: 15 });
  for (let kill = 0; kill < kills; kill++) {
    const logweir = start();
    await logweir.waitForPartitions(lab.partitions);
    const before = lab.proxy.acknowledged.size;
    await logweir.waitUntil(() => lab.proxy.acknowledged.size > before + 200, 'progress');
    await logweir.kill();
  }
  slow.remove();
  const last = start();
  await lab.waitForLagZero();
  return last;
}

it('reduce, kill -9 four times in the middle: every trace is stored whole and once, and nothing else', async () => {
  const lab = await openLab({ partitions: 1 });
  const { lines: produced, texts } = lines();
  await lab.ledger.produce(lab.topic, produced);
  const settings = {
    kafka: { session_timeout_ms: 6000, commit_interval_ms: 20 },
    transforms: [{ use: 'reduce', with: { max_gap_ms: 2000 } }],
    elasticsearch: { batch: { max_events: 50 }, request: { concurrency: 4 } },
  };
  const last = await killInBetween(lab, 4, () => lab.start(settings));
  expect(await textsOf(lab)).toEqual(texts.toSorted());
  expect((await last.status()).records.dead_lettered).toBe(0);
});

it('the end of the partition completes what waits; a revoke before that gives it back', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produce(lab.topic, [
    { host: 'a', message: 'ERROR a' },
    { host: 'a', message: '\tat b' },
  ]);
  const transforms = [{ use: 'reduce', with: { max_gap_ms: 3000 } }];
  const first = lab.start({ transforms });
  await first.waitUntil(async () => (await first.status()).records.received === 2, 'both to be read');
  expect(await first.stop()).toEqual({ code: 0, signal: null });
  expect((await lab.committed())[0]).toBeLessThanOrEqual(0);
  expect(await lab.search()).toEqual([]);
  lab.start({ transforms });
  await lab.waitForLagZero();
  expect(await textsOf(lab)).toEqual(['ERROR a\n\tat b']);
});

it('open groups that are larger than the buffer: partitions are read in turn, and every trace is stored whole and once', async () => {
  const lab = await openLab({ partitions: 4 });
  const texts: string[] = [];
  for (let partition = 0; partition < 4; partition++) {
    const heads = Array.from({ length: 1500 }, (_, n) => ({
      host: `${partition}-${n}`,
      message: `ERROR ${partition}-${n}`,
    }));
    const fill = 'x'.repeat(100);
    // Each has its second line fifty lines later, and nothing says that it is the last one.
    const mixed = heads.flatMap((head, n) => {
      const before = heads[n - 50];
      return before === undefined ? [head] : [head, { host: before.host, message: `\tat ${fill}` }];
    });
    await lab.ledger.produce(lab.topic, mixed, { partition });
    texts.push(...heads.map(({ message }, n) => (n < 1450 ? `${message}\n\tat ${fill}` : message)));
  }
  const logweir = lab.start({
    buffer: { max_bytes: 1_048_576 },
    transforms: [{ use: 'reduce', with: { max_gap_ms: 2000 } }],
  });
  let peak = 0;
  let paused = false;
  await logweir.waitUntil(
    async () => {
      const { buffer, kafka } = await logweir.status();
      peak = Math.max(peak, buffer.bytes);
      paused ||= kafka.partitions.some(
        ({ pause_reason: reason }) => reason?.includes('open groups') === true,
      );
      return kafka.lag === 0 && kafka.partitions.length === 4;
    },
    'all of it to be committed',
    110_000,
  );
  await lab.waitForLagZero();
  expect(await textsOf(lab)).toEqual(texts.toSorted());
  expect(paused).toBe(true);
  // What one more poll and the merged events of closing groups may add.
  expect(peak).toBeLessThan(1.5 * 1_048_576);
});

/** A quarter is dropped, a quarter becomes two events, a quarter comes late, a quarter fails. */
const MIXED = `import { setTimeout as delay } from 'node:timers/promises';
export default (event) => {
  if (event.n % 4 === 0) return undefined;
  if (event.n % 4 === 3) throw new Error('on purpose');
  if (event.n % 4 === 1) return [{ n: event.n, part: 0 }, { n: event.n, part: 1 }];
  return delay(event.n % 7).then(() => ({ n: event.n, part: 2 }));
};`;

it('1→N, drop, error and async, kill -9 three times in the middle: exactly what should be there is there', async () => {
  const lab = await openLab({ partitions: 3 });
  const count = 4800;
  await lab.ledger.produce(
    lab.topic,
    Array.from({ length: count }, (_, n) => ({ n })),
  );
  const settings = {
    kafka: { session_timeout_ms: 6000, commit_interval_ms: 20 },
    transforms: [{ use: './mixed.js' }],
    elasticsearch: { batch: { max_events: 50 }, request: { concurrency: 4 } },
  };
  await killInBetween(lab, 3, () => lab.start(settings, { 'mixed.js': MIXED }));
  const numbers = Array.from({ length: count }, (_, n) => n);
  const wanted = numbers.flatMap((n) => (n % 4 === 1 ? [`${n}:0`, `${n}:1`] : n % 4 === 2 ? [`${n}:2`] : []));
  expect(await stored(lab, ({ n, part }) => `${String(n)}:${String(part)}`)).toEqual(wanted.sort());
  // At least once: a kill between the dead letter's acknowledgement and the commit leaves it there twice.
  const deadLetters = await readTopic(lab.kafka, `${lab.topic}-dlq`);
  const failed = deadLetters.map(({ value }) => (JSON.parse(String(value)) as { n: number }).n);
  expect([...new Set(failed)].sort((a, b) => a - b)).toEqual(numbers.filter((n) => n % 4 === 3));
});
