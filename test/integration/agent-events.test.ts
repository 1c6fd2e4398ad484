import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openLab } from '../support/lab.ts';
import { readTopic } from '../support/topic-reader.ts';

const lines = readFileSync(new URL('../support/vector-agent.ndjson', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');

it('events of all kinds of a Vector agent go through parse-json, parse-logfmt, redact and ecs into one index', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produce(lab.topic, lines);
  // One of them has a number, 1e400, that no type of Elasticsearch can hold: it is kept, and not indexed.
  await fetch(`${lab.elasticsearch}/${lab.index}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ settings: { 'index.mapping.ignore_malformed': true } }),
  });
  const logweir = lab.start({
    transforms: [
      { use: 'parse-json', with: { target: 'app' } },
      { use: 'parse-logfmt', with: { target: 'app' } },
      { use: 'redact', with: { find: ['email', 'card'] } },
      { use: 'ecs' },
    ],
  });
  await lab.waitForLagZero();
  expect(await readTopic(lab.kafka, `${lab.topic}-dlq`)).toEqual([]);
  expect((await logweir.status()).records).toMatchObject({ indexed: lines.length, dead_lettered: 0 });
  const documents = await lab.search();
  expect(documents.map(({ _source }) => _source)).toMatchSnapshot();
});

it('route sends events to indices of their own, the rest where the configuration says', async () => {
  const lab = await openLab({ partitions: 1 });
  await lab.ledger.produce(lab.topic, [{ team: 'Pay/Ments', n: 1 }, { n: 2 }]);
  const rules = [{ field: 'team', exists: true, index: `${lab.topic}-{{team}}` }];
  lab.start({ transforms: [{ use: 'route', with: { rules } }] });
  await lab.waitForLagZero();
  expect((await lab.search()).map(({ _source }) => _source)).toEqual([{ n: 2 }]);
  const other = `${lab.elasticsearch}/${lab.topic}-pay-ments`;
  await fetch(`${other}/_refresh`, { method: 'POST' });
  const answer = (await (await fetch(`${other}/_search`)).json()) as {
    hits: { hits: { _source: object }[] };
  };
  expect(answer.hits.hits.map(({ _source }) => _source)).toEqual([{ team: 'Pay/Ments', n: 1 }]);
});
