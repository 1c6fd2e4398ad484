/** What Elasticsearch itself makes of the times of events, once Logweir has sent them. */
import { expect, inject, it, onTestFinished } from 'vitest';
import { openLab } from '../support/lab.ts';
import { readTopic } from '../support/topic-reader.ts';
import { uniqueName } from '../support/topics.ts';

/** The record's own time: a document that sorts there has lost that of its event. */
const ARRIVAL = Date.now();
const ARRIVAL_ISO = new Date(ARRIVAL).toISOString();
const NINE = '2025-11-22T08:26:40';

/** An event, and what has to lie in the data stream: `@timestamp` as text, and the time by which it sorts. */
type Case = readonly [event: string, timestamp: string, sortsAt: string];

const STAYS: readonly Case[] = [
  '"1763800000123"',
  '"2025-11-22T09:26:40.123+01"',
  '"2025-11-22T09:26:40.123+0100"',
  '"2025-11-22T08:26:40,123Z"',
  '"2025-11-22T08:26:40.123456789Z"',
  '1763800000123',
  '1763800000123.456',
  '1763800000123.0',
].map((timestamp): Case => [`"@timestamp":${timestamp}`, timestamp, `${NINE}.123Z`]);

const OTHERS: readonly Case[] = [
  ['"@timestamp":"1969-07-20T20:17:40Z"', '"1969-07-20T20:17:40Z"', '1969-07-20T20:17:40.000Z'],
  ['"@timestamp":-14182940000', '-14182940000', '1969-07-20T20:17:40.000Z'],
  ['"@timestamp":"-14182940000"', '"-14182940000"', '1969-07-20T20:17:40.000Z'],
  ['"@timestamp":"2025-11"', '"2025-11"', '2025-11-01T00:00:00.000Z'],
  ['"@timestamp":2025', '2025', '2025-01-01T00:00:00.000Z'],
  ['"@timestamp":0', '0', '1970-01-01T00:00:00.000Z'],
  ['"@timestamp":253402300799999', '253402300799999', '9999-12-31T23:59:59.999Z'],
  ['"@timestamp":1763800000', `"${NINE}.000Z"`, `${NINE}.000Z`],
  ['"@timestamp":"1763800000"', `"${NINE}.000Z"`, `${NINE}.000Z`],
  ['"@timestamp":1763800000.018632', `"${NINE}.018632Z"`, `${NINE}.018Z`],
  ['"@timestamp":1763800000.120', `"${NINE}.120Z"`, `${NINE}.120Z`],
  ['"@timestamp":1763800000123456', `"${NINE}.123456Z"`, `${NINE}.123Z`],
  ['"@timestamp":1763800000123456789', `"${NINE}.123456789Z"`, `${NINE}.123Z`],
  [`"timestamp":"${NINE}.123456789Z"`, `"${NINE}.123456789Z"`, `${NINE}.123Z`],
  ['"timestamp":"2025-11-22 09:26:40,5+01:00"', `"${NINE}.500Z"`, `${NINE}.500Z`],
  [`"@timestamp":null,"timestamp":"${NINE}Z"`, `"${NINE}.000Z"`, `${NINE}.000Z`],
  ['"timestamp":"soon"', `"${ARRIVAL_ISO}"`, ARRIVAL_ISO],
  ['"time":1', `"${ARRIVAL_ISO}"`, ARRIVAL_ISO],
];

/** What Elasticsearch rejects, as a control: it is dead-lettered unchanged. */
const REJECTED = ['"2025-W47-6T08:26:40Z"', '"2025-11-22 08:26:40Z"', '"soon"', '""', '{}', 'true', '1e400'];

it('a document of a data stream lies at the time that its event says, and @timestamp keeps its text', async () => {
  const lab = await openLab({ partitions: 1 });
  const elasticsearch = inject('elasticsearch');
  const dataset = uniqueName('times');
  const stream = `logs-${dataset}-default`;
  const put = await fetch(`${elasticsearch}/_index_template/${dataset}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      index_patterns: [`logs-${dataset}-*`],
      data_stream: {},
      priority: 500,
      template: {
        mappings: { properties: { '@timestamp': { type: 'date' }, timestamp: { type: 'keyword' } } },
      },
    }),
  });
  expect(put.status).toBe(200);
  onTestFinished(async () => {
    await fetch(`${elasticsearch}/_data_stream/${stream}`, { method: 'DELETE' });
    await fetch(`${elasticsearch}/_index_template/${dataset}`, { method: 'DELETE' });
  });
  const cases = [...STAYS, ...OTHERS];
  const good = cases.map(([fields], n) => `{"n":${n},${fields}}`);
  const bad = REJECTED.map((timestamp, at) => `{"n":${cases.length + at},"@timestamp":${timestamp}}`);
  await lab.ledger.produce(lab.topic, [...good, ...bad], { timestamp: ARRIVAL });
  lab.start({ elasticsearch: { mode: 'data_stream', data_stream: { dataset } } });
  await lab.waitForLagZero();
  await fetch(`${elasticsearch}/${stream}/_refresh`, { method: 'POST' });
  const answer = await fetch(`${elasticsearch}/${stream}/_search?size=1000`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sort: [{ '@timestamp': 'asc' }] }),
  });
  const text = await answer.text();
  const { hits } = (JSON.parse(text) as { hits: { hits: { _source: { n: number }; sort: [number] }[] } })
    .hits;
  const sortsAt = new Map(hits.map(({ _source, sort }) => [_source.n, new Date(sort[0]).toISOString()]));
  // As text: JSON.parse would lose digits.
  const stored = new Map(
    [...text.matchAll(/\{"n":(\d+)[^{}]*?"@timestamp":("[^"]*"|[^,}]*)[^{}]*\}/g)].map(([, n, timestamp]) => [
      Number(n),
      timestamp,
    ]),
  );
  const found = cases.map(([fields], n) => [fields, stored.get(n), sortsAt.get(n)]);
  expect(found).toEqual(cases);
  const deadLetters = await readTopic(lab.kafka, `${lab.topic}-dlq`);
  expect(deadLetters.map(({ value }) => value?.toString())).toEqual(bad);
  expect(hits).toHaveLength(cases.length);
});
