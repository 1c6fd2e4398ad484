import { describe, expect, it } from 'vitest';
import { Timestamp } from 'logweir';
import { testTransform } from 'logweir/testing';
import kafkaFields from '../../transforms/kafka-fields.ts';

const record = {
  topic: 'shop',
  partition: 3,
  offset: 42,
  timestamp: Date.UTC(2026, 6, 1, 10),
  key: Buffer.from('cart'),
  headers: [{ trace: Buffer.from('a1') }, { trace: 'a2' }, { __proto__x: 'x' }],
};

describe('kafka-fields', () => {
  it("adds the fields of Vector's source, in place of fields of the event", async () => {
    const run = await testTransform(kafkaFields);
    const [event] = await run({ message: 'ready', topic: 'mine' }, record);
    expect(JSON.parse(JSON.stringify(event))).toEqual({
      message: 'ready',
      topic: 'shop',
      partition: 3,
      offset: 42,
      message_key: 'cart',
      headers: { trace: 'a2', __proto__x: 'x' },
      timestamp: '2026-07-01T10:00:00Z',
      source_type: 'kafka',
    });
    expect(event?.['timestamp']).toBeInstanceOf(Timestamp);
  });

  it('has null for a record without a key, and no time if the broker has none', async () => {
    const run = await testTransform(kafkaFields);
    const [event] = await run({}, { timestamp: -1 });
    expect(event).toMatchObject({ message_key: null, headers: {} });
    expect(event).not.toHaveProperty('timestamp');
  });

  it('uses other names, and leaves out a field whose name is null', async () => {
    const run = await testTransform(kafkaFields, {
      topic: 'kafka.topic',
      partition: null,
      offset: null,
      message_key: null,
      headers: null,
      timestamp: null,
      source_type: null,
    });
    expect(await run({}, record)).toEqual([{ kafka: { topic: 'shop' } }]);
  });
});
