/** The contract of both record sources: several consumers in one process, and their ends. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { NativeReader } from '../../src/kafka/consumer/native-reader.ts';
import { Reading, fromStart, newTopic, produce, sources } from '../support/reader-lab.ts';
import { uniqueName } from '../support/topics.ts';

const values = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${from + at}`);

async function produceValues(topic: string, some: readonly string[], partition = 0): Promise<void> {
  await produce(some.map((value) => ({ topic, partition, value: Buffer.from(value) })));
}

const read = (reading: Reading): string[] => reading.rows.map(({ value }) => String(value));

describe.each(sources)('consumers of the %s source', (source) => {
  it('receive only their own records, beside others in the process', async () => {
    const topic = await newTopic(4);
    for (let partition = 0; partition < 4; partition++)
      await produceValues(topic, values(partition * 1000, 300), partition);
    const readings = await Promise.all(Array.from({ length: 4 }, () => Reading.open(source)));
    readings.forEach((reading, partition) => reading.assign({ topic, partition, offset: 0 }));
    await Promise.all(readings.map((reading) => reading.until(300)));
    await Promise.all(readings.map((reading) => reading.idle(100)));
    readings.forEach((reading, at) => expect(read(reading)).toEqual(values(at * 1000, 300)));
  });

  it('continue when another one ends or starts', async () => {
    const [topic, other] = [await newTopic(), await newTopic()];
    const staying = (await Reading.open(source)).assign(...fromStart(topic));
    for (let round = 0; round < 3; round++) {
      const leaving = (await Reading.open(source)).assign(...fromStart(other));
      await Promise.all([
        produceValues(topic, values(round * 50, 50)),
        produceValues(other, values(round * 50, 50)),
      ]);
      const polling = staying.until(round * 50 + 50);
      await leaving.until(round * 50 + 50);
      await leaving.close();
      await polling;
      expect(read(leaving)).toEqual(values(0, round * 50 + 50));
    }
    expect(read(staying)).toEqual(values(0, 150));
    expect(staying.errors).toEqual([]);
  });

  it('end while a poll waits: the poll returns nothing, and the process continues', async () => {
    const topic = await newTopic();
    for (let round = 0; round < 5; round++) {
      const reading = (await Reading.open(source)).assign(...fromStart(topic));
      await reading.poll();
      const polling = reading.poll();
      await delay(round * 10);
      await Promise.all([reading.close(), polling]);
      expect(await polling).toEqual([]);
    }
    // The ended consumers do not affect later ones.
    await produceValues(topic, values(0, 10));
    const reading = (await Reading.open(source)).assign(...fromStart(topic));
    expect((await reading.until(10)).length).toBe(10);
  });

  it('end during a flow of records, while polls continue', async () => {
    const topic = await newTopic();
    await produceValues(topic, values(0, 60_000));
    for (let round = 0; round < 5; round++) {
      const reading = (await Reading.open(source)).assign(...fromStart(topic));
      await reading.until(1 + round * 3000);
      const polls = async (): Promise<void> => {
        while (reading.errors.length === 0) await reading.poll(200);
      };
      const start = performance.now();
      const polling = polls();
      await delay(round * 3);
      await Promise.all([reading.close(), polling]);
      expect(performance.now() - start).toBeLessThan(15_000);
      expect(read(reading)).toEqual(values(0, reading.rows.length));
    }
  });

  it('end even if more polls start meanwhile than there are threads', async () => {
    const topic = await newTopic();
    const readings = await Promise.all(Array.from({ length: 8 }, () => Reading.open(source)));
    for (const reading of readings) reading.assign(...fromStart(topic));
    await Promise.all(readings.map((reading) => reading.poll()));
    const start = performance.now();
    const ends = readings.map((reading) => reading.close());
    const polls = readings.map((reading) => reading.poll());
    await Promise.all([...ends, ...polls]);
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(readings.flatMap(read)).toEqual([]);
  });
});

describe.runIf(sources.includes('native'))('the native reader', () => {
  it('wakes from a waiting poll', async () => {
    const reading = (await Reading.open('native')).assign(...fromStart(await newTopic()));
    const patient = new NativeReader(reading.consumer, 20_000);
    await reading.poll();
    for (let round = 0; round < 3; round++) {
      const start = performance.now();
      const polling = patient.poll(10, 0);
      await delay(50);
      expect(performance.now() - start).toBeLessThan(5000);
      patient.wake();
      expect((await polling).batches).toEqual([]);
      expect(performance.now() - start).toBeLessThan(10_000);
    }
  });

  it('rejects a second concurrent poll with an error', async () => {
    const reading = (await Reading.open('native')).assign(...fromStart(await newTopic()));
    const [first, second] = await Promise.all([reading.reader.poll(10, 0), reading.reader.poll(10, 0)]);
    expect(first.error).toBeNull();
    expect(second.error?.message).toBe('one poll at a time');
  });

  it('finds its consumer by name, among consumers without the plugin', async () => {
    const without = await Reading.open('client', { options: { 'client.id': uniqueName('without') } });
    expect(() => new NativeReader(without.consumer, 50)).toThrow('the client has not loaded it');
    const topic = await newTopic();
    await produceValues(topic, ['x']);
    const reading = (await Reading.open('native')).assign(...fromStart(topic));
    expect((await reading.until(1)).length).toBe(1);
  });
});
