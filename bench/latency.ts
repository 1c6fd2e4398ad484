import { setTimeout as delay } from 'node:timers/promises';
import { connectProducer } from '../test/support/kafka-client.ts';
import { createTopic, uniqueName } from '../test/support/topics.ts';
import { startLogweir } from './contenders.ts';
import type { CountingSink } from './drain.ts';
import { endpointOf } from './endpoint.ts';
import { quantile } from './measure.ts';

export interface Latency {
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** How late the event loop was, at worst for 99 of 100 looks. */
  readonly loopDelayP99Ms: number;
}

/**
 * From the producer's call to the sink's answer, at a steady rate: the producer's and the broker's time are
 * in it.
 */
export async function measureLatency(
  directory: string,
  sink: CountingSink,
  bootstrapServers: string,
  rate: number,
  seconds: number,
): Promise<Latency> {
  const topic = uniqueName('latency');
  await createTopic(bootstrapServers, topic, 6);
  await sink.reset();
  const tested = startLogweir(directory, sink.url, { bootstrapServers, topic }, 'passthrough');
  const producer = await connectProducer({
    'bootstrap.servers': bootstrapServers,
    'linger.ms': 0,
    acks: 1,
  } as Parameters<typeof connectProducer>[0]);
  producer.setPollInterval(100);
  try {
    const produce = async (from: number, to: number): Promise<void> => {
      const started = performance.now();
      for (let sent = from; sent < to;) {
        const due = from + ((performance.now() - started) / 1000) * rate;
        for (; sent < Math.min(due, to); sent++) {
          const now = performance.timeOrigin + performance.now();
          const event = `{"sent_at": ${now.toFixed(3)},"seq":${sent},"message":"${'x'.repeat(350)}"}`;
          producer.produce(topic, sent % 6, Buffer.from(event), null, Date.now());
        }
        await delay(1);
      }
    };
    const arrived = async (count: number): Promise<void> => {
      for (const deadline = Date.now() + 60_000; (await sink.stats()).documents < count; await delay(50)) {
        if (Date.now() > deadline) throw new Error('the events of the latency run do not arrive');
      }
    };
    // The first ones find a process that compiles, and a group that forms.
    const warm = rate * 3;
    await produce(0, warm);
    await arrived(warm);
    await sink.reset();
    await produce(warm, warm + rate * seconds);
    await arrived(rate * seconds);
    const sorted = (await sink.stats()).latencies.toSorted((a, b) => a - b);
    return {
      seconds,
      p50Ms: quantile(sorted, 0.5),
      p99Ms: quantile(sorted, 0.99),
      maxMs: sorted.at(-1) ?? 0,
      loopDelayP99Ms: await loopDelay(directory),
    };
  } finally {
    await new Promise((resolve) => producer.disconnect(resolve));
    await tested.stop();
  }
}

/** What the process says of itself at its endpoint, which is in its log. */
async function loopDelay(directory: string): Promise<number> {
  const text = await (await fetch(`${endpointOf(directory) ?? ''}/metrics`)).text();
  return Number(/^logweir_nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text)?.[1]) * 1000;
}
