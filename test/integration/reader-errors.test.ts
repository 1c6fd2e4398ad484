/** The contract of both record sources: errors of the client. */
import { describe, expect, inject, it } from 'vitest';
import { ErrorCode } from '../../src/kafka/native.ts';
import { Reading, fromStart, newTopic, produce, sources } from '../support/reader-lab.ts';
import { deleteTopic } from '../support/topics.ts';

describe.each(sources)('errors of the %s source', (source) => {
  it('a deleted offset is an error of the partition, and no jump', async () => {
    const topic = await newTopic();
    await produce([{ topic, value: Buffer.from('x') }]);
    const reading = (await Reading.open(source)).assign({ topic, partition: 0, offset: 1000 });
    await reading.pollUntil(() => reading.errors.length > 0, 'an error');
    expect(reading.errors[0]?.code).toBe(ErrorCode.AUTO_OFFSET_RESET);
    expect(reading.errors[0]?.message).not.toBe('');
    expect(reading.rows).toEqual([]);
  });

  it('a deleted topic is an error after its own records, and before those of other topics', async () => {
    const [gone, other] = [await newTopic(), await newTopic()];
    await produce([gone, other].map((topic) => ({ topic, value: Buffer.from('before') })));
    const options = { 'topic.metadata.refresh.interval.ms': 500, 'topic.metadata.propagation.max.ms': 0 };
    const reading = await Reading.open(source, { options, reset: 'earliest' });
    reading.consumer.subscribe([gone, other]);
    await reading.until(2);
    await deleteTopic(inject('kafka'), gone);
    await reading.pollUntil(() => reading.errors.length > 0, 'an error');
    expect(reading.errors[0]?.code).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PART);
    await produce([{ topic: other, value: Buffer.from('after') }]);
    const values = (): string[] => reading.rows.map(({ value }) => String(value));
    await reading.pollUntil(() => values().includes('after'), 'the other topic');
    expect(new Set(values())).toEqual(new Set(['before', 'after']));
  });

  it('a closed client is an error', async () => {
    const topic = await newTopic();
    const reading = (await Reading.open(source)).assign(...fromStart(topic));
    await reading.poll();
    await reading.close();
    expect(await reading.poll()).toEqual([]);
    expect(reading.errors).toEqual([expect.objectContaining({ code: -172 })]);
    reading.reader.wake();
  });

  it('the end of a partition is neither a record nor an error', async () => {
    const topic = await newTopic(3);
    await produce(
      Array.from({ length: 30 }, (_, at) => ({ topic, partition: at % 2, value: Buffer.from(`${at}`) })),
    );
    const options = { 'enable.partition.eof': true };
    const reading = (await Reading.open(source, { options })).assign(...fromStart(topic, 3));
    await reading.until(30);
    await reading.idle(300);
    await produce([{ topic, partition: 2, value: Buffer.from('one more') }]);
    await reading.until(31);
    await reading.idle(200);
    expect(reading.rows.length).toBe(31);
    expect(reading.errors).toEqual([]);
  });
});
