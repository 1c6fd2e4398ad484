import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { documentId } from '../../src/elasticsearch/document-id.ts';
import { logweirCommand } from '../support/command.ts';
import { type Lab, openLab } from '../support/lab.ts';
import type { Forward } from '../support/proxy.ts';
import { readTopic } from '../support/topic-reader.ts';

const IDS = ['a', 'b', 'c', 'd', 'e', 'é"\\\u0000 f'];

/** Updates of the same few documents, in turn. */
const updates = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => ({ id: IDS[at % IDS.length], state: from + at }));

/** The state of each document. */
async function states(lab: Lab): Promise<Record<string, unknown>> {
  return Object.fromEntries((await lab.search()).map(({ _id, _source }) => [_id, _source['state']]));
}

/** The states of the last or first update of each document, of {@link updates}. */
const statesFrom = (first: number) => Object.fromEntries(IDS.map((id, at) => [id, first + at]));

async function replayAll(directory: string): Promise<void> {
  const config = join(directory, 'logweir.yaml');
  const done = await logweirCommand(['replay', '-c', config, '--to-earliest', '--execute']);
  expect([done.code, done.stderr]).toEqual([0, '']);
}

const section = (lab: Lab, more: object) => ({
  endpoints: [lab.proxy.url],
  index: lab.index,
  id_key: 'id',
  // Many small requests at the same time, so that they overtake each other.
  batch: { max_events: IDS.length },
  request: { concurrency: 8, timeout_ms: 1500, backoff: { initial_ms: 50, max_ms: 100 } },
  ...more,
});

describe('id_key', () => {
  it('the newest record of an id stays, whatever is delayed, retried, delivered again or replayed', async () => {
    const lab = await openLab({ partitions: 1 });
    const count = IDS.length * 40;
    await lab.ledger.produce(lab.topic, updates(count));
    // The first requests arrive after the last ones. One is executed long after it was sent again.
    let late = '';
    const executeLate = {
      answer: async (_request: unknown, forward: Forward) => {
        await delay(3000);
        const answer = await forward();
        late = answer.body.toString();
        return answer;
      },
    };
    const rules = [
      lab.proxy.rule({ nth: 1 }, { delayMs: 1000 }),
      lab.proxy.rule({ nth: 2 }, executeLate),
      lab.proxy.rule({ nth: 3 }, 'cutAfter'),
      lab.proxy.rule({ nth: 4 }, { answer: { status: 429, headers: { 'retry-after': '1' } } }),
    ];
    const elasticsearch = section(lab, {});
    const logweir = lab.start({ elasticsearch });
    await lab.waitForLagZero();
    await logweir.waitUntil(() => late !== '', 'the late request');
    expect(late).toContain('version conflict');
    expect(rules.map(({ hits }) => hits)).toEqual([1, 1, 1, 1]);
    const newest = statesFrom(count - IDS.length);
    expect(await states(lab)).toEqual(newest);
    expect((await logweir.status()).records).toMatchObject({ indexed: count, dead_lettered: 0 });
    expect(await logweir.metric('logweir_documents_already_there_total')).toBeGreaterThan(0);
    expect((await logweir.stop()).code).toBe(0);

    await replayAll(logweir.directory);
    const again = lab.start({ elasticsearch });
    // At no time does a document go back to an earlier state.
    const seen: unknown[] = [];
    while ((await lab.committed())[0] !== count) seen.push(await states(lab));
    for (const one of seen) expect(one).toEqual(newest);
    expect(await states(lab)).toEqual(newest);
    expect((await again.status()).records.indexed).toBe(count);
    expect(await readTopic(lab.kafka, `${lab.topic}-dlq`)).toEqual([]);
  });

  it('the newest of several partitions stays; a replay with another transform corrects it', async () => {
    const lab = await openLab({ partitions: 2 });
    const now = Date.now();
    // The partition of the newest record has the lower offsets.
    await lab.ledger.produce(lab.topic, updates(60), { partition: 0, timestamp: now - 5000 });
    await lab.ledger.produce(lab.topic, updates(IDS.length, 1000), { partition: 1, timestamp: now });
    const sections = { elasticsearch: section(lab, {}), transforms: [{ use: './mark.ts' }] };
    const mark = (by: string): string => `export default (event) => ({ ...event, by: '${by}' });`;
    const marks = async (): Promise<unknown[]> => [
      ...new Set((await lab.search()).map(({ _source }) => _source['by'])),
    ];
    const first = lab.start(sections, { 'mark.ts': mark('first') });
    await lab.waitForLagZero();
    expect([await states(lab), await marks()]).toEqual([statesFrom(1000), ['first']]);
    await first.stop();
    await replayAll(first.directory);
    lab.start(sections, { 'mark.ts': mark('second') });
    await lab.waitForLagZero();
    expect([await states(lab), await marks()]).toEqual([statesFrom(1000), ['second']]);
  });

  it('a document that another program wrote is replaced, and a later one of it stays until a newer record', async () => {
    const lab = await openLab({ partitions: 1 });
    const put = async (state: number): Promise<void> => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ state });
      await fetch(`${lab.elasticsearch}/${lab.index}/_doc/a`, { method: 'PUT', headers, body });
    };
    for (const state of [-1, -2, -3]) await put(state);
    await lab.ledger.produce(lab.topic, [{ id: 'a', state: 1 }]);
    lab.start({ elasticsearch: section(lab, {}) });
    await lab.waitForLagZero();
    expect(await states(lab)).toEqual({ a: 1 });
    await put(-4);
    await lab.ledger.produce(lab.topic, [{ id: 'a', state: 2 }]);
    await lab.waitForLagZero();
    expect(await states(lab)).toEqual({ a: 2 });
  });

  it('same_id: first keeps what is written first, also through a replay', async () => {
    const lab = await openLab({ partitions: 1 });
    await lab.ledger.produce(lab.topic, updates(IDS.length));
    const elasticsearch = section(lab, { same_id: 'first' });
    const logweir = lab.start({ elasticsearch });
    await lab.waitForLagZero();
    await lab.ledger.produce(lab.topic, updates(100, 1000));
    await lab.waitForLagZero();
    expect(await states(lab)).toEqual(statesFrom(0));
    // A request that was sent again for want of an answer counts, too.
    expect(await logweir.metric('logweir_documents_already_there_total')).toBeGreaterThanOrEqual(100);
    await logweir.stop();
    await replayAll(logweir.directory);
    const again = lab.start({ elasticsearch });
    await lab.waitForLagZero();
    expect(await states(lab)).toEqual(statesFrom(0));
    expect((await again.status()).records).toMatchObject({ indexed: 106, dead_lettered: 0 });
  });

  it('a data stream keeps the first, too', async () => {
    const lab = await openLab({ partitions: 1 });
    const dataset = lab.topic.replaceAll('-', '_');
    const name = `logs-${dataset}-default`;
    await fetch(`${lab.elasticsearch}/_index_template/${dataset}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ index_patterns: [name], data_stream: {}, priority: 500 }),
    });
    await lab.ledger.produce(lab.topic, updates(IDS.length));
    const elasticsearch = section(lab, { mode: 'data_stream', data_stream: { dataset } });
    const logweir = lab.start({ elasticsearch });
    await lab.waitForLagZero();
    await lab.ledger.produce(lab.topic, updates(50, 1000));
    const cut = lab.proxy.rule({ nth: 1 }, 'cutAfter');
    await lab.waitForLagZero();
    expect(cut.hits).toBe(1);
    await fetch(`${lab.elasticsearch}/${name}/_refresh`, { method: 'POST' });
    const answer = await fetch(`${lab.elasticsearch}/${name}/_search?sort=state`);
    const { hits } = (await answer.json()) as {
      hits: { hits: { _id: string; _source: Record<string, unknown> }[] };
    };
    expect(hits.hits.map(({ _id, _source }) => [_id, _source['state']])).toEqual(
      Object.entries(statesFrom(0)),
    );
    expect((await logweir.status()).records).toMatchObject({ indexed: 56, dead_lettered: 0 });
  });

  it('an id that is too long is a dead letter, and no other event of its request waits for it', async () => {
    const lab = await openLab({ partitions: 1 });
    const events = [
      { state: 1 },
      { id: 'x'.repeat(512), state: 2 },
      { id: 'x'.repeat(513), state: 3 },
      { id: '', state: 4 },
      { id: 7, state: 5 },
      { id: '_under', state: 6 },
    ];
    const entries = await lab.ledger.produce(lab.topic, events);
    const logweir = lab.start({ elasticsearch: section(lab, { batch: { max_events: 100 } }) });
    await lab.waitForLagZero();
    const own = (offset: number): string => {
      const entry = entries.find((one) => one.offset === offset);
      if (entry === undefined) throw new Error(`there is no record ${offset}`);
      return documentId(entry);
    };
    expect(await states(lab)).toEqual({
      [own(0)]: 1,
      ['x'.repeat(512)]: 2,
      [own(3)]: 4,
      7: 5,
      _under: 6,
    });
    const letters = await readTopic(lab.kafka, `${lab.topic}-dlq`);
    expect(letters.map(({ headers }) => headers['logweir-reason'])).toEqual(['id_too_long']);
    expect(letters[0]?.headers['logweir-message']).toMatch(/^the field id has 513 bytes/);
    expect((await logweir.status()).records).toMatchObject({ indexed: 5, dead_lettered: 1 });
    expect(lab.proxy.journal.items.filter(({ id }) => (id?.length ?? 0) > 512)).toEqual([]);
  });
});

describe('query', () => {
  it('its parameters are in the URL of each bulk request, and the answers are understood', async () => {
    const lab = await openLab({ partitions: 1 });
    const urls: string[] = [];
    lab.proxy.rule(
      { from: 1 },
      {
        answer: async ({ url }, forward) => {
          urls.push(url);
          return await forward();
        },
      },
    );
    await lab.ledger.produce(lab.topic, updates(5));
    const elasticsearch = { ...section(lab, {}), id_key: null, query: { refresh: true, timeout: '30s' } };
    const logweir = lab.start({ elasticsearch });
    await lab.waitForLagZero();
    expect(new URL(urls[0] ?? '', lab.proxy.url).searchParams.get('refresh')).toBe('true');
    expect(new URL(urls[0] ?? '', lab.proxy.url).searchParams.get('timeout')).toBe('30s');
    // Without a refresh of the test's own.
    const answer = await fetch(`${lab.elasticsearch}/${lab.index}/_count`);
    expect(((await answer.json()) as { count: number }).count).toBe(5);
    expect((await logweir.status()).records).toMatchObject({ indexed: 5, dead_lettered: 0 });
  });

  it('a parameter that the server does not know holds everything, with what the server says', async () => {
    const lab = await openLab({ partitions: 1 });
    await lab.ledger.produce(lab.topic, updates(5));
    const logweir = lab.start({ elasticsearch: section(lab, { query: { refesh: true } }) });
    await logweir.waitUntil(async () => (await logweir.status()).holds.length > 0, 'a hold');
    expect((await logweir.status()).holds[0]?.reason).toMatch(/400/);
    expect((await lab.committed())[0]).toBeLessThanOrEqual(0);
    expect(await readTopic(lab.kafka, `${lab.topic}-dlq`)).toEqual([]);
  });
});
