import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { agentEvent } from '../support/events.ts';
import { expectExactlyOnce } from '../support/checks.ts';
import { openLab } from '../support/lab.ts';

const FULL = process.env['FULL'] === '1';
const BACKLOG = FULL ? 3_000_000 : 150_000;
const OUTAGE_MS = FULL ? 600_000 : 30_000;
/** From here on memory must be flat: the second minute of the long outage. */
const SETTLED_AFTER = OUTAGE_MS / 5;
const RSS_MB_MAX = 250;

/** Of the process, now or at its highest. */
function rssMb(pid: number, figure: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const match = new RegExp(`${figure}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1]) / 1024;
}

it(
  'a long outage with a large backlog: memory is bounded and flat, no member is evicted, the offset stays, then all of it arrives',
  async () => {
    const lab = await openLab({ partitions: 6 });
    await lab.ledger.produce(
      lab.topic,
      Array.from({ length: 1000 }, (_, sequence) => agentEvent(sequence)),
    );
    const logweir = lab.start({
      kafka: { session_timeout_ms: 6000, librdkafka_options: { 'max.poll.interval.ms': 10_000 } },
    });
    await lab.waitForLagZero();
    const before = await lab.committed();
    await lab.proxy.refuse();
    for (let made = 1000; made < BACKLOG; made += 10_000) {
      const batch = Array.from({ length: Math.min(10_000, BACKLOG - made) }, (_, index) =>
        agentEvent(made + index),
      );
      await lab.ledger.produce(lab.topic, batch);
    }
    const start = Date.now();
    const samples: { at: number; mb: number }[] = [];
    while (Date.now() - start < OUTAGE_MS) {
      samples.push({ at: Date.now() - start, mb: rssMb(logweir.pid) });
      await delay(500);
    }
    const reference = Math.max(...samples.filter(({ at }) => at < SETTLED_AFTER).map(({ mb }) => mb));
    const peak = Math.max(...samples.map(({ mb }) => mb));
    process.stdout.write(
      `memory in the outage: ${reference.toFixed(0)} MB, later at most ${peak.toFixed(0)} MB\n`,
    );
    expect(peak).toBeLessThan(RSS_MB_MAX);
    expect(peak).toBeLessThan(reference * 1.15);
    const { buffer, kafka } = await logweir.status();
    expect(buffer.bytes).toBeLessThan(buffer.max_bytes * 1.2);
    expect(kafka.partitions).toHaveLength(6);
    expect(await lab.committed()).toEqual(before);
    await lab.proxy.accept();
    await lab.waitForLagZero(FULL ? 900_000 : 90_000);
    expect(logweir.log().filter(({ msg }) => msg === 'partitions assigned')).toHaveLength(1);
    await expectExactlyOnce(lab);
    const after = rssMb(logweir.pid);
    process.stdout.write(`memory after catching up: ${after.toFixed(0)} MB\n`);
  },
  FULL ? 2_400_000 : 240_000,
);

it('compressed records of many partitions: what one fetch brings is decompressed as a whole, and is little', async () => {
  const [partitions, each] = [24, 3000];
  const lab = await openLab({ partitions });
  for (let partition = 0; partition < partitions; partition++) {
    // 2 KB of which a fifteenth is left.
    const payloads = Array.from({ length: each }, (_, index) => ({
      seq: partition * each + index,
      message: randomBytes(100).toString('base64').repeat(14),
    }));
    await lab.ledger.produce(lab.topic, payloads, { partition, compression: 'zstd' });
  }
  const logweir = lab.start(
    { transforms: [{ use: './drop.js' }] },
    { 'drop.js': 'export default () => null;\n' },
  );
  await lab.waitForLagZero();
  const peak = rssMb(logweir.pid, 'VmHWM');
  process.stdout.write(`memory with a compressed backlog: at most ${peak.toFixed(0)} MB\n`);
  expect(peak).toBeLessThan(RSS_MB_MAX);
  expect((await logweir.status()).records['dropped']).toBe(partitions * each);
});

it('headers count in the buffer, so that an outage with a large backlog stays bounded', async () => {
  const lab = await openLab({ partitions: 3 });
  const headers = Array.from({ length: 20 }, (_, n) => ({
    [`x-trace-${n}`]: randomBytes(75).toString('hex'),
  }));
  const count = 60_000;
  for (let made = 0; made < count; made += 5000) {
    const batch = Array.from({ length: 5000 }, (_, index) => ({ seq: made + index }));
    await lab.ledger.produce(lab.topic, batch, { headers });
  }
  await lab.proxy.refuse();
  const logweir = lab.start();
  const isFull = async (): Promise<boolean> => {
    const { buffer, kafka } = await logweir.status();
    return buffer.bytes > buffer.max_bytes / 2 || kafka.paused.length > 0;
  };
  await logweir.waitUntil(isFull, 'the buffer to be full, or a pause');
  await delay(5000);
  const { buffer, records } = await logweir.status();
  expect(buffer.bytes).toBeLessThan(buffer.max_bytes * 1.2);
  // More than their headers alone: each stands for 3 KB and the objects of twenty headers.
  expect(buffer.bytes / records.in_flight).toBeGreaterThan(3000);
  expect(rssMb(logweir.pid, 'VmHWM')).toBeLessThan(RSS_MB_MAX);
  await lab.proxy.accept();
  await lab.waitForLagZero(90_000);
  const peak = rssMb(logweir.pid, 'VmHWM');
  process.stdout.write(`memory with many headers: at most ${peak.toFixed(0)} MB\n`);
  expect(peak).toBeLessThan(RSS_MB_MAX);
});
