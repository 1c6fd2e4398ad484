import { Timestamp, defineTransform, setAt } from 'logweir';
import { z } from 'zod';

const name = (field: string, what: string) =>
  z.string().min(1).nullable().default(field).describe(`The field of ${what}; null for none.`);

export default defineTransform({
  lazy: true,
  description:
    "Adds where an event comes from: topic, partition, offset, key, headers and time of its record, under the names of Vector's Kafka source. An existing field is replaced. The key and the headers are UTF-8 text; a record without a key has null, and of headers with the same name the last one counts. The time is written as RFC 3339.",
  options: z.strictObject({
    topic: name('topic', 'the topic'),
    partition: name('partition', 'the partition'),
    offset: name('offset', 'the offset'),
    message_key: name('message_key', "the record's key"),
    headers: name('headers', 'the headers, an object'),
    timestamp: name('timestamp', "the record's time; left out if the broker has none"),
    source_type: name('source_type', 'the text `kafka`'),
  }),
  examples: [
    {
      title: 'Topic and time only',
      with: { partition: null, offset: null, message_key: null, headers: null, source_type: null },
      input: [{ message: 'ready' }],
      output: [{ message: 'ready', topic: 'app-logs', timestamp: Timestamp.ofMs(Date.UTC(2026, 0, 1)) }],
    },
  ],
  setup({ topic, partition, offset, message_key, headers, timestamp, source_type }) {
    return (event, record) => {
      if (source_type !== null) setAt(event, source_type, 'kafka');
      if (message_key !== null) setAt(event, message_key, record.key?.toString('utf8') ?? null);
      if (timestamp !== null && record.timestamp >= 0)
        setAt(event, timestamp, Timestamp.ofMs(record.timestamp));
      if (topic !== null) setAt(event, topic, record.topic);
      if (partition !== null) setAt(event, partition, record.partition);
      if (offset !== null) setAt(event, offset, record.offset);
      if (headers !== null) setAt(event, headers, headersOf(record.headers));
      return event;
    };
  },
});

function headersOf(list: readonly Record<string, Buffer | string>[] | undefined): Record<string, string> {
  const pairs = (list ?? []).flatMap((one) => Object.entries(one));
  // Not assignments: a header may be named __proto__.
  return Object.fromEntries(pairs.map(([key, value]) => [key, value.toString()]));
}
